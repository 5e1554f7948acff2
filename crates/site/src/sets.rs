//! Allowlist sets: what is published, what was verified, and which one is in force.
//!
//! A published set is verified once, when its serial is first seen, and copied to a place that
//! only root can write. Decisions read the copy: an entry costs one small file, however many
//! there are.

mod error;
mod files;
mod intake;
mod own;
mod stamp;
mod verified;
mod verifier;

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, openat, readlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;
use sluice_policy::digest::Digest;
use sluice_policy::signers::AllowedSigners;
use sluice_sys::trusted::{Trust, ensure_dir, open_trusted_dir, read_trusted};
use sluice_sys::{atomic, beneath, read_limited};
use time::OffsetDateTime;

use crate::{Policy, Site, paths};
pub use error::SetError;
pub use files::Files;
use intake::Intake;
pub use verified::{VerifiedEntry, VerifiedSet};
pub use verifier::{ExaminedEntry, Verifier, check_in_force};

/// Upper bound of `allowed_signers`, in bytes.
const MAX_SIGNERS: usize = 1 << 20;
/// The file with the highest serial that was ever in force here.
const FLOOR: &str = "serial";
/// Its upper bound, in bytes.
const MAX_FLOOR: usize = 128;

/// The sets that this host knows.
pub struct Sets {
    published: PathBuf,
    kept: OwnedFd,
    policy: Policy,
    min_serial: u64,
    signers: Signers,
}

/// `allowed_signers`, with the digest that tells whether it has changed since a set was verified.
struct Signers {
    keys: AllowedSigners,
    digest: Digest,
}

impl Sets {
    /// The sets published on this host; `state_dir` keeps verified ones.
    pub fn open(site: &Site, state_dir: &Path) -> Result<Self, SetError> {
        Self::open_below(site, Path::new(paths::ETC), state_dir)
    }

    /// The same with another directory in place of /etc/sluice.
    pub fn open_below(site: &Site, etc: &Path, state_dir: &Path) -> Result<Self, SetError> {
        let bytes = read_trusted(&etc.join("allowed_signers"), MAX_SIGNERS)?;
        let keys = AllowedSigners::parse(&bytes).map_err(SetError::invalid)?;
        let trust = Trust::ROOT.or_owner(geteuid().as_raw());
        let kept =
            ensure_dir(&state_dir.join("allowlist"), 0o700, trust).map_err(SetError::state)?;
        Ok(Self {
            published: etc.join("allowlist"),
            kept,
            policy: site.policy.clone(),
            min_serial: site.min_serial,
            signers: Signers { keys, digest: Digest::of(&bytes) },
        })
    }

    /// The set in force: the published one, or where that doesn't verify, the last that did.
    pub fn current(&self, now: OffsetDateTime) -> Result<VerifiedSet, SetError> {
        let floor = self.floor()?;
        let why = match self.fresh(floor, now) {
            Err(why) if floor > 0 && !matches!(why, SetError::Missing(_)) => why,
            result => return result,
        };
        let mut set = self.serial(floor, now)?;
        set.check_in_force(self.min_serial, now)?;
        set.passed_over = Some(why);
        Ok(set)
    }

