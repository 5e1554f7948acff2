//! `sluice image`: file systems in one file.

mod build;
mod import;
mod ls;
mod mksquashfs;
pub(crate) mod opened;
mod verify;

use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Kind, Manifest};

use crate::args::image::Image;
use crate::exit::{Exit, Result};
use crate::output;

pub(crate) fn run(command: &Image) -> Result<Exit> {
    match command {
        Image::Build(args) => build::run(args),
        Image::Import(args) => import::run(args),
        Image::Ls(args) => ls::run(args),
        Image::Verify(args) => verify::run(args),
    }
}

/// What is said of an image that was written.
#[derive(Serialize)]
struct Written {
    digest: Digest,
    entries: usize,
    files: usize,
    bytes: u64,
    tool: String,
}

/// Says which image was written, with which tool.
fn say(digest: Digest, manifest: &Manifest, tool: String, json: bool) -> Result<Exit> {
    if json {
        let sizes = manifest.items().iter().filter_map(|item| match item.kind {
            Kind::File { size, .. } => Some(size),
            Kind::Directory | Kind::Link { .. } => None,
        });
        output::json(&Written {
            digest,
            entries: manifest.items().len(),
            files: sizes.clone().count(),
            bytes: sizes.sum(),
            tool,
        })?;
    } else {
        output::line(digest)?;
        output::note(format_args!("written by {tool}"));
    }
    Ok(Exit::Ok)
}
