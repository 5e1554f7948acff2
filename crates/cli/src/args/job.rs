//! The commands about one run: before its job, and after.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

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
