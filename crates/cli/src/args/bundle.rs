//! The commands about one bundle.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

#[derive(Args)]
pub(crate) struct Freeze {
    /// The bundle, a directory or an image
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
    /// What was approved: NAME@VERSION, a directory, an image or a manifest
    #[arg(value_name = "APPROVED")]
    pub(crate) base: PathBuf,
    /// The bundle to review, a directory or an image
    pub(crate) dir: PathBuf,
    /// Set in which NAME@VERSION stands; without it the published one
    #[arg(long, value_name = "SET")]
    pub(crate) set: Option<PathBuf>,
    /// Where the approved version's content lies; without it where this site installs it
    #[arg(long, value_name = "DIR|IMAGE")]
    pub(crate) old: Option<PathBuf>,
    /// Absolute path that links in the bundle may point to; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) link: Vec<String>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Install {
    /// The bundle, or a runtime
    pub(crate) dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct Warm {
    /// The approved workflow
    #[arg(value_name = "NAME@VERSION", required_unless_present = "scrub")]
    pub(crate) entry: Option<String>,
    /// Read every copy from the disk and hash it again
    #[arg(long, conflicts_with = "entry")]
    pub(crate) scrub: bool,
    /// Print digests and places as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
