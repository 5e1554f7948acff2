//! The files that the entry's output rules match, with size and digest.

use std::{
    collections::BTreeSet,
    ffi::{CStr, OsStr},
    fs::File,
    io::Result,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::Path,
};

use rustix::fs::{AtFlags, Dir, FileType, OFlags, Stat, fstat, statat};
use sluice_policy::{
    attestation::{IrregularFile, OutputFile},
    digest::Digest,
    entry::{Output, Rules},
    text,
};
use sluice_sys::beneath;

/// More matches than these are not listed; the run is then held, since one of them is `too-many`.
const MAX_FILES: usize = 10_000;
/// Deeper trees can't be released.
const MAX_DEPTH: usize = 100;

/// What matched.
#[derive(Default)]
pub struct Collected {
    /// Regular files.
    pub files: Vec<OutputFile>,
    /// Everything else.
    pub irregular: Vec<IrregularFile>,
}

/// Walks a run directory, which nobody is to change meanwhile, without following links.
pub fn collect(sealed: &Path, outputs: &[Output]) -> Result<Collected> {
    let top = beneath::open_dir(sealed)?;
    let wanted = Wanted { rules: Rules::new(outputs), outputs };
    let mut collected = Collected::default();
    walk(&top, &top, "", 0, &wanted, &mut collected)?;
    if collected.is_full() {
        collected.refuse("…".into(), "too-many");
    }
    Ok(collected)
}

/// What the entry's rules ask for.
struct Wanted<'a> {
    rules: Rules,
    outputs: &'a [Output],
}

impl Wanted<'_> {
    /// Position of the rule that matches, and the most bytes it allows.
    fn rule_for(&self, path: &str) -> Option<(usize, u64)> {
        let rule = self.rules.rule_for(path)?;
        Some((rule, self.outputs.get(rule)?.max_bytes))
    }
}

impl Collected {
    fn is_full(&self) -> bool {
        self.files.len() + self.irregular.len() > MAX_FILES
    }

    fn refuse(&mut self, path: String, what: &str) {
        self.irregular.push(IrregularFile { path, what: what.into() });
    }
}

/// The name as people can be shown it, and whether it is another one for that.
fn shown(name: &CStr) -> (String, bool) {
    let text = name.to_string_lossy();
    let clean = text.replace(|c| !text::is_visible(c), "\u{fffd}");
    let altered = clean.as_bytes() != name.to_bytes();
    (clean, altered)
}

fn walk(
    top: &OwnedFd,
    dir: &OwnedFd,
    prefix: &str,
    depth: usize,
    wanted: &Wanted<'_>,
    into: &mut Collected,
) -> Result<()> {
    let mut names = BTreeSet::new();
    for entry in Dir::read_from(dir)? {
        let name = entry?.file_name().to_owned();
        if name.as_c_str() != c"." && name.as_c_str() != c".." {
            names.insert(name);
        }
    }
    for name in names {
        if into.is_full() {
            return Ok(());
        }
        let (text, altered) = shown(&name);
        let path = format!("{prefix}{text}");
        let Ok(stat) = statat(dir, &name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind == FileType::Directory && depth < MAX_DEPTH {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let own = Path::new(OsStr::from_bytes(name.to_bytes()));
            if let Ok(below) = beneath::open_same_mount(dir, own, flags) {
                walk(top, &below, &format!("{path}/"), depth + 1, wanted, into)?;
                continue;
            }
        }
        let Some((rule, most)) = wanted.rule_for(&path) else { continue };
        // No rule can mean such a name, but leaving it out without a word would lose a result.
        if altered || prefix.contains('\u{fffd}') {
            into.refuse(path, "name");
            continue;
        }
        match regular(top, &path, kind, &stat, most) {
            Ok((bytes, sha256)) => into.files.push(OutputFile { path, bytes, sha256, rule }),
            Err(what) => into.refuse(path, what),
        }
    }
    Ok(())
}

/// Size and digest of a settled regular file, or the word for what it is instead.
fn regular(
    top: &OwnedFd,
    path: &str,
    kind: FileType,
    seen: &Stat,
    most: u64,
) -> std::result::Result<(u64, String), &'static str> {
    match kind {
        FileType::RegularFile if seen.st_nlink != 1 => return Err("hard-link"),
        // Said by its size: reading a sparse one could take days.
        FileType::RegularFile if seen.st_size as u64 > most => return Err("too-large"),
        FileType::RegularFile => {}
        FileType::Directory => return Err("directory"),
        FileType::Symlink => return Err("symlink"),
        FileType::Fifo => return Err("fifo"),
        FileType::Socket => return Err("socket"),
        _ => return Err("device"),
    }
    // Without O_NONBLOCK a FIFO put there since would hang us.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    let file = beneath::open_same_mount(top, Path::new(path), flags).map_err(|_| "unreadable")?;
    let before = fstat(&file).map_err(|_| "unreadable")?;
    let file = File::from(file);
    let mut bytes = 0;
    let digest = Digest::read(
        &file,
        &mut vec![0; 1 << 18],
        |_| "unreadable",
        |piece| {
            bytes += piece.len() as u64;
            Ok(())
        },
    )?;
    let after = fstat(&file).map_err(|_| "unreadable")?;
    let identity = |s: &Stat| {
        (
            s.st_dev,
            s.st_ino,
            s.st_nlink,
            s.st_size,
            s.st_mtime,
            s.st_mtime_nsec,
            s.st_ctime,
            s.st_ctime_nsec,
        )
    };
    if identity(seen) != identity(&before)
        || identity(&before) != identity(&after)
        || bytes != after.st_size as u64
    {
        return Err("changed");
    }
    Ok((bytes, digest.hex()))
}
