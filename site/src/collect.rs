//! The files that the entry's output rules match, with size and digest.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Result},
    os::fd::OwnedFd,
    path::Path,
};

use rustix::fs::{AtFlags, Dir, FileType, OFlags, Stat, fstat, statat};
use sluice_policy::{
    attestation::{IrregularFile, OutputFile},
    digest::Hasher,
    entry::Output,
    release::Rules,
};
use sluice_sys::beneath;

/// More matches than this are not listed; the run then holds with an irregular entry.
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
    let rules = Rules::new(outputs);
    let mut collected = Collected::default();
    walk(&top, &top, "", 0, &rules, &mut collected)?;
    Ok(collected)
}

fn walk(
    top: &OwnedFd,
    dir: &OwnedFd,
    prefix: &str,
    depth: usize,
    rules: &Rules,
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
        // A rule is UTF-8, so no rule matches a name that isn't.
        let Ok(text) = name.to_str() else { continue };
        let path = format!("{prefix}{text}");
        let Ok(stat) = statat(dir, &name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind == FileType::Directory && depth < MAX_DEPTH {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            if let Ok(below) = beneath::open_same_mount(dir, Path::new(text), flags) {
                walk(top, &below, &format!("{path}/"), depth + 1, rules, into)?;
                continue;
            }
        }
        let Some(rule) = rules.rule_for(&path) else { continue };
        if into.files.len() + into.irregular.len() >= MAX_FILES {
            into.irregular.push(IrregularFile { path: "…".into(), what: "too-many".into() });
            return Ok(());
        }
        match regular(top, &path, kind, &stat) {
            Ok((bytes, sha256)) => into.files.push(OutputFile { path, bytes, sha256, rule }),
            Err(what) => into.irregular.push(IrregularFile { path, what: what.into() }),
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
) -> std::result::Result<(u64, String), &'static str> {
    match kind {
        FileType::RegularFile if seen.st_nlink == 1 => {}
        FileType::RegularFile => return Err("hard-link"),
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
    let mut file = File::from(file);
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer).map_err(|_| "unreadable")? {
            0 => break,
            n => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
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
    Ok((bytes, hasher.finish().hex()))
}
