//! Whether a copy is still what was hashed. Root alone can change one, and disks do: what was altered
//! is not run and not attested.
//!
//! Each admission surveys the copy, as it does the source: inodes, modes, sizes and times against
//! those noted when it was last hashed. That doesn't see what goes around the file system, as writing
//! to the disk below it, or what a disk forgets; for that `sluice warm --scrub` hashes again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc;
use std::thread;

use rustix::fs::{Advice, AtFlags, Dir, FileType, FlockOperation, fadvise, fstat, unlinkat};
use rustix::io::Errno;
use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_policy::time::{format, parse};
use sluice_protocol::Code;
use sluice_site::bundle::{Stamp, What, open_file, survey, walk};
use sluice_sys::{atomic, tree};
use time::OffsetDateTime;

use super::notes::Seen;
use super::{Store, cold, image, unwritable};
use crate::audit;
use crate::pulse::Pulse;
use crate::refused::Refused;
use crate::scan::{Known, Scan, ScanError};

/// Upper bound of a note, in bytes: it has the absolute targets of the bundle's links.
const MAX_NOTE: usize = 1 << 20;

/// What is known of a copy.
struct Note {
    hashed: OffsetDateTime,
    /// Digest of its survey then.
    seen: String,
    links: Vec<String>,
}

/// A copy that was hashed again.
#[derive(Debug, Serialize)]
pub struct Scrubbed {
    /// The digest it was approved with, `sha256:…`.
    pub digest: String,
    /// Whether its content still has it.
    pub intact: bool,
}

