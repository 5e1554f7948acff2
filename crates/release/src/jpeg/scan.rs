//! A scan of a JPEG: blocks of some components, exactly as many as the frame says.

use super::{
    bits::Bits,
    frame::{Component, Frame},
    huffman::Huffman,
    progressive::{BEYOND, Run, split},
    tables::Tables,
};

/// Values of a block that a scan has, and which of their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) from: u8,
    pub(super) to: u8,
    /// The lowest bit that was known before, or zero if none was.
    before: u8,
    /// The lowest bit that is known after.
    after: u8,
}

const WHOLE: Band = Band { from: 0, to: 63, before: 0, after: 0 };

/// What is known of a component's blocks.
#[derive(Clone)]
pub(super) struct Known {
    /// The lowest known bit of each value.
    lowest: [Option<u8>; 64],
    /// For each block, which of its values aren't zero; pictures that come in passes have it.
    values: Vec<u64>,
}

impl Known {
    pub(super) fn none() -> Self {
        Self { lowest: [None; 64], values: Vec::new() }
    }

    /// Whether anything of it came.
    pub(super) fn is_begun(&self) -> bool {
        self.lowest[0].is_some()
    }
}

pub(super) struct Scan {
    parts: Vec<Part>,
    band: Band,
}

struct Part {
    component: usize,
    /// Code tables of means and of the rest.
    tables: [usize; 2],
}

impl Scan {
    pub(super) fn of(data: &[u8], frame: &Frame, known: &mut [Known]) -> Result<Self, String> {
        let short = "isn't of 4 bytes and 2 for each component; write the picture anew";
        let (&count, rest) = data.split_first().ok_or(short)?;
        let (parts, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or(short)?;
        let &[from, to, bits] = rest else { return Err(short.into()) };
        let band = Band { from, to, before: bits >> 4, after: bits & 15 };
        let scan = Self {
            parts: parts
                .as_chunks::<2>()
                .0
                .iter()
                .map(|it| Part::of(*it, frame))
                .collect::<Result<_, _>>()?,
            band,
        };
        scan.check(frame)?;
        for part in &scan.parts {
            scan.note(&mut known[part.component].lowest, part.tables)?;
        }
        Ok(scan)
    }

    fn check(&self, frame: &Frame) -> Result<(), &'static str> {
        let blocks: u32 = self
            .parts
            .iter()
            .map(|part| frame.components[part.component].sampling.iter().product::<u32>())
            .sum();
        if self.parts.is_empty() || !self.parts.is_sorted_by(|a, b| a.component < b.component) {
            return Err("has components not in the frame's order; write the picture anew");
        }
        if self.parts.len() > 1 && blocks > 10 {
            return Err("has more than 10 blocks in a unit; write the picture anew");
        }
        let Band { from, to, before, after } = self.band;
        let passes = match from {
            0 => to == 0,
            _ => from <= to && to < 64 && self.parts.len() == 1,
        };
        let fits = match frame.progressive {
            true => passes && after <= 13 && (before == 0 || before == after + 1),
            false => self.band == WHOLE,
        };
        if fits {
            Ok(())
        } else {
            Err("has values or bits that no scan has; write the picture anew")
        }
    }

