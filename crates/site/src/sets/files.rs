//! The files of a set as they lie in its directory.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{Dir, OFlags};
use sluice_policy::digest::Digest;
use sluice_policy::revocation::{self, Revoked};
use sluice_policy::set::{self, INDEX, Kind, REVOKED};
use sluice_policy::{entry, index, manifest, signature};
use sluice_sys::trusted::{Trust, check_file};
use sluice_sys::{beneath::open_beneath, read_limited};

use super::SetError;

/// Signatures looked at per file.
const MAX_SIGNATURES: usize = 64;

/// A set's directory. What is read lies beneath it, whatever links say.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    dir: BorrowedFd<'a>,
    trust: Option<(&'a Path, Trust)>,
}

impl<'a> Files<'a> {
    /// The files below `dir`.
    pub fn new(dir: BorrowedFd<'a>) -> Self {
        Self { dir, trust: None }
    }

    /// The same of the directory at `path`, where each file has to be trusted.
    pub(super) fn trusted(dir: BorrowedFd<'a>, path: &'a Path, trust: Trust) -> Self {
        Self { dir, trust: Some((path, trust)) }
    }

    /// Content of a file; `None` if there is no such file.
    pub(super) fn read(&self, file: &str) -> io::Result<Option<Vec<u8>>> {
        let fd = match open_beneath(self.dir, Path::new(file), OFlags::RDONLY) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            fd => fd,
        };
        fd.and_then(|fd| {
            if let Some((path, trust)) = self.trust {
                check_file(&fd, &path.join(file), trust).map_err(io::Error::other)?;
            }
            read_limited(fd, limit(file))
        })
        .map(Some)
        .map_err(|error| io::Error::new(error.kind(), format!("{file}: {error}")))
    }

    /// The index.
    pub(super) fn index(&self) -> io::Result<Vec<u8>> {
        self.read(INDEX)?.ok_or_else(|| io::Error::other(format!("{INDEX} is missing")))
    }

    /// Content of a file that the index lists with this digest.
    pub fn listed(&self, file: &str, digest: &Digest) -> Result<Vec<u8>, SetError> {
        match self.read(file).map_err(SetError::invalid)? {
            Some(bytes) if Digest::of(&bytes) == *digest => Ok(bytes),
            Some(_) => Err(SetError::invalid(format!("{file} is not what the index lists"))),
            None => Err(SetError::invalid(format!("{file} is in the index, but missing"))),
        }
    }

    /// The signatures of a file by the principals they are named after, sorted; `InvalidData` if there
    /// are more than a node reads.
    pub(super) fn signatures(&self, file: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
        let directory = set::signature_dir(file);
        let dir = match open_beneath(self.dir, Path::new(&directory), OFlags::DIRECTORY) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            dir => dir?,
        };
        let mut principals = Vec::new();
        for item in Dir::read_from(&dir)? {
            let item = item?;
            let name = item.file_name().to_str().unwrap_or_default();
            principals.extend(set::principal_of(name).map(str::to_owned));
        }
        if principals.len() > MAX_SIGNATURES {
            let why = format!("{directory} has more than {MAX_SIGNATURES} signatures");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        principals.sort();
        let read = |principal: String| {
            let signature = self.read(&set::signature_file(file, &principal))?;
            Ok(signature.map(|signature| (principal, signature)))
        };
        principals.into_iter().filter_map(|principal| read(principal).transpose()).collect()
    }

    /// What the set takes back, signed or not, and the bytes that say so; none if nothing does.
    pub fn revoked(&self) -> Result<(Revoked, Vec<u8>), SetError> {
        match self.read(REVOKED).map_err(SetError::state)? {
            Some(bytes) => Ok((Revoked::parse(&bytes).map_err(SetError::invalid)?, bytes)),
            None => Ok((Revoked::default(), Vec::new())),
        }
    }
}

fn limit(file: &str) -> usize {
    match set::kind(file) {
        Some(Kind::Index) => index::MAX_BYTES,
        Some(Kind::Revoked) => revocation::MAX_BYTES,
        Some(Kind::Entry) => entry::MAX_BYTES,
        Some(Kind::Manifest) => manifest::MAX_BYTES,
        Some(Kind::Signature) => signature::MAX_BYTES,
        // Of no set's, so nothing of it is read.
        None => 0,
    }
}
