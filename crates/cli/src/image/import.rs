//! `sluice image import`.

use sluice_image::{Absolute, Fault};

use super::mksquashfs::{Beside, Mksquashfs};
use super::opened::{Opened, name};
use crate::args::image::Import;
use crate::exit::{Exit, Result};
use crate::{output, progress};

pub(crate) fn run(args: &Import) -> Result<Exit> {
    let mksquashfs = Mksquashfs::needed()?;
    let source = Opened::open(&args.file)?;
    let contents = source.contents()?;
    let faults = contents.faults(&[]).map_err(|error| source.failure(error))?;
    let (mended, kept): (Vec<Fault>, Vec<Fault>) =
        faults.into_iter().partition(Fault::is_mended_by_import);
    if !kept.is_empty() {
        name(&kept);
        return Err(source.bad(&format!("{} things in it may not be in an image", kept.len())));
    }
    let image = Beside::new(&args.output)?;
    let bar = progress::bar(contents.size());
    let manifest = mksquashfs.write(image.path(), |archive| {
        let copied = contents.copy(archive, Absolute::MadeRelative, &mut |bytes| bar.inc(bytes));
        copied.map_err(|error| source.failure(error))
    });
    bar.finish_and_clear();
    let manifest = manifest?;
    let digest = image.check(&manifest, &[])?.digest()?;
    image.keep(&args.output)?;
    say_mended(&mended);
    super::say(digest, &manifest, mksquashfs.tool, args.json)
}

/// What is otherwise than in the source.
fn say_mended(mended: &[Fault]) {
    let count = |is: fn(&Fault) -> bool| mended.iter().filter(|fault| is(fault)).count();
    for (count, what) in [
        (count(|fault| matches!(fault, Fault::Link { .. })), "absolute links made relative"),
        (count(|fault| matches!(fault, Fault::SetId(_))), "files without their set-id bits"),
        (count(|fault| matches!(fault, Fault::Attribute(..))), "paths without extended attributes"),
    ] {
        if count > 0 {
            output::note(format_args!("{count} {what}"));
        }
    }
}