impl Store<'_> {
    /// Notes that a tree was hashed just now, and what a survey of it comes to.
    pub(super) fn note_hashed(&self, hex: &str, seen: Digest, links: &[String]) -> io::Result<()> {
        let mut note = format!("{} {}\n", format(OffsetDateTime::now_utc()), seen.hex());
        links.iter().for_each(|link| note += &format!("{link}\n"));
        atomic::write(&self.dir, &note_of(hex), note.as_bytes(), 0o600)
    }

    /// When a bundle was last hashed as a whole.
    pub(super) fn last_hashed(&self, hex: &str) -> Option<OffsetDateTime> {
        self.note(hex).map(|note| note.hashed)
    }

    /// When the copy was last hashed, if it looks as it did then; meanwhile `work` is done.
    pub(super) fn hashed_beside<T>(
        &self,
        hex: &str,
        copy: BorrowedFd<'_>,
        pulse: &mut Pulse,
        work: impl FnOnce(&mut Pulse) -> T,
    ) -> (Option<OffsetDateTime>, T) {
        thread::scope(|scope| {
            let (ahead, beats) = mpsc::channel();
            let mut beat = move || {
                // Whoever hears it waits for the end.
                let _ = ahead.send(());
            };
            let survey = scope.spawn(move || self.hashed(hex, copy, &mut beat));
            let done = work(pulse);
            beats.iter().for_each(|()| pulse.beat());
            (survey.join().ok().flatten(), done)
        })
    }

    fn hashed(
        &self,
        hex: &str,
        copy: BorrowedFd<'_>,
        beat: &mut dyn FnMut(),
    ) -> Option<OffsetDateTime> {
        let note = self.note(hex)?;
        let seen = look(copy, &note.links, beat)?;
        (seen.hex() == note.seen).then_some(note.hashed)
    }

    /// Hashes a copy that looks otherwise than when that was last done, and puts it aside if it is
    /// altered; the caller alone has the bundle's lock.
    pub(super) fn recheck(
        &self,
        hex: &str,
        copy: BorrowedFd<'_>,
        links: &[String],
        pulse: &mut Pulse,
    ) -> Result<(), Refused> {
        // Somebody may have done it meanwhile.
        if self.hashed(hex, copy, &mut || pulse.beat()).is_some()
            || self.rehash(hex, copy, links, pulse)?
        {
            return Ok(());
        }
        audit::altered(self.roots, hex)?;
        if self.is_recorded(hex).map_err(unwritable)? {
            let message = format!(
                "this node's copy of sha256:{hex} was altered, and running jobs use it; submit \
                 again when they have ended, and have the node's disk looked at"
            );
            return Err(Refused::new(Code::StoreChanged, message));
        }
        self.put_aside(hex).map(drop).map_err(unwritable)
    }

    /// Hashes every copy again. One that is altered is thrown away, or isn't used again while a job
    /// has it.
    pub(crate) fn scrub(&self, pulse: &mut Pulse) -> Result<Vec<Scrubbed>, Refused> {
        let mut scrubbed = Vec::new();
        for hex in self.copies().map_err(unwritable)? {
            // Shared: jobs go on being admitted, and nobody removes it meanwhile.
            let lock = self.lock(&hex, FlockOperation::NonBlockingLockShared, pulse)?;
            // Without a note the next job has it hashed.
            let (Some(Note { links, .. }), Some(copy)) = (self.note(&hex), self.copy_of(&hex)?)
            else {
                continue;
            };
            let intact = self.rehash(&hex, copy.as_fd(), &links, pulse)?;
            if !intact {
                audit::altered(self.roots, &hex)?;
                self.forget(&hex).map_err(unwritable)?;
            }
            drop(lock);
            if !intact && let Some(gone) = self.let_go(&hex).map_err(unwritable)? {
                tree::remove(self.dir.as_fd(), &gone.name).map_err(unwritable)?;
            }
            scrubbed.push(Scrubbed { digest: format!("sha256:{hex}"), intact });
        }
        Ok(scrubbed)
    }

    /// Whether the copy's content still has its digest; if so, that is noted.
    fn rehash(
        &self,
        hex: &str,
        copy: BorrowedFd<'_>,
        links: &[String],
        pulse: &mut Pulse,
    ) -> Result<bool, Refused> {
        if let Some(stamp) = stamp_of_image(copy) {
            let intact = image::digest_again(copy, &stamp, pulse)?.hex() == hex;
            if intact {
                self.note_hashed(hex, seen_of_image(&stamp), links).map_err(unwritable)?;
            }
            return Ok(intact);
        }
        let Ok(survey) = survey(copy, links, &mut || pulse.beat()) else {
            return Ok(false);
        };
        let mut seen = Seen::of_copy();
        for found in &survey.found {
            seen.add(&found.path, &found.what);
            // What the disk has, and not what memory has of it.
            if let What::File(stamp) = &found.what
                && let Ok(file) = open_file(copy, &found.path, stamp)
            {
                let _ = fadvise(&file, 0, None, Advice::DontNeed);
            }
        }
        let known = Known::new();
        let manifest = match Scan::new(copy, &known, None, pulse).run(&survey.found) {
            Err(ScanError::Late) => return Err(cold("it is hashed again")),
            manifest => manifest.ok(),
        };
        let intact = survey.problems.is_empty()
            && manifest.is_some_and(|manifest| manifest.digest().hex() == hex);
        if intact {
            self.note_hashed(hex, seen.finish(), links).map_err(unwritable)?;
        }
        Ok(intact)
    }

    fn note(&self, hex: &str) -> Option<Note> {
        let note = String::from_utf8(self.read(&note_of(hex), MAX_NOTE)?).ok()?;
        let mut lines = note.lines();
        let (hashed, seen) = lines.next()?.split_once(' ')?;
        let links = lines.map(str::to_owned).collect();
        Some(Note { hashed: parse(hashed).ok()?, seen: seen.into(), links })
    }

    fn forget(&self, hex: &str) -> io::Result<()> {
        match unlinkat(&self.dir, note_of(hex), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn copies(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        for item in Dir::read_from(&self.dir)? {
            let name = item?.file_name().to_string_lossy().into_owned();
            if Digest::from_hex(&name).is_ok() {
                found.push(name);
            }
        }
        Ok(found)
    }
}

fn note_of(hex: &str) -> String {
    format!("{hex}.hashed")
}

/// What a survey of a copy comes to, if nothing hinders it.
pub(super) fn look(
    copy: BorrowedFd<'_>,
    links: &[String],
    beat: &mut dyn FnMut(),
) -> Option<Digest> {
    if let Some(stamp) = stamp_of_image(copy) {
        return Some(seen_of_image(&stamp));
    }
    let mut seen = Seen::of_copy();
    let problems = walk(copy, links, beat, &mut |path, what| seen.add(path, &what)).ok()?;
    problems.is_empty().then(|| seen.finish())
}

/// What a copy is known by if it is an image's.
pub(super) fn stamp_of_image(copy: BorrowedFd<'_>) -> Option<Stamp> {
    let stat = fstat(copy).ok()?;
    let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    regular.then(|| Stamp::of(&stat))
}

/// What [`look`] says of an image's copy.
pub(super) fn seen_of_image(stamp: &Stamp) -> Digest {
    let mut seen = Seen::of_copy();
    seen.add("", &What::File(*stamp));
    seen.finish()
}
