//! `sluice image`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sluice_policy::digest::Digest;

#[derive(Subcommand)]
pub(crate) enum Image {
    /// Write a directory as an image: the same files give the same digest
    Build(Build),
    /// Write the file system of a SIF, or of a squashfs of another tool, as an image
    Import(Import),
    /// Print the manifest of what is in an image; exit code 1 if something may not be in one
    Ls(Ls),
    /// Say what a file is, and whether it is as `image build` writes it; exit code 1 if not
    Verify(ImageVerify),
}

#[derive(Args)]
pub(crate) struct Build {
    /// The directory
    pub(crate) dir: PathBuf,
    /// The image, outside the directory
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Absolute path that links in the directory may point to; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) link: Vec<String>,
    /// Print digest, counts and tool as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    /// The SIF or squashfs
    pub(crate) file: PathBuf,
    /// The image
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Print digest, counts and tool as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Ls {
    /// The image, or a SIF
    pub(crate) file: PathBuf,
    /// Absolute path that links in the image may point to; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) link: Vec<String>,
    /// Print the entries as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ImageVerify {
    /// The image, or a SIF
    pub(crate) file: PathBuf,
    /// What its digest has to be, `sha256:…`
    pub(crate) digest: Option<Digest>,
    /// Absolute path that links in the image may point to; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) link: Vec<String>,
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
