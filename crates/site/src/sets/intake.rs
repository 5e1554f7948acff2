//! Taking in a published set: verify the index, copy what it lists, keep the copy.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    Dir, Mode, OFlags, RenameFlags, fsync, mkdirat, openat, renameat, renameat_with, syncfs,
};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use sluice_policy::digest::Digest;
use sluice_policy::index::Index;
use sluice_policy::revocation::Revoked;
use sluice_policy::signature::{SignatureError, Signer, verify};
use sluice_policy::signers::is_principal;
use sluice_policy::{entry, index, manifest, revocation};
use sluice_sys::trusted::{Trust, check_file, open_trusted_dir};
use sluice_sys::{atomic, beneath::open_beneath, read_limited, tree};
use time::OffsetDateTime;

use super::{SetError, Signers, own};
use crate::Policy;

/// Upper bounds, in bytes.
const MAX_INDEX: usize = 32 << 20;
const MAX_REVOKED: usize = 4 << 20;
const MAX_SIGNATURE: usize = 16 << 10;
/// Signatures looked at per file.
const MAX_SIGNATURES: usize = 64;
/// The file with a kept set's [`Stamp`].
const STAMP: &str = "verified.json";
const MAX_STAMP: usize = 4096;

/// What was found when a kept set was verified.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Stamp {
    pub(super) serial: u64,
    #[serde(with = "sluice_policy::time::rfc3339")]
    pub(super) issued: OffsetDateTime,
    #[serde(with = "sluice_policy::time::rfc3339")]
    pub(super) expires: OffsetDateTime,
    /// Fingerprint of the key that signed the index.
    pub(super) key: String,
    /// Digest of the `allowed_signers` that it was verified with.
    pub(super) allowed_signers: Digest,
    /// Digest of what it takes back; of nothing if it has no such file.
    pub(super) revoked: Digest,
}

pub(super) struct Intake<'a> {
    pub(super) published: &'a Path,
    pub(super) kept: BorrowedFd<'a>,
    pub(super) policy: &'a Policy,
    pub(super) signers: &'a Signers,
}

impl Intake<'_> {
    /// Verifies the published set and keeps a copy under its serial. A copy that a crash cut off
    /// lies under another name; the caller holds the lock, so nobody else is at work on one.
    pub(super) fn take(&self, serial: u64, now: OffsetDateTime) -> Result<(), SetError> {
        let name = serial.to_string();
        let path = self.published.join("sets").join(&name);
        let set = match open_trusted_dir(&path, Trust::ROOT) {
            Err(error) if error.is_missing() => {
                return Err(SetError::Missing(path.display().to_string()));
            }
            set => set?,
        };
        let partial = format!("{name}.partial");
        tree::remove(self.kept, &partial).map_err(SetError::state)?;
        let result = self.copy(set.as_fd(), &path, &partial, serial, now);
        let result = result.and_then(|()| {
            self.replace(&name, &partial).map_err(SetError::state)?;
            fsync(self.kept).map_err(SetError::state)
        });
        if result.is_err() {
            // What can't be removed now is removed before the next attempt.
            let _ = tree::remove(self.kept, &partial);
        }
        result
    }

    /// In place of a copy that was altered.
    fn replace(&self, name: &str, partial: &str) -> io::Result<()> {
        match renameat(self.kept, partial, self.kept, name) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                renameat_with(self.kept, partial, self.kept, name, RenameFlags::EXCHANGE)?;
                tree::remove(self.kept, partial)
            }
            renamed => Ok(renamed?),
        }
    }

    fn copy(
        &self,
        set: BorrowedFd<'_>,
        path: &Path,
        partial: &str,
        serial: u64,
        now: OffsetDateTime,
    ) -> Result<(), SetError> {
        let bytes = read(set, "index.toml", MAX_INDEX).map_err(SetError::invalid)?;
        let signatures = signatures(set, "index.toml").map_err(SetError::invalid)?;
        let index = Index::parse(&bytes).map_err(SetError::invalid)?;
        if index.serial != serial {
            return Err(SetError::invalid(format!("sets/{serial} has serial {}", index.serial)));
        }
        let target = Target::make(self.kept, partial).map_err(SetError::state)?;
        target.write("index.toml", &bytes)?;
        for (principal, signature) in &signatures {
            target.write(&signature_path("index.toml", principal), signature)?;
        }
        // On the copy: the signatures that verify now are the ones that are kept.
        let signer = check_index(target.dir.as_fd(), &bytes, self.signers, now)?;
        for (file, digest) in &index.files {
            let fd = open_beneath(set, Path::new(file), OFlags::RDONLY)
                .map_err(|error| SetError::invalid(format!("{file}: {error}")))?;
            check_file(&fd, &path.join(file), Trust::ROOT)?;
            let bytes = read_limited(fd, limit(file))
                .map_err(|error| SetError::invalid(format!("{file}: {error}")))?;
            if Digest::of(&bytes) != *digest {
                return Err(SetError::invalid(format!("{file} is not what the index lists")));
            }
            target.write(file, &bytes)?;
        }
        let revoked = check_revoked(target.dir.as_fd(), self.policy, self.signers, now)?;
        write_stamp(target.dir.as_fd(), &Stamp::new(&index, signer, self.signers, revoked))?;
        syncfs(&target.dir).map_err(SetError::state)
    }
}

