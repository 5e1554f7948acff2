//! `sluice install`: an approved bundle, put where jobs find it.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    Mode, OFlags, RenameFlags, fchmod, mkdirat, openat, renameat_with, symlinkat, syncfs,
};
use rustix::process::geteuid;
use sluice_policy::entry::Entry;
use sluice_policy::manifest::Manifest;
use sluice_site::bundle::{Stamp, What, check_unchanged, open_file, survey};
use sluice_site::paths::STATE;
use sluice_site::sets::Sets;
use sluice_sys::beneath;
use sluice_sys::trusted::{Trust, ensure_dir};
use time::OffsetDateTime;

use crate::allowlist::published;
use crate::args::bundle::Install;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::{configured, output, tree};

/// A place that an entry gives to a bundle.
struct Place {
    id: String,
    path: PathBuf,
    version: String,
}

pub(crate) fn run(args: &Install) -> Result<Exit> {
    if !geteuid().is_root() {
        return Err(Failure::new(
            Exit::NotPermitted,
            "only root may install; jobs trust its files",
        ));
    }
    let site = configured()?;
    let set = published::set(None)?;
    let entries: Vec<Entry> =
        set.entries()?.iter().map(|id| set.entry(id)).collect::<Result<_>>()?;
    // Whose links they are shows by the digest, which covers their targets.
    let links: Vec<String> =
        entries.iter().flat_map(|entry| entry.system.links.iter().cloned()).collect();
    let manifest = tree::freeze(&args.dir, &links)?;
    let digest = manifest.digest();
    let mut places: Vec<Place> = Vec::new();
    for entry in &entries {
        let mut add = |path: PathBuf, version: &str| {
            if !places.iter().any(|it| it.path == path) {
                places.push(Place { id: entry.id(), path, version: version.into() });
            }
        };
        if entry.digest == digest {
            add(site.bundle_of(entry), &entry.version);
        }
        if let Some(runtime) = entry.runtime.as_ref().filter(|it| it.digest == digest) {
            add(site.runtime(&runtime.name, &runtime.version), &runtime.version);
        }
    }
    if places.is_empty() {
        return Err(Failure::bad(format_args!(
            "no entry of the allowlist approves {}; its digest is {digest}",
            args.dir.display()
        )));
    }
    let now = OffsetDateTime::now_utc();
    let sets = Sets::open(&site, Path::new(STATE)).and_then(|sets| sets.current(now));
    let verified = sets.map_err(Failure::bad)?;
    for place in places {
        // Signed, and not revoked.
        let entry = verified.entry(&place.id, now).map_err(Failure::bad)?.entry;
        // What the published set says was only a hint.
        let runtime = entry.runtime.as_ref().map(|runtime| runtime.digest);
        if ![Some(entry.digest), runtime].contains(&Some(digest)) {
            return Err(Failure::bad(format_args!(
                "{} approves other content than that of {}, whose digest is {digest}",
                place.id,
                args.dir.display()
            )));
        }
        let way = put(&args.dir, &manifest, &entry.system.links, &place)?;
        output::line(format_args!("{way}  {}", place.path.display()))?;
    }
    Ok(Exit::Ok)
}

/// Copies the bundle beside its place and swaps it in.
fn put(
    source: &Path,
    manifest: &Manifest,
    links: &[String],
    place: &Place,
) -> Result<&'static str> {
    let Place { path: target, version, .. } = place;
    if target.exists() && tree::freeze(target, links).is_ok_and(|found| found == *manifest) {
        return Ok("is installed already:");
    }
    let base = target.parent().unwrap_or(target);
    let dir = ensure_dir(base, 0o755, Trust::ROOT).map_err(Failure::environment)?;
    let partial = format!(".{version}.{}", std::process::id());
    let copied = copy(source, links, &dir, &partial).and_then(|()| {
        // The copy is what counts, whatever became of the source meanwhile.
        let found = tree::freeze(&base.join(&partial), links)?;
        match found == *manifest {
            true => Ok(()),
            false => Err(Failure::bad(format_args!("{} changed meanwhile", source.display()))),
        }
    });
    if let Err(failure) = copied {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(base.join(&partial));
        return Err(failure);
    }
    let doing = || format!("put {} in place", target.display());
    let replaced = target.exists();
    let how = if replaced { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
    renameat_with(&dir, &partial, &dir, version, how).doing(doing)?;
    if replaced {
        let kept = format!(".{version}.replaced-{}", OffsetDateTime::now_utc().unix_timestamp());
        renameat_with(&dir, &partial, &dir, &kept, RenameFlags::NOREPLACE).doing(doing)?;
        output::note(format_args!("what lay there is kept as {}", base.join(kept).display()));
    }
    File::from(dir).sync_all().doing(doing)?;
    Ok("is installed:")
}

fn copy(source: &Path, links: &[String], dir: &OwnedFd, name: &str) -> Result<()> {
    let root = tree::open_root(source)?;
    let failed = |error| tree::failure(source, error);
    let survey = survey(root.as_fd(), links, &mut || ()).map_err(failed)?;
    let writing = |path: &str| format!("write {name}/{path}");
    mkdirat(dir, name, Mode::RWXU).doing(|| writing(""))?;
    let to =
        beneath::open_beneath(dir, Path::new(name), OFlags::DIRECTORY).doing(|| writing(""))?;
    for found in &survey.found {
        let path = found.path.as_str();
        match &found.what {
            What::Directory => {
                mkdirat(&to, path, Mode::RWXU).doing(|| writing(path))?;
                open_to_all(&to, path, OFlags::DIRECTORY, 0o755).doing(|| writing(path))?;
            }
            What::Link(target) => symlinkat(target, &to, path).doing(|| writing(path))?,
            What::File(stamp) => {
                let mut from = open_file(root.as_fd(), path, stamp).map_err(failed)?;
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                let file =
                    openat(&to, path, flags, Mode::RUSR | Mode::WUSR).doing(|| writing(path))?;
                let mut file = File::from(file);
                std::io::copy(&mut from, &mut file).doing(|| writing(path))?;
                check_unchanged(&from, path, stamp).map_err(failed)?;
                finish(&file, stamp).doing(|| writing(path))?;
            }
        }
    }
    fchmod(&to, Mode::from_raw_mode(0o755)).doing(|| writing(""))?;
    syncfs(&to).doing(|| writing(""))
}

fn open_to_all(to: &OwnedFd, path: &str, flags: OFlags, mode: u32) -> std::io::Result<()> {
    let fd = beneath::open_beneath(to, Path::new(path), flags)?;
    Ok(fchmod(fd, Mode::from_raw_mode(mode))?)
}

fn finish(file: &File, stamp: &Stamp) -> rustix::io::Result<()> {
    let mode = if stamp.is_executable() { 0o755 } else { 0o644 };
    fchmod(file, Mode::from_raw_mode(mode))?;
    stamp.give_time(file)
}
