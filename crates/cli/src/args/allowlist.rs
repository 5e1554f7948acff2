//! `sluice allowlist`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// How hosts are reached: never asking, and not waiting long for one that is down.
const RSH: &str = "ssh -oBatchMode=yes -oConnectTimeout=10";

#[derive(Subcommand)]
pub(crate) enum Allowlist {
    /// Start an empty set
    New {
        /// Directory to make
        dir: PathBuf,
        /// How long the set is valid from each signing of its index
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        valid: u32,
    },
    /// Freeze a bundle and add its entry
    Add(Add),
    /// Take an entry off the set; its finished runs stay releasable
    Remove {
        /// The set under preparation
        set: PathBuf,
        /// The entry
        #[arg(value_name = "NAME@VERSION")]
        entry: String,
    },
    /// Take a bundle or a key back, and list the runs already published that rest on it
    Revoke(Revoke),
    /// Sign with ssh-keygen: what is named, or whatever this principal hasn't signed yet and then
    /// the index, each of them shown and asked for
    Sign(Sign),
    /// Check everything that a node would check
    Verify {
        /// The set
        set: PathBuf,
        /// Who may sign, in OpenSSH's allowed_signers format
        #[arg(long, value_name = "FILE")]
        signers: PathBuf,
        /// Apply the site's signature policy as well
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print the problems as JSON
        #[arg(long)]
        json: bool,
    },
    /// Verify a set and put it in force, on this host or on others
    Push(Push),
    /// Say which set is in force and how old it is, on this host or on others
    Status(Status),
    /// Show what a set changes; exit code 1 if anything
    Diff {
        /// The set
        set: PathBuf,
        /// The set to compare with; without it the published one
        #[arg(long, value_name = "SET")]
        against: Option<PathBuf>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// List a set's entries and signatures
    Show {
        /// The set; without it the published one
        set: Option<PathBuf>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(crate) struct Add {
    /// The set under preparation
    pub(crate) set: PathBuf,
    /// The entry; digests it doesn't state are filled in
    pub(crate) entry: PathBuf,
    /// The bundle that the entry approves
    #[arg(long, value_name = "DIR")]
    pub(crate) bundle: PathBuf,
    /// The second bundle that its [runtime] names
    #[arg(long, value_name = "DIR")]
    pub(crate) runtime: Option<PathBuf>,
    /// Git repository to check the entry's [source] against: signed tag, commit, content
    #[arg(long, value_name = "DIR")]
    pub(crate) git: Option<PathBuf>,
    /// Who may sign tags by ssh, in OpenSSH's allowed_signers format; without it git's own setting
    #[arg(long, value_name = "FILE", requires = "git")]
    pub(crate) tag_signers: Option<PathBuf>,
    /// Print the digest and the warnings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("taken").required(true).args(["digest", "entry", "key"])))]
pub(crate) struct Revoke {
    /// The set under preparation
    pub(crate) set: PathBuf,
    /// Digest of a bundle, runtime or entry, `sha256:…`
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// This entry: its bundle and its approval
    #[arg(long, value_name = "NAME@VERSION", conflicts_with = "anyway")]
    pub(crate) entry: Option<String>,
    /// Fingerprint of a signer's key, `SHA256:…`
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) key: Option<String>,
    /// Also a digest or key that nothing in this set has, as of an entry removed before
    #[arg(long)]
    pub(crate) anyway: bool,
    /// The reason, for those it stops
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Print the published runs as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("what").args(["entry", "index", "revoked", "all"])))]
pub(crate) struct Sign {
    /// The set under preparation
    pub(crate) set: PathBuf,
    /// Sign only this entry; repeatable
    #[arg(long, value_name = "NAME@VERSION")]
    pub(crate) entry: Vec<String>,
    /// Sign only the index, refreshed before
    #[arg(long)]
    pub(crate) index: bool,
    /// Sign only the revocations
    #[arg(long)]
    pub(crate) revoked: bool,
    /// Sign all that is unsigned without being asked, for scripts
    #[arg(long)]
    pub(crate) all: bool,
    /// Issue the index anew, with the next serial, even if nothing has changed
    #[arg(long, conflicts_with_all = ["entry", "revoked"])]
    pub(crate) renew: bool,
    /// Private key, or public key of one that the agent or a token holds
    #[arg(long, value_name = "KEYFILE")]
    pub(crate) key: PathBuf,
    /// The signer's name in allowed_signers
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principal: String,
}

#[derive(Args)]
pub(crate) struct Push {
    /// The set; - takes one from standard input, as another host's push sends it. Without a set the
    /// one in force is looked at again, and the jobs that it takes back are dealt with
    pub(crate) set: Option<PathBuf>,
    /// Host to put it in force on instead of this one, or several as Slurm writes them, n[1-40];
    /// repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) node: Vec<String>,
    /// How a host is reached; the host's name and a command follow
    #[arg(long, value_name = "COMMAND", default_value = RSH)]
    pub(crate) rsh: String,
    /// Where published sets lie; a directory that all nodes mount serves them all
    #[arg(long, value_name = "DIR", default_value = sluice_site::paths::ALLOWLIST, conflicts_with = "node")]
    pub(crate) to: PathBuf,
    /// Who may sign
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
    pub(crate) signers: PathBuf,
    /// The site's configuration
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::CONFIG)]
    pub(crate) config: PathBuf,
    /// Print what was reached as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Status {
    /// Host to ask instead of this one, or several as Slurm writes them, n[1-40]; repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) node: Vec<String>,
    /// How a host is reached; the host's name and a command follow
    #[arg(long, value_name = "COMMAND", default_value = RSH)]
    pub(crate) rsh: String,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