/// Verifies the signatures of a kept set again, with the keys as they are now listed. That they were
/// valid was seen when it was taken in; that they may have run out since is in their nature.
pub(super) fn check(
    set: BorrowedFd<'_>,
    policy: &Policy,
    signers: &Signers,
    now: OffsetDateTime,
) -> Result<Stamp, SetError> {
    let bytes = read(set, "index.toml", MAX_INDEX).map_err(SetError::state)?;
    let index = Index::parse(&bytes).map_err(SetError::invalid)?;
    let then = index.issued.min(now);
    let revoked = check_revoked(set, policy, signers, then)?;
    let signer = check_index(set, &bytes, signers, then)?;
    Ok(Stamp::new(&index, signer, signers, revoked))
}

fn check_index(
    set: BorrowedFd<'_>,
    bytes: &[u8],
    signers: &Signers,
    now: OffsetDateTime,
) -> Result<Signer, SetError> {
    signer(set, "index.toml", index::NAMESPACE, bytes, |_| true, signers, now)
}

impl Stamp {
    fn new(index: &Index, signer: Signer, signers: &Signers, revoked: Digest) -> Self {
        Self {
            serial: index.serial,
            issued: index.issued,
            expires: index.expires,
            key: signer.fingerprint,
            allowed_signers: signers.digest,
            revoked,
        }
    }
}

/// What was noted, unless that was altered or is an older release's.
pub(super) fn read_stamp(set: BorrowedFd<'_>) -> Option<Stamp> {
    let bytes = read(set, STAMP, MAX_STAMP).ok()?;
    serde_json::from_slice(own::noted(&bytes)?).ok()
}

pub(super) fn write_stamp(set: BorrowedFd<'_>, stamp: &Stamp) -> Result<(), SetError> {
    let bytes = serde_json::to_vec(stamp).map_err(SetError::state)?;
    atomic::write(set, STAMP, &own::note(&bytes), 0o600).map_err(SetError::state)
}

/// Verifies what a set takes back and returns its digest; one approver's signature is enough, since
/// it only takes away.
fn check_revoked(
    set: BorrowedFd<'_>,
    policy: &Policy,
    signers: &Signers,
    now: OffsetDateTime,
) -> Result<Digest, SetError> {
    let Some(bytes) = revoked_bytes(set)? else { return Ok(Digest::of(b"")) };
    Revoked::parse(&bytes).map_err(SetError::invalid)?;
    let may = |name: &str| policy.may_revoke(name);
    signer(set, "revoked.toml", revocation::NAMESPACE, &bytes, may, signers, now)?;
    Ok(Digest::of(&bytes))
}

