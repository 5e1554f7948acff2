//! Figures are drawn by `sluice-render`, which has given up all but fonts before it reads one. Whoever asks
//! bounds its time and its answer, ends it with all that it started, and believes nothing but pixels.

use std::{
    fmt::Display,
    fs::File,
    io::{self, Read, Seek, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStderr, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    io::retry_on_intr,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use sluice_policy::entry::ContentKind;
use sluice_protocol::drawing::{Flaw, MAX_PICTURE, NoPicture, Picture, RENDER_PROGRAM};
use sluice_sys::program::{clean, stop};

/// Longest time for one figure.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What is repeated of the program's own words, in bytes.
const MAX_WORDS: usize = 1000;
/// A drawing that every renderer can draw.
const SVG: &[u8] = include_bytes!("renderer/trial.svg");
const PDF: &[u8] = include_bytes!("renderer/trial.pdf");

/// The program that draws figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renderer {
    program: PathBuf,
}

/// Why a figure was not drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undrawn {
    /// The figure's fault, in words of ours.
    Figure(&'static str),
    /// The host's: a figure of ours isn't drawn either.
    Host(String),
}

/// The bytes of a figure, in memory that nobody can change any more once they are drawn.
pub struct Figure(File);

impl Figure {
    /// An empty one.
    pub fn new() -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        Ok(Self(memfd_create("figure", flags)?.into()))
    }

    fn sealed(mut self) -> io::Result<File> {
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&self.0, seals)?;
        self.0.rewind()?;
        Ok(self.0)
    }
}

impl Write for Figure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a program came to its end, and what it said until then.
struct Answer {
    /// None for one that a signal ended, or that was too slow or said more than a picture takes.
    status: Option<i32>,
    bytes: Vec<u8>,
    /// For the administrator, where nothing hostile was read.
    words: String,
}

impl Renderer {
    /// The program in its place.
    pub fn installed() -> Self {
        Self::at(RENDER_PROGRAM)
    }

    /// A program in another place.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Draws a figure of this kind, in at most `time`. Where that fails one of our own is tried: so the
    /// figure can't pass its fault off as the host's, nor the other way round.
    pub fn draw(
        &self,
        kind: ContentKind,
        figure: Figure,
        time: Duration,
    ) -> Result<Picture, Undrawn> {
        let asked = self.ask(kind, figure, time);
        let answer = asked.map_err(|error| Undrawn::Host(self.words(error)))?;
        match picture(&answer) {
            Ok(picture) => Ok(picture),
            Err(why) => {
                self.try_out(kind).map_err(Undrawn::Host)?;
                Err(Undrawn::Figure(why))
            }
        }
    }

    /// Whether a figure of ours is drawn; else what the administrator has to know.
    pub fn try_out(&self, kind: ContentKind) -> Result<(), String> {
        let bytes = if kind == ContentKind::Pdf { PDF } else { SVG };
        let drawn = || {
            let mut figure = Figure::new()?;
            figure.write_all(bytes)?;
            self.ask(kind, figure, PATIENCE)
        };
        let answer = drawn().map_err(|error| self.words(error))?;
        match picture(&answer) {
            Ok(picture) if !picture.is_blank() => Ok(()),
            Ok(_) => Err(self.words("it draws no text; install fonts-dejavu-core")),
            Err(_) if !answer.words.is_empty() => Err(self.words(answer.words)),
            Err(why) => Err(self.words(why)),
        }
    }

    fn words(&self, what: impl Display) -> String {
        format!("{}: {what}", self.program.display())
    }

    fn ask(&self, kind: ContentKind, figure: Figure, time: Duration) -> io::Result<Answer> {
        let deadline = Instant::now() + time;
        let mut command = clean(&self.program);
        command.arg(kind.word()).process_group(0);
        command.stdin(figure.sealed()?).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let heard = listen(&mut child, deadline);
        // Before it is reaped, as long as its number is its own.
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        stop(&mut child);
        let (status, bytes) = heard?;
        let words = child.stderr.take().map(said).unwrap_or_default();
        Ok(Answer { status, bytes, words })
    }
}

/// What it writes, and how it ends; it is not reaped yet.
fn listen(child: &mut Child, deadline: Instant) -> io::Result<(Option<i32>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let Some(mut stdout) = child.stdout.take() else { return Ok((None, bytes)) };
    let mut piece = vec![0; 1 << 16];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut waiting = [PollFd::new(&stdout, PollFlags::IN)];
        if retry_on_intr(|| poll(&mut waiting, Some(&left)))? == 0 {
            return Ok((None, bytes));
        }
        match stdout.read(&mut piece)? {
            0 => return Ok((end(child, deadline)?, bytes)),
            length => bytes.extend_from_slice(&piece[..length]),
        }
        if bytes.len() > MAX_PICTURE {
            return Ok((None, bytes));
        }
    }
}

fn end(child: &Child, deadline: Instant) -> io::Result<Option<i32>> {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    loop {
        let ended = retry_on_intr(|| waitid(WaitId::Pid(Pid::from_child(child)), how))?;
        match ended {
            Some(status) => return Ok(status.exit_status()),
            None if Instant::now() < deadline => sleep(Duration::from_millis(1)),
            None => return Ok(None),
        }
    }
}

/// The beginning of what was said, without waiting for more.
fn said(stderr: ChildStderr) -> String {
    let mut words = [0; MAX_WORDS];
    let mut waiting = [PollFd::new(&stderr, PollFlags::IN)];
    let length = match poll(&mut waiting, Some(&Timespec::default())) {
        Ok(1..) => rustix::io::read(&stderr, &mut words).unwrap_or(0),
        _ => 0,
    };
    let words = String::from_utf8_lossy(&words[..length]);
    words.trim().trim_start_matches("sluice-render: ").to_owned()
}

fn picture(answer: &Answer) -> Result<Picture, &'static str> {
    match (Picture::parse(&answer.bytes), answer.status) {
        (Ok(picture), Some(0)) => Ok(picture),
        (Err(NoPicture::Several), _) => Err("it has more than one page; a figure has one"),
        (_, Some(status)) => Err(Flaw::of(status).unwrap_or(Flaw::Damaged).sentence()),
        (_, None) => Err("drawing it takes more time or memory than one figure may"),
    }
}

#[cfg(test)]
mod tests;