    /// The set with this serial, whether it is still in force or not: for judging a job that was
    /// admitted under it.
    pub fn serial(&self, serial: u64, now: OffsetDateTime) -> Result<VerifiedSet, SetError> {
        if let Ok(Some(set)) = self.open_kept(serial, now) {
            return Ok(set);
        }
        let lock = self.lock()?;
        // Somebody may have taken it in while this process waited.
        let altered = match self.open_kept(serial, now) {
            Ok(Some(set)) => return Ok(set),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        match (self.intake().take(serial, now), altered) {
            (Ok(()), _) => {}
            // What was kept tells more than that it can't be had again.
            (Err(SetError::Missing(_)), Some(altered)) => return Err(altered),
            (Err(error), _) => return Err(error),
        }
        drop(lock);
        self.open_kept(serial, now)?.ok_or(SetError::Missing(serial.to_string()))
    }

    fn fresh(&self, floor: u64, now: OffsetDateTime) -> Result<VerifiedSet, SetError> {
        let serial = self.published_serial()?;
        if serial < floor {
            return Err(SetError::Behind { serial, floor });
        }
        let set = self.serial(serial, now)?;
        set.check_in_force(self.min_serial, now)?;
        if serial > floor {
            self.check_follows(&set, floor, now)?;
            self.raise_floor(serial)?;
        }
        Ok(set)
    }

    /// A set takes back all that the one before it does.
    fn check_follows(
        &self,
        set: &VerifiedSet,
        floor: u64,
        now: OffsetDateTime,
    ) -> Result<(), SetError> {
        let Some(before) = self.open_kept(floor, now)? else { return Ok(()) };
        match set.revoked().gives_back(before.revoked()) {
            Some(what) => Err(SetError::GivesBack { serial: set.serial(), what }),
            None => Ok(()),
        }
    }

    /// What `current` points to; it has to be `sets/SERIAL`.
    fn published_serial(&self) -> Result<u64, SetError> {
        let missing = || SetError::Missing("current".into());
        let dir = match open_trusted_dir(&self.published, Trust::ROOT) {
            Err(error) if error.is_missing() => return Err(missing()),
            dir => dir?,
        };
        let target = match readlinkat(&dir, "current", Vec::new()) {
            Err(Errno::NOENT) => return Err(missing()),
            target => target.map_err(SetError::invalid)?,
        };
        let name = target.to_str().ok().and_then(|target| target.strip_prefix("sets/"));
        name.and_then(|name| name.parse().ok().filter(|serial: &u64| serial.to_string() == name))
            .ok_or_else(|| SetError::invalid("current must be a link to sets/SERIAL"))
    }

    fn open_kept(&self, serial: u64, now: OffsetDateTime) -> Result<Option<VerifiedSet>, SetError> {
        let name = serial.to_string();
        let dir = match beneath::open_beneath(&self.kept, Path::new(&name), OFlags::DIRECTORY) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            dir => dir.map_err(SetError::state)?,
        };
        VerifiedSet::open(dir, serial, &self.policy, &self.signers, now).map(Some)
    }

    fn intake(&self) -> Intake<'_> {
        Intake {
            published: &self.published,
            kept: self.kept.as_fd(),
            policy: &self.policy,
            signers: &self.signers,
        }
    }

    fn floor(&self) -> Result<u64, SetError> {
        let file = match beneath::open_beneath(&self.kept, Path::new(FLOOR), OFlags::RDONLY) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            file => file.map_err(SetError::state)?,
        };
        let bytes = read_limited(file, MAX_FLOOR).map_err(SetError::state)?;
        // Older releases wrote the number alone.
        let number = own::noted(&bytes).unwrap_or(&bytes);
        let text = std::str::from_utf8(number).unwrap_or_default();
        let altered = || SetError::state("allowlist/serial was altered");
        let serial = text.strip_suffix('\n').unwrap_or_default().parse();
        serial.ok().filter(|serial: &u64| format!("{serial}\n") == text).ok_or_else(altered)
    }

    fn raise_floor(&self, serial: u64) -> Result<(), SetError> {
        let _lock = self.lock()?;
        if self.floor()? < serial {
            let note = own::note(format!("{serial}\n").as_bytes());
            atomic::write(&self.kept, FLOOR, &note, 0o600).map_err(SetError::state)?;
        }
        Ok(())
    }

    /// Held until the descriptor is dropped.
    fn lock(&self) -> Result<OwnedFd, SetError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock =
            openat(&self.kept, "lock", flags, Mode::RUSR | Mode::WUSR).map_err(SetError::state)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(SetError::state)?;
        Ok(lock)
    }
}
