//! `sluice image verify`.

use serde::Serialize;
use sluice_image::{Absolute, Filesystem, Format};
use sluice_policy::digest::Digest;

use super::mksquashfs::Mksquashfs;
use super::opened::Opened;
use crate::args::image::ImageVerify;
use crate::exit::{Doing, Exit, Result};
use crate::{output, progress};

#[derive(Serialize)]
struct Report {
    digest: Digest,
    format: &'static str,
    /// Whether the digest is the expected one.
    expected: Option<bool>,
    /// What keeps the image from being as `image build` writes it.
    problems: Vec<String>,
    /// Who wrote it again to the same digest.
    rebuilt: Option<String>,
}

pub(crate) fn run(args: &ImageVerify) -> Result<Exit> {
    let image = Opened::open(&args.file)?;
    let format = image.format()?;
    let digest = image.digest()?;
    let mut report = Report {
        digest,
        format: match format {
            Format::Image(filesystem) => filesystem.name(),
            Format::Sif => "sif",
        },
        expected: args.digest.map(|expected| expected == digest),
        problems: Vec::new(),
        rebuilt: None,
    };
    match format {
        Format::Image(Filesystem::Squashfs) => look_into(&image, &args.link, &mut report)?,
        Format::Image(Filesystem::Erofs) => {
            report.problems.push("Sluice doesn't list what is in an erofs".into());
        }
        Format::Sif => {
            report.problems.push("a SIF is no image; sluice image import makes one of it".into())
        }
    }
    let fine = report.problems.is_empty() && report.expected != Some(false);
    if args.json {
        output::json(&report)?;
    } else {
        print(&report)?;
    }
    Ok(if fine { Exit::Ok } else { Exit::NotAsItShould })
}

/// Finds what may not be in the image and what isn't canonical, and else writes it again.
fn look_into(image: &Opened, links: &[String], report: &mut Report) -> Result<()> {
    let contents = match image.contents() {
        Err(failure) if failure.exit == Exit::NotAsItShould => {
            report.problems.push(failure.message);
            return Ok(());
        }
        contents => contents?,
    };
    let failed = |error| image.failure(error);
    let faults = contents.faults(links).map_err(failed)?;
    report.problems.extend(faults.iter().map(ToString::to_string));
    report.problems.extend(contents.departures().map_err(failed)?);
    if !report.problems.is_empty() {
        return Ok(());
    }
    let Some(mksquashfs) = Mksquashfs::find()? else { return Ok(()) };
    let again = tempfile::NamedTempFile::new().doing(|| "make a temporary file")?;
    let bar = progress::bar(contents.size());
    let written = mksquashfs.write(again.path(), |archive| {
        contents.copy(archive, Absolute::Kept, &mut |bytes| bar.inc(bytes)).map_err(failed)
    });
    bar.finish_and_clear();
    written?;
    let again = Opened::open(again.path())?.digest()?;
    match again == report.digest {
        true => report.rebuilt = Some(mksquashfs.tool),
        false => report.problems.push(format!(
            "{} makes {again} of the same files: another version wrote the image, or it was changed",
            mksquashfs.tool
        )),
    }
    Ok(())
}

fn print(report: &Report) -> Result<()> {
    output::line(format_args!("{} {}", report.digest, report.format))?;
    if report.expected == Some(false) {
        output::line("its digest is another one than that given")?;
    }
    for problem in &report.problems {
        output::line(problem)?;
    }
    match &report.rebuilt {
        Some(tool) => output::line(format_args!("canonical: {tool} writes the same bytes again")),
        None if report.problems.is_empty() => {
            output::line("in canonical form; not written again, since mksquashfs isn't installed")
        }
        None => Ok(()),
    }
}
