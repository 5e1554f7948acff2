//! The commands about what a run may release.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum Output {
    /// Say whether files would be released, and what to write instead; exit code 1 if one is held
    Check(OutputCheck),
}

#[derive(Args)]
pub(crate) struct OutputCheck {
    /// Files as the workflow writes them, on stand-in data
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// An entry, or a draft of one: the first [[output]] whose glob matches FILE; one alone holds for all
    #[arg(long, value_name = "ENTRY.toml")]
    pub(crate) rule: PathBuf,
    /// The run directory that FILE lies in, for the rules' globs
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) run_dir: PathBuf,
    /// A table that such a run released before; its counts are compared with those of FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) earlier: Vec<PathBuf>,
    /// Write the picture that would leave in the place of the figure FILE (`rasterise = true`)
    #[arg(long, value_name = "OUT.png")]
    pub(crate) picture: Option<PathBuf>,
    /// Print the verdicts as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
