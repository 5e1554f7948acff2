//! The pixels of a PNG: as many as its header says, none of them of a colour that isn't seen.

use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use super::{
    filter::unfilter,
    header::{Colour, Header},
    palette::Palette,
};

type Outcome = Result<(), String>;

/// Unfolds pixels as they come and looks at them row by row.
pub(super) struct Pixels {
    header: Header,
    stream: Box<InflateState>,
    ended: bool,
    /// Bytes that the folded pixels may still have.
    room: u64,
    /// Length of all pieces but the last, which may be shorter.
    piece: Option<usize>,
    last: bool,
    rows: u32,
    /// The row that is being filled, its filter's byte first.
    row: Vec<u8>,
    above: Vec<u8>,
    pub(super) palette: Palette,
    /// The colour that stands for transparent, and whether a pixel has it.
    key: Option<(Vec<u8>, bool)>,
    /// The colour of all pixels that are wholly transparent.
    clear: Option<Vec<u8>>,
}

impl Pixels {
    pub(super) fn new(header: Header) -> Self {
        let bytes = header.bytes();
        Self {
            header,
            stream: InflateState::new_boxed(DataFormat::Zlib),
            ended: false,
            // Five bytes for a block of 16 kB, and what zlib puts around.
            room: bytes + bytes / 1024 + 64,
            piece: None,
            last: false,
            rows: 0,
            row: Vec::new(),
            above: vec![0; header.row()],
            palette: Palette::default(),
            key: None,
            clear: None,
        }
    }

    pub(super) fn set_alpha(&mut self, data: &[u8]) -> Outcome {
        let (numbers, rest) = data.as_chunks::<2>();
        let header = self.header;
        match header.colour {
            Colour::Palette => return self.palette.set_alpha(data),
            Colour::GreyAlpha | Colour::Rgba => {
                return Err(
                    "holds a second transparency, beside that of each pixel; write none".into()
                );
            }
            Colour::Grey | Colour::Rgb => {}
        }
        let levels = || numbers.iter().map(|number| u16::from_be_bytes(*number));
        let fits = levels().all(|level| level <= header.white());
        if numbers.len() != header.channels() || !rest.is_empty() || !fits {
            return Err("holds no colour of its pixels; write two bytes for each channel".into());
        }
        // As pixels hold it.
        let key = match header.depth {
            16 => data.to_vec(),
            _ => numbers.iter().map(|number| number[1]).collect(),
        };
        self.key = Some((key, false));
        Ok(())
    }

    pub(super) fn feed(&mut self, mut data: &[u8]) -> Outcome {
        let piece = *self.piece.get_or_insert(data.len());
        if data.is_empty() || self.last || data.len() > piece {
            return Err("pieces of pixels have differing lengths; write all IDAT chunks of one \
                        length, the last one shorter"
                .into());
        }
        self.last = data.len() < piece;
        self.room = self.room.checked_sub(data.len() as u64).ok_or(
            "its pixels take more bytes than without compression; write them with zlib's usual \
             settings",
        )?;
        let mut buffer = [0; 1 << 14];
        while !data.is_empty() {
            if self.ended {
                return Err("something follows its pixels; write nothing behind them".into());
            }
            let step = inflate(&mut self.stream, data, &mut buffer, MZFlush::None);
            data = &data[step.bytes_consumed..];
            self.take(&buffer[..step.bytes_written])?;
            match step.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) if step.bytes_consumed + step.bytes_written > 0 => {}
                _ => return Err("its pixels are damaged; write the picture anew".into()),
            }
        }
        Ok(())
    }

    pub(super) fn end(mut self) -> Outcome {
        // What the last piece left to be written.
        let mut buffer = [0; 1 << 14];
        while !self.ended {
            let step = inflate(&mut self.stream, &[], &mut buffer, MZFlush::None);
            self.take(&buffer[..step.bytes_written])?;
            match step.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) if step.bytes_written > 0 => {}
                _ => return Err("its pixels are cut off; write the picture anew".into()),
            }
        }
        if self.rows != self.header.height || !self.row.is_empty() {
            return Err(format!(
                "it has {} rows, and its header says {}",
                self.rows, self.header.height
            ));
        }
        match self.key {
            Some((_, false)) => {
                Err("its transparent colour (tRNS) is one that no pixel has; write none".into())
            }
            _ => self.palette.end(),
        }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Outcome {
        let full = self.header.row() + 1;
        while !bytes.is_empty() {
            if self.rows == self.header.height {
                return Err("it has more pixels than its header says".into());
            }
            let (own, after) = bytes.split_at(bytes.len().min(full - self.row.len()));
            self.row.extend_from_slice(own);
            bytes = after;
            if self.row.len() == full {
                self.end_row().map_err(|what| format!("row {} {what}", self.rows))?;
            }
        }
        Ok(())
    }

    fn end_row(&mut self) -> Outcome {
        let header = self.header;
        let step = header.step();
        self.rows += 1;
        let Some((filter, row)) = self.row.split_first_mut() else { return Ok(()) };
        unfilter(*filter, row, &self.above, step).ok_or("has an unknown filter")?;
        self.above.copy_from_slice(row);
        self.row.clear();
        let spare = header.row() * 8 - header.bits();
        if self.above.last().is_some_and(|last| last & ((1 << spare) - 1) as u8 != 0) {
            return Err("has something behind its last pixel; write zeros there".into());
        }
        match header.colour {
            Colour::Palette => self.numbers(),
            Colour::GreyAlpha | Colour::Rgba => self.colours(step),
            Colour::Grey | Colour::Rgb => {
                self.find_key(step);
                Ok(())
            }
        }
    }

    fn numbers(&mut self) -> Outcome {
        for number in unpacked(&self.above, self.header) {
            let unseen = self.palette.take(usize::from(number)).map_err(
                |()| "has a colour that is not in its palette; write numbers of its palette alone",
            )?;
            if let Some(colour) = unseen {
                one_colour(&mut self.clear, &colour)?;
            }
        }
        Ok(())
    }

    fn colours(&mut self, step: usize) -> Outcome {
        let sample = usize::from(self.header.depth) / 8;
        for pixel in self.above.chunks_exact(step) {
            let (colour, alpha) = pixel.split_at(step - sample);
            if alpha.iter().all(|&byte| byte == 0) {
                one_colour(&mut self.clear, colour)?;
            }
        }
        Ok(())
    }

    fn find_key(&mut self, step: usize) {
        let Some((key, found @ false)) = &mut self.key else { return };
        *found = match self.header.depth {
            8.. => self.above.chunks_exact(step).any(|pixel| pixel == key),
            _ => unpacked(&self.above, self.header).any(|number| key[..] == [number]),
        };
    }
}

/// The numbers of a row of one channel, of up to 8 bits each.
fn unpacked(row: &[u8], header: Header) -> impl Iterator<Item = u8> {
    let depth = usize::from(header.depth);
    (0..header.width as usize).map(move |pixel| {
        let bit = pixel * depth;
        row[bit / 8] >> (8 - depth - bit % 8) & header.white() as u8
    })
}

/// Programs fill what isn't seen with one colour; anything else would be a text.
fn one_colour(clear: &mut Option<Vec<u8>>, colour: &[u8]) -> Outcome {
    match clear.get_or_insert_with(|| colour.to_vec()) == colour {
        true => Ok(()),
        false => Err("hides colours behind transparency; write one colour where nothing is seen, \
                      or no transparency (matplotlib: transparent=False, Pillow: convert(\"RGB\"))"
            .into()),
    }
}
