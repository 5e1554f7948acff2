//! The command line as people type it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use time::OffsetDateTime;

/// How hosts are reached: never asking, and not waiting long for one that is down.
const RSH: &str = "ssh -oBatchMode=yes -oConnectTimeout=10";

/// Signed workflows in, released results out: Sluice on the command line.
#[derive(Parser)]
#[command(name = "sluice", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write the manifest of a bundle and print its digest
    Freeze(Freeze),
    /// Compare a bundle with its manifest or with its published entry
    Verify(Verify),
    /// Show what differs between an approved version and a bundle; exit code 1 if anything
    Diff(Diff),
    /// Install an approved bundle where jobs find it
    Install(Install),
    /// Prepare, sign, check and publish the set of approved workflows
    #[command(subcommand)]
    Allowlist(Allowlist),
    /// Make, list and change the keys of those who approve and publish
    #[command(subcommand)]
    Keys(Keys),
    /// Run an approved workflow
    Submit(Submit),
    /// Say where a run's results are, or why they are held
    Results(Results),
    /// Look into the attestation of a run
    #[command(subcommand)]
    Attest(Attest),
    /// Find what is misconfigured on this host
    Check(Check),
    /// Copy and verify an approved workflow on this node before a job needs it
    Warm(Warm),
    /// Say why a job was refused, or where a script isn't what an entry approves
    Explain(Explain),
    /// Check, read and sum up this node's audit log
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Args)]
pub(crate) struct Freeze {
    /// The bundle
    pub(crate) dir: PathBuf,
    /// Write the manifest to FILE, outside the bundle, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Absolute path that links in the bundle may point to; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) link: Vec<String>,
    /// Print digest and counts as JSON; the manifest then goes only to -o FILE
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("against").required(true).args(["manifest", "entry"])))]
pub(crate) struct Verify {
    /// The bundle
    pub(crate) dir: PathBuf,
    /// Compare with this manifest
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Compare with this entry of the published set
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) entry: Option<String>,
    /// Absolute path that links in the bundle may point to; repeatable
    #[arg(long, value_name = "PATH", conflicts_with = "entry")]
    pub(crate) link: Vec<String>,
    /// Print digests and differences as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Diff {
    /// What was approved: NAME@VERSION, a directory or a manifest
    #[arg(value_name = "APPROVED")]
    pub(crate) base: PathBuf,
    /// The bundle to review
    pub(crate) dir: PathBuf,
    /// Set in which NAME@VERSION stands; without it the published one
    #[arg(long, value_name = "SET")]
    pub(crate) set: Option<PathBuf>,
    /// Where the approved version's content lies; without it where this site installs it
    #[arg(long, value_name = "DIR")]
    pub(crate) old: Option<PathBuf>,
    /// Absolute path that links in the bundle may point to; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) link: Vec<String>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

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
    /// Sign with ssh-keygen: without a selector whatever this principal hasn't signed yet, then
    /// the index
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
}

#[derive(Args)]
#[command(group(ArgGroup::new("taken").required(true).args(["digest", "key"])))]
pub(crate) struct Revoke {
    /// The set under preparation
    pub(crate) set: PathBuf,
    /// Digest of a bundle, runtime or entry, `sha256:…`
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// Fingerprint of a signer's key, `SHA256:…`
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) key: Option<String>,
    /// The reason, for those it stops
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Print the published runs as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Install {
    /// The bundle, or a runtime
    pub(crate) dir: PathBuf,
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

#[derive(Args)]
#[command(group(ArgGroup::new("what").args(["entry", "index", "revoked"])))]
pub(crate) struct Sign {
    /// The set under preparation
    pub(crate) set: PathBuf,
    /// Sign only this entry
    #[arg(long, value_name = "NAME@VERSION")]
    pub(crate) entry: Option<String>,
    /// Sign only the index, refreshed before
    #[arg(long)]
    pub(crate) index: bool,
    /// Sign only the revocations
    #[arg(long)]
    pub(crate) revoked: bool,
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

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Say whose keys may sign what, until when, and in which role
    List {
        /// Who may sign
        #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
        signers: PathBuf,
        /// The site's configuration, with the roles
        #[arg(long, value_name = "FILE", default_value = sluice_site::paths::CONFIG)]
        config: PathBuf,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a key pair with ssh-keygen, which asks for a passphrase
    New(NewKey),
    /// Let a key sign for a principal
    Add(AddKey),
    /// Give a key an end; it doesn't take back what the key has signed
    Retire(RetireKey),
}

#[derive(Args)]
pub(crate) struct NewKey {
    /// File for the private key; the public one gets the ending .pub
    pub(crate) file: PathBuf,
    /// Whose it is
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principal: String,
    /// Keep it on a security key, which is touched for every signature
    #[arg(long)]
    pub(crate) security_key: bool,
}

#[derive(Args)]
pub(crate) struct AddKey {
    /// The public key
    pub(crate) key: PathBuf,
    /// Who signs with it
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principal: String,
    /// What it may sign
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub(crate) to: Vec<Purpose>,
    /// Not valid before
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) from: Option<OffsetDateTime>,
    /// Not valid from then on
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<OffsetDateTime>,
    /// The list to change
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
    pub(crate) signers: PathBuf,
}

#[derive(Args)]
pub(crate) struct RetireKey {
    /// The key's fingerprint, `SHA256:…`
    pub(crate) fingerprint: String,
    /// When it ends
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: OffsetDateTime,
    /// The list to change
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
    pub(crate) signers: PathBuf,
}

/// What a key may sign.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Purpose {
    /// Entries and revocations
    Entry,
    /// Indexes: putting sets in force
    Index,
}

