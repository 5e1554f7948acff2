//! JPEG: pixels and how to show them, nothing else.
//!
//! Each block of the picture is read as a viewer would, but for its values: where blocks and bits end is
//! all that counts here.

mod bits;
mod frame;
mod huffman;
mod metadata;
mod progressive;
mod quantisation;
mod scan;
mod standard;
mod tables;

use super::{Fault, HoldCode, png::MAX_UNFOLDED};
use frame::Frame;
use metadata::Marker;
use scan::{Known, Scan};
use tables::Tables;

/// Most scans; programs write about ten.
const MAX_SCANS: u32 = 64;

/// Checks a picture; `room` is what is left of [`MAX_UNFOLDED`].
pub(super) fn check(content: &[u8], room: &mut u64) -> Result<(), Fault> {
    if !content.starts_with(&[0xff, 0xd8]) {
        return Err(Fault(HoldCode::NotJpeg, "it does not start as a JPEG".into()));
    }
    let mut walk =
        Walk { content, at: 2, adobe: false, frame: None, tables: Tables::default(), scans: 0 };
    walk.segments(room).map_err(|what| Fault(HoldCode::NotJpeg, what))
}

struct Walk<'a> {
    content: &'a [u8],
    /// Where the next marker is.
    at: usize,
    adobe: bool,
    frame: Option<(Frame, Vec<Known>)>,
    tables: Tables,
    scans: u32,
}

impl<'a> Walk<'a> {
    fn segments(&mut self, room: &mut u64) -> Result<(), String> {
        loop {
            let start = self.at;
            let (marker, data) = self.segment().map_err(|what| format!("byte {start} {what}"))?;
            let place = |what: String| format!("byte {start} ({}) {what}", marker.name());
            if marker == Marker::END {
                return self.end().map_err(|what| place(what.into()));
            }
            self.take(marker, data, start, room).map_err(place)?;
        }
    }

    /// The next marker and what it holds; leaves `at` behind it.
    fn segment(&mut self) -> Result<(Marker, &'a [u8]), &'static str> {
        let cut = "is cut off; write the picture anew";
        let marker = match self.content.get(self.at..).unwrap_or_default() {
            [0xff, 0xff, ..] => return Err("fills up before a marker; write nothing there"),
            [0xff, marker, ..] if *marker != 0 => Marker(*marker),
            [_, _, ..] => return Err("is no marker; write nothing between a picture's parts"),
            _ => return Err(cut),
        };
        self.at += 2;
        if marker == Marker::END {
            return Ok((marker, &[]));
        }
        let (length, rest) = self.content[self.at..].split_first_chunk::<2>().ok_or(cut)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let data = length.checked_sub(2).and_then(|length| rest.get(..length)).ok_or(cut)?;
        self.at += length;
        Ok((marker, data))
    }

    fn take(
        &mut self,
        marker: Marker,
        data: &[u8],
        start: usize,
        room: &mut u64,
    ) -> Result<(), String> {
        match marker.0 {
            0xe0 => metadata::check_jfif(data, start)?,
            0xee => metadata::check_adobe(data, std::mem::replace(&mut self.adobe, true))?,
            0xdb => self.tables.set_quantisation(data)?,
            0xc4 => self.tables.set_codes(data)?,
            0xdd => self.tables.set_restart(data)?,
            0xc0..=0xc2 if self.frame.is_some() => {
                return Err("is a second picture; write a file for each".into());
            }
            0xc0..=0xc2 => {
                let frame = Frame::of(data, marker.0 == 0xc2)?;
                let samples = frame.samples();
                *room = room.checked_sub(samples).ok_or_else(|| {
                    format!(
                        "unfolds to {samples} bytes, and a file's pictures may have \
                         {MAX_UNFOLDED}; write fewer pixels"
                    )
                })?;
                let known = vec![Known::none(); frame.components.len()];
                self.frame = Some((frame, known));
            }
            0xda => {
                let (frame, known) = self.frame.as_mut().ok_or("comes before the frame")?;
                self.scans += 1;
                if self.scans > MAX_SCANS {
                    return Err(format!("is more than scan {MAX_SCANS}; write fewer"));
                }
                let scan = Scan::of(data, frame, known)?;
                self.at = scan.read(self.content, self.at, frame, &mut self.tables, known)?;
            }
            _ => return Err(format!("holds {}", metadata::held(marker, data))),
        }
        Ok(())
    }

    fn end(&self) -> Result<(), &'static str> {
        if self.at != self.content.len() {
            return Err("has something behind it; write nothing there");
        }
        let (frame, known) = self.frame.as_ref().ok_or("comes before the picture")?;
        if !known.iter().all(Known::is_begun) {
            return Err("comes before all of the picture; write the picture anew");
        }
        let used: Vec<_> = frame.components.iter().map(|it| it.quantisation).collect();
        self.tables.end(&used)
    }
}