/// `revoked.toml` of a kept set, if it has one.
pub(super) fn revoked_bytes(set: BorrowedFd<'_>) -> Result<Option<Vec<u8>>, SetError> {
    match read(set, "revoked.toml", MAX_REVOKED) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).map_err(SetError::state),
    }
}

/// The first of the accepted principals whose signature of `file` verifies.
fn signer(
    set: BorrowedFd<'_>,
    file: &str,
    namespace: &str,
    bytes: &[u8],
    accepted: impl Fn(&str) -> bool,
    signers: &Signers,
    now: OffsetDateTime,
) -> Result<Signer, SetError> {
    let mut reasons = String::new();
    for (principal, armored) in signatures(set, file).map_err(SetError::state)? {
        let none = Revoked::default();
        let result = match accepted(&principal) {
            true => verify(&signers.keys, &principal, namespace, bytes, &armored, now, &none),
            false => continue,
        };
        match result {
            Ok(signer) => return Ok(signer),
            Err(error) => reasons += &reason(&principal, &error),
        }
    }
    Err(SetError::invalid(format!("{file} has no valid signature{reasons}")))
}

/// How a signature that doesn't count is told.
pub(super) fn reason(principal: &str, error: &SignatureError) -> String {
    format!("; {principal}: {error}")
}

/// The signatures of a file by the principals they are named after.
pub(super) fn signatures(set: BorrowedFd<'_>, file: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let directory = format!("{file}.sig.d");
    let dir = match open_beneath(set, Path::new(&directory), OFlags::DIRECTORY) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        dir => dir?,
    };
    let mut found = Vec::new();
    for item in Dir::read_from(&dir)? {
        let item = item?;
        let name = item.file_name().to_str().unwrap_or_default();
        let Some(principal) = name.strip_suffix(".sig").filter(|name| is_principal(name)) else {
            continue;
        };
        found.push((principal.to_owned(), read(dir.as_fd(), name, MAX_SIGNATURE)?));
        if found.len() > MAX_SIGNATURES {
            return Err(io::Error::other(format!("{directory} has too many signatures")));
        }
    }
    found.sort();
    Ok(found)
}

fn signature_path(file: &str, principal: &str) -> String {
    format!("{file}.sig.d/{principal}.sig")
}

/// Reads a file of a set.
pub(super) fn read(set: BorrowedFd<'_>, file: &str, max: usize) -> io::Result<Vec<u8>> {
    read_limited(open_beneath(set, Path::new(file), OFlags::RDONLY)?, max)
        .map_err(|error| io::Error::new(error.kind(), format!("{file}: {error}")))
}

fn limit(file: &str) -> usize {
    match file {
        "revoked.toml" => MAX_REVOKED,
        _ if file.ends_with(".sig") => MAX_SIGNATURE,
        _ if file.starts_with("manifests/") => manifest::MAX_BYTES,
        _ => entry::MAX_BYTES,
    }
}

/// The copy in the making.
struct Target {
    dir: OwnedFd,
}

impl Target {
    fn make(kept: BorrowedFd<'_>, name: &str) -> io::Result<Self> {
        mkdirat(kept, name, Mode::RWXU)?;
        let dir = open_beneath(kept, Path::new(name), OFlags::DIRECTORY)?;
        Ok(Self { dir })
    }

    /// Not synced one by one: the whole copy is, before it gets its name.
    fn write(&self, file: &str, bytes: &[u8]) -> Result<(), SetError> {
        self.create(file)
            .and_then(|fd| io::Write::write_all(&mut std::fs::File::from(fd), bytes))
            .map_err(SetError::state)
    }

    fn create(&self, file: &str) -> io::Result<OwnedFd> {
        for (at, _) in file.match_indices('/') {
            match mkdirat(&self.dir, &file[..at], Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(openat(&self.dir, file, flags, Mode::RUSR | Mode::WUSR)?)
    }
}