fn time(text: &str) -> Result<OffsetDateTime, sluice_policy::time::TimeError> {
    sluice_policy::time::parse(text)
}

#[derive(Args)]
pub(crate) struct Submit {
    /// The approved workflow
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) entry: String,
    /// Parameter file, copied into the run directory
    #[arg(long, value_name = "FILE")]
    pub(crate) params: Option<PathBuf>,
    /// Further file that the workflow's template names; repeatable, in the template's order
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,
    /// Run directory; by default a new one below the site's runs
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Number for the template's number range, and CPUs to ask Slurm for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) cores: Option<u64>,
    /// Wait for the job's end and return its exit code
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) wait: bool,
    /// Print the script and the sbatch command, make nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print run directory and job as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Options for sbatch, after `--`
    #[arg(last = true, value_name = "SBATCH_OPTIONS")]
    pub(crate) sbatch: Vec<std::ffi::OsString>,
}

#[derive(Args)]
pub(crate) struct Results {
    /// Run directory, its name, or run id
    pub(crate) run: PathBuf,
    /// Wait until the results are published, held or refused
    #[arg(long)]
    pub(crate) wait: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Attest {
    /// Verify an attestation and say what ran; exit code 1 if it or a file doesn't hold
    Verify(AttestVerify),
}

#[derive(Args)]
pub(crate) struct AttestVerify {
    /// attestation.json of a published run
    pub(crate) attestation: PathBuf,
    /// Compare the results in DIR with those that were attested
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,
    /// Public key of the cluster
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::CLUSTER_KEY)]
    pub(crate) cluster_key: PathBuf,
    /// Print the statement and the files as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Check {
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("question").required(true).args(["job", "script"])))]
pub(crate) struct Explain {
    /// The job: for its owner from its run directory, for root from this node's audit log
    pub(crate) job: Option<u32>,
    /// Compare a batch script with the templates of its entry
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// The entry, if the script doesn't name it by a path
    #[arg(long, value_name = "NAME@VERSION", requires = "script")]
    pub(crate) entry: Option<String>,
    /// The job's run directory; without it those below your own, or the script's directory
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Log {
    /// The log; files put aside lie beside it
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::AUDIT)]
    pub(crate) log: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Check the whole chain, and against what others saw of it; exit code 1 if it doesn't hold
    Verify(AuditVerify),
    /// Print its lines
    Show(AuditShow),
    /// Sum up what mode=enforce would have refused
    Report(AuditReport),
    /// Put the current file aside now; it goes on in a new one
    Rotate {
        #[command(flatten)]
        log: Log,
    },
}

#[derive(Args)]
pub(crate) struct AuditVerify {
    #[command(flatten)]
    pub(crate) log: Log,
    /// An attestation, or lines of syslog, beside the attestations in this site's spool; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) witness: Vec<PathBuf>,
    /// Number of the first line that has to be there
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub(crate) from: u64,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AuditShow {
    #[command(flatten)]
    pub(crate) log: Log,
    /// Only what is about this job
    #[arg(long, value_name = "JOB")]
    pub(crate) job: Option<u32>,
    /// Only events of this kind, such as refuse
    #[arg(long, value_name = "EVENT")]
    pub(crate) event: Option<String>,
    /// Only the last N of them
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
    /// Print each as JSON, as it stands in the log
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AuditReport {
    #[command(flatten)]
    pub(crate) log: Log,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Warm {
    /// The approved workflow
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) entry: String,
    /// Print digests and places as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
