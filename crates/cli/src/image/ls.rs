//! `sluice image ls`.

use serde::Serialize;
use sluice_image::Fault;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::{Item, Kind};

use super::opened::{Opened, name};
use crate::args::image::Ls;
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Serialize)]
struct Report<'a> {
    digest: Digest,
    /// What may not be in an image.
    faults: Vec<String>,
    entries: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    size: Option<u64>,
    digest: Option<Digest>,
}

pub(crate) fn run(args: &Ls) -> Result<Exit> {
    let image = Opened::open(&args.file)?;
    let contents = image.contents()?;
    let faults = contents.faults(&args.link).map_err(|error| image.failure(error))?;
    name(&faults);
    if !faults.iter().all(Fault::is_mended_by_import) {
        return Err(image.bad("what is in it can't stand in a manifest"));
    }
    let manifest = image.list(&contents)?;
    if args.json {
        output::json(&Report {
            digest: image.digest()?,
            faults: faults.iter().map(Fault::to_string).collect(),
            entries: manifest.items().iter().map(line).collect(),
        })?;
    } else {
        output::bytes(&manifest.to_bytes())?;
    }
    Ok(if faults.is_empty() { Exit::Ok } else { Exit::NotAsItShould })
}

fn line(item: &Item) -> Line<'_> {
    let (kind, of) = match item.kind {
        Kind::Directory => ("directory", None),
        Kind::File { executable: false, size, digest } => ("file", Some((size, digest))),
        Kind::File { executable: true, size, digest } => ("executable", Some((size, digest))),
        Kind::Link { size, digest } => ("link", Some((size, digest))),
    };
    let (size, digest) = of.unzip();
    Line { path: &item.path, kind, size, digest }
}
