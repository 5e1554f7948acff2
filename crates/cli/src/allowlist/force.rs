//! Putting a set in force on this host: checked, copied, and then one link swings.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use sluice_policy::index::Index;
use sluice_policy::set::{INDEX, entry_file, signature_file};
use time::OffsetDateTime;

use super::draft::Draft;
use super::verify::{self, Against, Kind, Problem};
use crate::exit::{Doing, Failure, Result};
use crate::output;

const CURRENT: &str = "current";
const SETS: &str = "sets";

/// Puts `source` in force below `to` and returns its serial.
pub(super) fn put_in_force(source: &Draft, to: &Path, against: &Against) -> Result<u64> {
    // Until the link has swung, so that no older set that was slower follows this one.
    let _lock = lock(to)?;
    let index = source.index()?;
    if let Some(serial) = published_serial(to).filter(|serial| *serial >= index.serial) {
        return Err(Failure::bad(format_args!(
            "serial {serial} is in force and this set has {}; sign its index again with --renew",
            index.serial
        )));
    }
    let in_force = Draft::open(&to.join(CURRENT)).ok();
    if let Some(Ok(before)) = in_force.as_ref().map(Draft::revoked)
        && let Some(what) = source.revoked()?.gives_back(&before)
    {
        return Err(Failure::bad(format_args!(
            "the set in force takes {what} back and this one doesn't: what was taken back stays so; \
             approve a new version, or sign with a new key"
        )));
    }
    // The copy is what gets verified, so nothing can change between check and use.
    let sets = to.join(SETS);
    fs::create_dir_all(&sets).doing(|| format!("make {}", sets.display()))?;
    let copy = sets.join(format!(".{}.{}", index.serial, std::process::id()));
    let result = copied(source, &index, &copy)
        .and_then(|draft| against.problems(&draft, OffsetDateTime::now_utc()))
        .and_then(|problems| {
            // Neither what the set itself takes back holds it up, nor what only newer nodes read, nor
            // what is in force already.
            let stays = |problem: &Problem| match problem.kind {
                Kind::Refused | Kind::Undone => false,
                Kind::TakenBack | Kind::TooNew => true,
                Kind::NotByApprover => {
                    let both = in_force.as_ref().zip(problem.entry.as_deref());
                    both.is_some_and(|(before, id)| are_alike(before, source, id))
                }
            };
            let (stay, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(stays);
            stay.iter().for_each(|problem| output::note(&problem.text));
            verify::report(&others.into_iter().map(|problem| problem.text).collect::<Vec<_>>())
        })
        .and_then(|()| put(&copy, to, index.serial));
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&copy);
    }
    result?;
    Ok(index.serial)
}

/// Whether both sets have the entry, byte for byte.
fn are_alike(a: &Draft, b: &Draft, id: &str) -> bool {
    let file = entry_file(id);
    matches!((a.read(&file), b.read(&file)), (Ok(a), Ok(b)) if a == b)
}

/// Held until the descriptor is dropped, and released if its process dies.
fn lock(to: &Path) -> Result<File> {
    let doing = || format!("lock {}", to.display());
    fs::create_dir_all(to).doing(doing)?;
    let dir = File::open(to).doing(doing)?;
    dir.lock().doing(doing)?;
    Ok(dir)
}

/// Serial of the set in force below `allowlist`, if there is one.
pub(super) fn published_serial(allowlist: &Path) -> Option<u64> {
    let target = fs::read_link(allowlist.join(CURRENT)).ok()?;
    target.strip_prefix(SETS).ok()?.to_str()?.parse().ok()
}

/// Copies the index, its signatures and what it lists; nothing else of the directory.
fn copied(source: &Draft, index: &Index, to: &Path) -> Result<Draft> {
    let copy = Draft::make(to)?;
    let of_index = source.signers(INDEX)?;
    let of_index = of_index.iter().map(|principal| signature_file(INDEX, principal));
    for file in index.files.keys().cloned().chain([INDEX.to_owned()]).chain(of_index) {
        copy.write(&file, &source.read(&file)?)?;
    }
    open_to_all(to)?;
    Ok(copy)
}

/// Directories 0755 whatever the umask: every user's `sluice submit` reads them. Files are 0644.
fn open_to_all(dir: &Path) -> Result<()> {
    let doing = || format!("open {} to all", dir.display());
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).doing(doing)?;
    for entry in fs::read_dir(dir).doing(doing)? {
        let entry = entry.doing(doing)?;
        if entry.file_type().doing(doing)?.is_dir() {
            open_to_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Moves the verified copy to its place and swings `current` to it.
fn put(copy: &Path, to: &Path, serial: u64) -> Result<()> {
    let target = to.join(SETS).join(serial.to_string());
    if target.exists() {
        // Left by a push that was killed before its link.
        fs::remove_dir_all(&target).doing(|| format!("remove {}", target.display()))?;
    }
    fs::rename(copy, &target)
        .and_then(|()| File::open(to.join(SETS))?.sync_all())
        .doing(|| format!("put {} in place", target.display()))?;
    let link = to.join(format!(".{CURRENT}.{}", std::process::id()));
    let current = to.join(CURRENT);
    symlink(Path::new(SETS).join(serial.to_string()), &link)
        .and_then(|()| fs::rename(&link, &current))
        .and_then(|()| File::open(to)?.sync_all())
        .doing(|| format!("put {} in place", current.display()))
}