    /// Each bit of each value comes once, the higher ones first.
    fn note(&self, lowest: &mut [Option<u8>; 64], tables: [usize; 2]) -> Result<(), &'static str> {
        let Band { from, to, before, after } = self.band;
        let due = (before > 0).then_some(before);
        let own = &mut lowest[from.into()..=to.into()];
        if own.iter().any(|&value| value != due) {
            return Err("repeats or skips what another scan has; write the picture anew");
        }
        own.fill(Some(after));
        if from > 0 && lowest[0].is_none() {
            return Err("comes before its blocks' means; write the picture anew");
        }
        let idle = [from > 0 || before > 0, to == 0];
        match tables.iter().zip(idle).any(|(&table, idle)| idle && table != 0) {
            true => Err("names a table that it doesn't use; write the picture anew"),
            false => Ok(()),
        }
    }

    /// Blocks, or units of several components' blocks, across and down.
    fn units(&self, frame: &Frame) -> [u32; 2] {
        match self.parts.as_slice() {
            [one] => frame.components[one.component].blocks,
            _ => frame.units,
        }
    }

    /// Reads its blocks, from `at` on; gives where they end.
    pub(super) fn read(
        &self,
        content: &[u8],
        at: usize,
        frame: &Frame,
        tables: &mut Tables,
        known: &mut [Known],
    ) -> Result<usize, String> {
        let [across, down] = self.units(frame);
        let interval = tables.take_restart();
        if interval.is_some_and(|interval| interval > across * down) {
            return Err("is shorter than the restart interval before it; write none".into());
        }
        let interval = tables.interval().unwrap_or(u32::MAX);
        let mut reader =
            Reader { bits: Bits::new(content, at), means: [0; 4], run: Run::default() };
        let mut restarts = 0_u8;
        for unit in 0..across * down {
            let place = |what: &str| format!("{what} (unit {unit} of {})", across * down);
            if unit > 0 && unit % interval == 0 {
                reader.restart(restarts).map_err(place)?;
                restarts = (restarts + 1) % 8;
            }
            let unit = [unit % across, unit / across];
            for part in &self.parts {
                self.read_unit(part, unit, frame, tables, known, &mut reader).map_err(place)?;
            }
        }
        reader.run.end()?;
        Ok(reader.bits.end()?)
    }

    fn read_unit(
        &self,
        part: &Part,
        unit: [u32; 2],
        frame: &Frame,
        tables: &mut Tables,
        known: &mut [Known],
        reader: &mut Reader<'_>,
    ) -> Result<(), &'static str> {
        let component = &frame.components[part.component];
        let [across, down] = match self.parts.len() {
            1 => [1, 1],
            _ => component.sampling,
        };
        let values = &mut known[part.component].values;
        for block in 0..across * down {
            let place = [unit[0] * across + block % across, unit[1] * down + block / across];
            let seen = place[0] < component.blocks[0] && place[1] < component.blocks[1];
            if self.band.from == 0 {
                let empty = self.read_mean(part, component, tables, reader)?;
                if !empty && !seen {
                    return Err(
                        "has a block beyond the picture's edge that isn't empty; write the \
                                picture anew (jpegtran -copy none)",
                    );
                }
                continue;
            }
            let index = place[1] as usize * component.blocks[0] as usize + place[0] as usize;
            if values.is_empty() {
                *values = vec![0; component.blocks.iter().map(|&it| it as usize).product()];
            }
            let table = tables.rest(part.tables[1])?;
            let Reader { bits, run, .. } = reader;
            match self.band.before {
                0 => run.first(bits, table, self.band, &mut values[index])?,
                _ => run.finer(bits, table, self.band, &mut values[index])?,
            }
        }
        Ok(())
    }

    /// Reads a block's mean, and the rest of it if this comes together; whether there is nothing
    /// new in it.
    fn read_mean(
        &self,
        part: &Part,
        component: &Component,
        tables: &mut Tables,
        reader: &mut Reader<'_>,
    ) -> Result<bool, &'static str> {
        let mean = &mut reader.means[part.component];
        if self.band.before > 0 {
            let bit = reader.bits.take(1)?.into();
            return Ok(std::mem::replace(mean, bit) == bit);
        }
        let size = reader.bits.symbol(tables.mean(part.tables[0])?)?;
        if size > 11 {
            return Err("has a difference of more than 11 bits; write the picture anew");
        }
        let difference = reader.bits.signed(size.into())?;
        *mean += difference;
        // Eight times 128 either way, and a step of rounding: beyond, a pattern would be cut off to white or black.
        let step = i64::from(tables.first_step(component.quantisation)?);
        let value = i64::from(*mean) << self.band.after;
        if (value * step).abs() > 1024 + (step << self.band.after) {
            return Err(
                "has a block whiter than white or blacker than black; write the picture anew",
            );
        }
        let empty = self.band.to == 0 || reader.read_rest(tables.rest(part.tables[1])?)?;
        Ok(empty && difference == 0)
    }
}

impl Part {
    fn of(bytes: [u8; 2], frame: &Frame) -> Result<Self, &'static str> {
        let [number, tables] = bytes;
        let component = frame
            .components
            .iter()
            .position(|it| it.number == number)
            .ok_or("has a component that the frame doesn't; write the picture anew")?;
        Ok(Self { component, tables: [tables >> 4, tables & 15].map(usize::from) })
    }
}

struct Reader<'a> {
    bits: Bits<'a>,
    /// Of each component's last block; in a finer scan, its bit.
    means: [i32; 4],
    run: Run,
}

impl Reader<'_> {
    /// The rest of a block whose values come at once; whether all of them are zero.
    fn read_rest(&mut self, table: &mut Huffman) -> Result<bool, &'static str> {
        let (mut at, mut skipped) = (1, false);
        let mut empty = true;
        while at < 64 {
            match split(self.bits.symbol(table)?) {
                (0, 0) if skipped => return Err(BEYOND),
                (0, 0) => return Ok(empty),
                (15, 0) => (at, skipped) = (at + 16, true),
                (zeros, size @ 1..=10) if at + zeros < 64 => {
                    self.bits.take(size)?;
                    (at, skipped, empty) = (at + zeros + 1, false, false);
                }
                _ => return Err(BEYOND),
            }
        }
        if skipped { Err(BEYOND) } else { Ok(empty) }
    }

    fn restart(&mut self, number: u8) -> Result<(), &'static str> {
        self.run.end()?;
        self.means = [0; 4];
        self.bits.restart(number)
    }
}
