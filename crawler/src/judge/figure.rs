//! Pictures of figures that may not leave themselves. They are drawn by another program, which has no key and
//! no way to one; what it says is pixels, and the file is made of them here.

use std::{
    cell::{Cell, OnceCell},
    fs::File,
    io::{self, Read, Write},
    path::Path,
    time::{Duration, Instant},
};

use rustix::fs::{Mode, OFlags};
use sluice_policy::{digest::Digest, entry::Output};
use sluice_release::{HoldCode, png};
use sluice_site::renderer::{Figure, PATIENCE, Renderer, Undrawn};

use crate::{
    judge::{
        ended::ResultFile,
        release::{Hashed, refused},
        released::Drawn,
        sealed::{Sealed, changed, unreadable},
    },
    key,
    outcome::{Code, Stop},
};

/// Longest time for all figures of one look at a run: others wait for theirs.
const RUNS_PATIENCE: Duration = Duration::from_secs(600);

/// Pictures of one run: each is an open file until the run is published.
const MAX_PICTURES: u64 = 100;
/// Bytes of all of them.
const MAX_BYTES: u64 = 256 << 20;

/// How the figures of one run are drawn.
pub(crate) struct Drawing<'a> {
    renderer: &'a Renderer,
    /// Where pictures are kept, without a name.
    place: &'a Path,
    until: OnceCell<Instant>,
    pictures: Cell<u64>,
    bytes: Cell<u64>,
}

impl<'a> Drawing<'a> {
    pub(crate) fn new(renderer: &'a Renderer, place: &'a Path) -> Self {
        Self {
            renderer,
            place,
            until: OnceCell::new(),
            pictures: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// The picture of a file under a rule that has it drawn, as it leaves.
    pub(super) fn draw(
        &self,
        rule: &Output,
        file: &ResultFile,
        sealed: &Sealed,
    ) -> Result<(ResultFile, Drawn), Stop> {
        let path = &file.path;
        let hold = |code, why: &str| Stop::content(code, format!("{path:?}: {why}"));
        if file.bytes > rule.max_bytes {
            let most = format!("it has more than {} bytes", rule.max_bytes);
            return Err(hold(HoldCode::TooLarge, &most));
        }
        if !within(&self.pictures, 1, MAX_PICTURES) {
            let why = format!("a run has at most {MAX_PICTURES} pictures; leave fewer figures");
            return Err(hold(HoldCode::NotDrawn, &why));
        }
        let figure = attested(file, sealed)?;
        let until = *self.until.get_or_init(|| Instant::now() + RUNS_PATIENCE);
        let time = PATIENCE.min(until.saturating_duration_since(Instant::now()));
        let picture = match self.renderer.draw(rule.kind, figure, time) {
            Ok(picture) => picture,
            Err(Undrawn::Figure(why)) => return Err(hold(HoldCode::NotDrawn, why)),
            Err(Undrawn::Host(why)) => return Err(unavailable(why)),
        };
        let png = png(&picture);
        let verdict =
            sluice_release::check(&rule.of_picture(), &mut png.as_slice(), png.len() as u64);
        verdict.map_err(|hold| refused(path, hold))?;
        if !within(&self.bytes, png.len() as u64, MAX_BYTES) {
            let why = format!(
                "the pictures of a run have at most {MAX_BYTES} bytes together; leave fewer figures"
            );
            return Err(hold(HoldCode::NotDrawn, &why));
        }
        let leaves = ResultFile {
            path: key::picture(path),
            bytes: png.len() as u64,
            digest: Digest::of(&png),
        };
        let kept = self.keep(&png).map_err(|error| {
            unavailable(format!("a picture can't be kept in {}: {error}", self.place.display()))
        })?;
        Ok((leaves, Drawn { from: file.clone(), picture: kept }))
    }

    fn keep(&self, png: &[u8]) -> io::Result<File> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::open(self.place, flags, Mode::RUSR | Mode::WUSR)?);
        file.write_all(png)?;
        Ok(file)
    }
}

/// Adds to what was taken, and says whether that is still within `most`.
fn within(taken: &Cell<u64>, more: u64, most: u64) -> bool {
    taken.set(taken.get().saturating_add(more));
    taken.get() <= most
}

/// The very bytes that were attested, where they can't change any more.
fn attested(file: &ResultFile, sealed: &Sealed) -> Result<Figure, Stop> {
    let mut bytes = Hashed::new(sealed.open(&file.path, file.bytes)?);
    let mut figure = Figure::new().map_err(|error| unavailable(error.to_string()))?;
    io::copy(&mut bytes.by_ref().take(file.bytes), &mut figure)
        .map_err(|error| unreadable(&file.path, &error))?;
    match bytes.finish() == file.digest {
        true => Ok(figure),
        false => Err(changed()),
    }
}

fn unavailable(why: String) -> Stop {
    Stop::retry(Code::RenderUnavailable, why)
}
