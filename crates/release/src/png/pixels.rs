//! The pixels of a PNG: as many as its header says, none of them of a colour that isn't seen.

use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use super::Header;

type Outcome = Result<(), String>;

/// Unfolds pixels as they come and looks at them row by row.
pub(super) struct Pixels {
    header: Header,
    stream: Box<InflateState>,
    ended: bool,
    rows: u32,
    /// The row that is being filled, its filter's byte first.
    row: Vec<u8>,
    above: Vec<u8>,
    palette: Vec<[u8; 3]>,
    used: [bool; 256],
    alpha: Vec<u8>,
    /// The colour of all pixels that are wholly transparent.
    clear: Option<Vec<u8>>,
}

impl Pixels {
    pub(super) fn new(header: Header) -> Self {
        Self {
            header,
            stream: InflateState::new_boxed(DataFormat::Zlib),
            ended: false,
            rows: 0,
            row: Vec::new(),
            above: vec![0; header.row()],
            palette: Vec::new(),
            used: [false; 256],
            alpha: Vec::new(),
            clear: None,
        }
    }

    /// Colours by number; in other pictures they would only be a suggestion.
    pub(super) fn set_palette(&mut self, data: &[u8]) -> Outcome {
        let (colours, rest) = data.as_chunks::<3>();
        let most = 1 << self.header.depth.min(8);
        if self.header.colour != 3 || !rest.is_empty() || !(1..=most).contains(&colours.len()) {
            return Err("its palette is none of its pixels'".into());
        }
        self.palette = colours.to_vec();
        Ok(())
    }

    /// How transparent each colour of the palette is.
    pub(super) fn set_alpha(&mut self, data: &[u8]) -> Outcome {
        if data.len() > self.palette.len() {
            return Err("its transparency is none of its palette's".into());
        }
        self.alpha = data.to_vec();
        Ok(())
    }

    pub(super) fn feed(&mut self, mut data: &[u8]) -> Outcome {
        let mut buffer = [0; 1 << 14];
        while !data.is_empty() {
            if self.ended {
                return Err("something follows its pixels".into());
            }
            let step = inflate(&mut self.stream, data, &mut buffer, MZFlush::None);
            data = &data[step.bytes_consumed..];
            self.take(&buffer[..step.bytes_written])?;
            match step.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) if step.bytes_consumed + step.bytes_written > 0 => {}
                Ok(_) | Err(MZError::Buf) => break,
                Err(_) => return Err("its pixels are damaged".into()),
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
                _ => return Err("its pixels are cut off".into()),
            }
        }
        if self.rows != self.header.height || !self.row.is_empty() {
            return Err(format!("it has {} rows of {}", self.rows, self.header.height));
        }
        let mut unused = self.palette.iter().zip(self.used).filter(|(_, used)| !used);
        match unused.all(|(colour, _)| *colour == [0; 3]) {
            true => Ok(()),
            false => Err("its palette has colours that no pixel has".into()),
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
                self.end_row()?;
            }
        }
        Ok(())
    }

    fn end_row(&mut self) -> Outcome {
        let header = self.header;
        let step = (header.channels() * usize::from(header.depth)).div_ceil(8);
        let Some((filter, row)) = self.row.split_first_mut() else { return Ok(()) };
        unfilter(*filter, row, &self.above, step)
            .ok_or_else(|| format!("row {} has an unknown filter", self.rows + 1))?;
        self.above.copy_from_slice(row);
        self.row.clear();
        self.rows += 1;
        let spare = header.row() * 8
            - header.width as usize * header.channels() * usize::from(header.depth);
        if self.above.last().is_some_and(|last| last & ((1 << spare) - 1) as u8 != 0) {
            return Err(format!("row {} has something behind its last pixel", self.rows));
        }
        match header.colour {
            3 => self.numbers(),
            4 | 6 => self.colours(step),
            _ => Ok(()),
        }
    }

    fn numbers(&mut self) -> Outcome {
        let depth = usize::from(self.header.depth);
        for pixel in 0..self.header.width as usize {
            let bit = pixel * depth;
            let shift = 8 - depth - bit % 8;
            let number = usize::from(self.above[bit / 8] >> shift) & ((1 << depth) - 1);
            if number >= self.palette.len() {
                return Err(format!("row {} has a colour that is not in its palette", self.rows));
            }
            let first = !std::mem::replace(&mut self.used[number], true);
            if first && self.alpha.get(number) == Some(&0) {
                let colour = self.palette[number];
                self.unseen(&colour)?;
            }
        }
        Ok(())
    }

    fn colours(&mut self, step: usize) -> Outcome {
        let row = std::mem::take(&mut self.above);
        let sample = usize::from(self.header.depth) / 8;
        let mut clear = row.chunks_exact(step).filter_map(|pixel| {
            let (colour, alpha) = pixel.split_at(step - sample);
            alpha.iter().all(|&byte| byte == 0).then_some(colour)
        });
        let looked = clear.try_for_each(|colour| self.unseen(colour));
        self.above = row;
        looked
    }

    /// Programs fill what isn't seen with one colour; anything else would be a text.
    fn unseen(&mut self, colour: &[u8]) -> Outcome {
        match self.clear.get_or_insert_with(|| colour.to_vec()) == colour {
            true => Ok(()),
            false => Err(format!("row {} hides colours behind transparency", self.rows)),
        }
    }
}

/// Turns differences to neighbours into values.
fn unfilter(filter: u8, row: &mut [u8], above: &[u8], step: usize) -> Option<()> {
    if filter > 4 {
        return None;
    }
    for at in 0..row.len() {
        let before = at.checked_sub(step);
        let left = before.map_or(0, |before| row[before]);
        let corner = before.map_or(0, |before| above[before]);
        let predicted = match filter {
            0 => 0,
            1 => left,
            2 => above[at],
            3 => left.midpoint(above[at]),
            _ => paeth(left, above[at], corner),
        };
        row[at] = row[at].wrapping_add(predicted);
    }
    Some(())
}

/// The neighbour that is nearest to `left + up - corner`.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, up, corner].map(i16::from);
    let [to_left, to_up, to_corner] = [b - c, a - c, a + b - 2 * c].map(i16::abs);
    match () {
        () if to_left <= to_up && to_left <= to_corner => left,
        () if to_up <= to_corner => up,
        () => corner,
    }
}
