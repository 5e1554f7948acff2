//! Taking in a published set: verify the index, copy what it lists, keep the copy.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    Mode, OFlags, RenameFlags, fsync, mkdirat, openat, renameat, renameat_with, syncfs,
};
use rustix::io::Errno;
use sluice_policy::index::Index;
use sluice_policy::set::{INDEX, REVOKED, signature_file};
use sluice_sys::trusted::{Trust, open_trusted_dir};
use sluice_sys::{beneath::open_beneath, tree};
use time::OffsetDateTime;

use super::stamp::Stamp;
use super::{Files, SetError, Signers, Verifier};
use crate::Policy;

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
        let published = Files::trusted(set, path, Trust::ROOT);
        let bytes = published.index().map_err(SetError::invalid)?;
        let signatures = published.signatures(INDEX).map_err(SetError::invalid)?;
        let index = Index::parse(&bytes).map_err(SetError::invalid)?;
        if index.serial != serial {
            return Err(SetError::invalid(format!("sets/{serial} has serial {}", index.serial)));
        }
        let target = Target::make(self.kept, partial).map_err(SetError::state)?;
        target.write(INDEX, &bytes)?;
        for (principal, signature) in &signatures {
            target.write(&signature_file(INDEX, principal), signature)?;
        }
        let (revocations, others): (Vec<_>, Vec<_>) =
            index.files.iter().partition(|(file, _)| file.starts_with(REVOKED));
        for (file, digest) in revocations {
            target.write(file, &published.listed(file, digest)?)?;
        }
        // On the copy: the signatures that verify now are the ones that are kept. Before the rest is
        // read: that can be a lot.
        let stamp = verify(target.dir.as_fd(), &bytes, &index, self.policy, self.signers, now)?;
        for (file, digest) in others {
            target.write(file, &published.listed(file, digest)?)?;
        }
        stamp.write(target.dir.as_fd())?;
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
    let bytes = Files::new(set).index().map_err(SetError::state)?;
    let index = Index::parse(&bytes).map_err(SetError::invalid)?;
    verify(set, &bytes, &index, policy, signers, index.issued.min(now))
}

fn verify(
    set: BorrowedFd<'_>,
    bytes: &[u8],
    index: &Index,
    policy: &Policy,
    signers: &Signers,
    now: OffsetDateTime,
) -> Result<Stamp, SetError> {
    let (files, verifier) = (Files::new(set), Verifier { keys: &signers.keys, policy, now });
    let (revoked, digest) = verifier.revoked(&files)?;
    let signer = verifier.index(&files, bytes, &revoked)?;
    Ok(Stamp {
        serial: index.serial,
        issued: index.issued,
        expires: index.expires,
        key: signer.fingerprint,
        allowed_signers: signers.digest,
        revoked: digest,
    })
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
