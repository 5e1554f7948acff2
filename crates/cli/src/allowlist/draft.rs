//! A set on disk, under preparation or published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sluice_policy::digest::Digest;
use sluice_policy::entry::{Entry, EntryError};
use sluice_policy::index::Index;
use sluice_policy::manifest::{self, Manifest};
use sluice_policy::revocation::Revoked;
use sluice_policy::set::{
    ENTRIES, INDEX, MANIFESTS, REVOKED, entry_file, entry_of, manifest_file, principal_of,
    signature_dir, signature_file,
};
use sluice_site::sets::Files;
use sluice_sys::{atomic, beneath, read_limited};

use crate::exit::{Doing, Failure, Result};

/// A set's directory. Files are read beneath its descriptor: who publishes somebody's set must
/// not be led by a link to what only the publisher may read.
pub(crate) struct Draft {
    dir: PathBuf,
    fd: OwnedFd,
}

impl Draft {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        if !dir.join(INDEX).is_file() {
            return Err(Failure::usage(format_args!(
                "{} is not an allowlist set: it has no {INDEX}; start one with sluice allowlist new",
                dir.display()
            )));
        }
        Self::at(dir)
    }

    /// Makes an empty set's directory.
    pub(super) fn make(dir: &Path) -> Result<Self> {
        if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::usage(format_args!("{} is not empty", dir.display())));
        }
        fs::create_dir_all(dir).doing(|| format!("make {}", dir.display()))?;
        Self::at(dir)
    }

    fn at(dir: &Path) -> Result<Self> {
        let fd = fs::File::open(dir).doing(|| format!("open {}", dir.display()))?;
        Ok(Self { dir: dir.to_owned(), fd: fd.into() })
    }

    /// The set's files as a verifier reads them.
    pub(super) fn set_files(&self) -> Files<'_> {
        Files::new(self.fd.as_fd())
    }

    /// Path of a file of the set.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    pub(super) fn index(&self) -> Result<Index> {
        Index::parse(&self.read(INDEX)?).map_err(Failure::bad)
    }

    /// Digest of the index, and so of the whole set.
    pub(super) fn index_digest(&self) -> Result<Digest> {
        Ok(Digest::of(&self.read(INDEX)?))
    }

    pub(super) fn write_index(&self, index: &Index) -> Result<()> {
        self.write_signed(INDEX, index.to_toml().map_err(Failure::bad)?.as_bytes())
    }

    /// Content of a file of the set; longer than the largest manifest none is.
    pub(super) fn read(&self, file: &str) -> Result<Vec<u8>> {
        beneath::open_beneath(&self.fd, Path::new(file), OFlags::RDONLY)
            .and_then(|file| read_limited(file, manifest::MAX_BYTES))
            .doing(|| format!("read {}", self.path(file).display()))
    }

    /// Writes a file in one step.
    pub(super) fn write(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(file);
        let doing = || format!("write {}", path.display());
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Failure::environment(format_args!("cannot {}", doing())));
        };
        fs::create_dir_all(parent).doing(doing)?;
        let parent = fs::canonicalize(parent).and_then(|parent| beneath::open_dir(&parent));
        atomic::write(parent.doing(doing)?, &name.to_string_lossy(), bytes, 0o644).doing(doing)
    }

    /// Writes a file that gets signed; signatures on other bytes go.
    pub(super) fn write_signed(&self, file: &str, bytes: &[u8]) -> Result<()> {
        self.remove_signatures(file)?;
        self.write(file, bytes)
    }

    /// Removes a file and its signatures.
    pub(super) fn remove_signed(&self, file: &str) -> Result<()> {
        self.remove_signatures(file)?;
        self.remove(file)
    }

    pub(super) fn remove(&self, file: &str) -> Result<()> {
        let path = self.path(file);
        fs::remove_file(&path).doing(|| format!("remove {}", path.display()))
    }

    fn remove_signatures(&self, file: &str) -> Result<()> {
        let path = self.path(&signature_dir(file));
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result.doing(|| format!("remove {}", path.display())),
        }
    }

    /// Who has signed a file; whether rightly is not looked at.
    pub(super) fn signers(&self, file: &str) -> Result<Vec<String>> {
        let names = self.names(&signature_dir(file))?;
        Ok(names.iter().filter_map(|name| principal_of(name)).map(str::to_owned).collect())
    }

    /// Entries, `NAME@VERSION`.
    pub(crate) fn entries(&self) -> Result<Vec<String>> {
        let names = self.names(ENTRIES)?;
        Ok(names.iter().filter_map(|name| entry_of(name)).map(str::to_owned).collect())
    }

    /// An entry of the set.
    pub(crate) fn entry(&self, id: &str) -> Result<Entry> {
        let file = entry_file(id);
        Entry::parse(&self.read(&file)?)
            .map_err(|error| Failure::bad(format_args!("{file}: {error}")))
    }

    /// Names and contents of those entries that this version reads: a newer one is passed over.
    pub(super) fn readable_entries(&self) -> Result<Vec<(String, Entry)>> {
        let mut readable = Vec::new();
        for id in self.entries()? {
            let file = entry_file(&id);
            match Entry::parse(&self.read(&file)?) {
                Ok(entry) => readable.push((id, entry)),
                Err(EntryError::TooNew(_)) => {}
                Err(error) => return Err(Failure::bad(format_args!("{file}: {error}"))),
            }
        }
        Ok(readable)
    }

    /// What is taken back, if anything is.
    pub(crate) fn revoked(&self) -> Result<Revoked> {
        match self.has(REVOKED) {
            true => Revoked::parse(&self.read(REVOKED)?).map_err(Failure::bad),
            false => Ok(Revoked::default()),
        }
    }

    /// Whether the manifest with this digest is missing, which the entry names. From format 2 on it may be
    /// that of an image, which has none.
    pub(super) fn misses_manifest(&self, entry: &Entry, digest: &Digest) -> bool {
        entry.format == 1 && !self.has(&manifest_file(digest))
    }

    /// The manifests that lie in the set, as files of it.
    pub(super) fn manifests(&self) -> Result<Vec<String>> {
        let hex = |name: &String| Digest::from_hex(name).is_ok();
        let names = self.names(MANIFESTS)?.into_iter().filter(hex);
        Ok(names.map(|name| format!("{MANIFESTS}/{name}")).collect())
    }

    /// The manifests that its entries name, as files of it.
    pub(super) fn named_manifests(&self) -> Result<BTreeSet<String>> {
        let mut named = BTreeSet::new();
        for id in self.entries()? {
            let entry = self.entry(&id)?;
            let runtime = entry.runtime.map(|runtime| runtime.digest);
            named.extend([Some(entry.digest), runtime].iter().flatten().map(manifest_file));
        }
        Ok(named)
    }

    pub(super) fn has(&self, file: &str) -> bool {
        self.path(file).is_file()
    }

    /// Every file that the index has to list, with its digest.
    pub(super) fn files(&self) -> Result<BTreeMap<String, Digest>> {
        let mut signed: Vec<_> = self.entries()?.iter().map(|id| entry_file(id)).collect();
        signed.extend(self.has(REVOKED).then(|| REVOKED.to_owned()));
        let mut files = signed.clone();
        for file in &signed {
            let of = |principal: String| signature_file(file, &principal);
            files.extend(self.signers(file)?.into_iter().map(of));
        }
        files.extend(self.manifests()?);
        files
            .into_iter()
            .map(|file| Ok((Digest::of(&self.read(&file)?), file)))
            .map(|pair| pair.map(|(digest, file)| (file, digest)))
            .collect()
    }

    /// Names in a directory of the set, sorted; none if there is no such directory.
    fn names(&self, directory: &str) -> Result<Vec<String>> {
        let path = self.path(directory);
        let entries = match path.read_dir() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.doing(|| format!("read the directory {}", path.display()))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.doing(|| format!("read the directory {}", path.display()))?;
            names.extend(entry.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }
}

/// Digest of the difference from the bundle of an entry of the set to `manifest`.
pub(super) fn difference(set: &Draft, previous: &str, manifest: &[u8]) -> Result<Digest> {
    if !set.has(&entry_file(previous)) {
        return Err(Failure::bad(format_args!("approval.previous: {previous} is not in the set")));
    }
    let old = set.read(&manifest_file(&set.entry(previous)?.digest))?;
    let old = Manifest::parse(&old).map_err(Failure::bad)?;
    let new = Manifest::parse(manifest).map_err(Failure::bad)?;
    Ok(Digest::of(old.difference(&new).as_bytes()))
}
