//! Bundles that are used where they lie: what root alone can change needs no copy.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FlockOperation, fstat, fstatfs, statat};
use sluice_policy::digest::Digest;
use sluice_protocol::Code;
use sluice_site::bundle::{What, survey};
use sluice_sys::atomic;
use sluice_sys::trusted::{Trust, open_trusted_dir};

use super::lock::touch;
use super::{Held, Store, unscanned, unwritable};
use crate::decide::Bundle;
use crate::pulse::Pulse;
use crate::refused::Refused;

/// Magic numbers of local file systems, statfs(2): on others another host's root, or whoever
/// controls the server, may write.
const LOCAL: &[(u32, &str)] = &[
    (0xEF53, "ext4"),
    (0x5846_5342, "xfs"),
    (0x9123_683E, "btrfs"),
    (0x2FC1_2FC1, "zfs"),
    (0x7371_7368, "squashfs"),
    (0xE0F5_E1E2, "erofs"),
    (0x0102_1994, "tmpfs"),
];

impl Store<'_> {
    pub(super) fn is_in_place(&self, bundle: &Bundle<'_>) -> bool {
        !bundle.is_image() && self.rules.in_place.contains(&bundle.installed.at)
    }

    /// Reads what isn't known from before, and makes sure that nobody but root can change it.
    pub(super) fn verify_in_place(
        &self,
        bundle: &Bundle<'_>,
        pulse: &mut Pulse,
    ) -> Result<Held, Refused> {
        let hex = bundle.digest.hex();
        let lock = self.lock(&hex, FlockOperation::NonBlockingLockExclusive, pulse)?;
        touch(&lock);
        let ours = lock.try_clone().map_err(unwritable)?;
        pulse.lock = Some(lock);
        let source = trusted(bundle, pulse)?;
        if let Some(walked) = self.walk(bundle, source.as_fd(), pulse)? {
            let manifest = walked.manifest.to_bytes();
            atomic::write(&self.dir, &format!("{hex}.manifest"), &manifest, 0o600)
                .and_then(|()| self.remember(bundle, &walked))
                .and_then(|()| match walked.read_all {
                    true => self.note_hashed(&hex, Digest::of(b""), bundle.links),
                    false => Ok(()),
                })
                .map_err(unwritable)?;
        }
        pulse.lock = None;
        Ok(Held { _lock: Some(ours), hashed: self.last_hashed(&hex), image: None })
    }
}

/// The source, once each part of it and each directory above it is found to be root's alone.
fn trusted(bundle: &Bundle<'_>, pulse: &mut Pulse) -> Result<OwnedFd, Refused> {
    let refuse = |why: String| {
        Refused::new(
            Code::InPlaceUntrusted,
            format!("{} is to be used in place, but {why}", bundle.source().display()),
        )
    };
    let source = open_trusted_dir(bundle.source(), Trust::ROOT)
        .map_err(|error| refuse(error.to_string()))?;
    let kind = fstatfs(&source).map_err(|error| refuse(error.to_string()))?.f_type;
    if !LOCAL.iter().any(|(magic, _)| i64::from(*magic) == kind) {
        let names: Vec<&str> = LOCAL.iter().map(|(_, name)| *name).collect();
        return Err(refuse(format!("is on none of these file systems: {}", names.join(", "))));
    }
    let found = survey(source.as_fd(), bundle.links, &mut || pulse.beat())
        .map_err(|error| unscanned(bundle, error.into()))?
        .found;
    let root = fstat(&source).map_err(|error| refuse(error.to_string()))?;
    for found in &found {
        if let What::Link(_) = found.what {
            continue;
        }
        let stat = statat(&source, found.path.as_str(), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| refuse(format!("{}: {error}", found.path)))?;
        if stat.st_uid != 0 || stat.st_mode & 0o022 != 0 || stat.st_dev != root.st_dev {
            let what = format!("{} is not root's alone: chown root, chmod go-w", found.path);
            return Err(refuse(what));
        }
    }
    Ok(source)
}
