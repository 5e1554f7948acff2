//! The frame of a JPEG: how many pixels, and what they are made of.

/// Most samples that a block has.
pub(super) const BLOCK: u64 = 64;
/// Component numbers as programs write them: one, colours, and the letters of their names.
const NUMBERS: [&[u8]; 5] = [&[1], &[1, 2, 3], &[1, 2, 3, 4], b"RGB", b"CMYK"];

pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    /// Units that all components share, across and down.
    pub(super) units: [u32; 2],
}

pub(super) struct Component {
    pub(super) number: u8,
    /// Blocks that it has in a unit, across and down.
    pub(super) sampling: [u32; 2],
    pub(super) quantisation: usize,
    /// Blocks that show something, across and down.
    pub(super) blocks: [u32; 2],
}

impl Frame {
    pub(super) fn of(data: &[u8], progressive: bool) -> Result<Self, String> {
        let short = "isn't of 8 bytes and 3 for each component; write the picture anew";
        let (&[depth, high_h, low_h, high_w, low_w, count], rest) =
            data.split_first_chunk::<6>().ok_or(short)?;
        let (parts, rest) = rest.as_chunks::<3>();
        if !rest.is_empty() || parts.len() != usize::from(count) {
            return Err(short.into());
        }
        let sides = [[high_w, low_w], [high_h, low_h]].map(|it| u32::from(u16::from_be_bytes(it)));
        if depth != 8 || sides.contains(&0) {
            return Err(
                "hasn't 8 bits for each sample, or no pixels; write the picture anew".into()
            );
        }
        let numbers: Vec<u8> = parts.iter().map(|part| part[0]).collect();
        if !NUMBERS.contains(&numbers.as_slice()) {
            return Err("has components of other numbers than 1, 2, 3, 4, RGB or CMYK; write the \
                        picture anew"
                .into());
        }
        let sampling = parts.iter().map(|part| [part[1] >> 4, part[1] & 15].map(u32::from));
        if !sampling.clone().flatten().all(|factor| (1..=4).contains(&factor)) {
            return Err("has sampling factors that aren't 1 to 4; write the picture anew".into());
        }
        let most = sampling.clone().reduce(|a, b| [a[0].max(b[0]), a[1].max(b[1])]);
        let most = most.ok_or(short)?;
        let blocks =
            |axis: usize, factor: u32| (sides[axis] * factor).div_ceil(most[axis]).div_ceil(8);
        let components = parts.iter().zip(sampling).map(|(part, sampling)| Component {
            number: part[0],
            sampling,
            quantisation: part[2].into(),
            blocks: [blocks(0, sampling[0]), blocks(1, sampling[1])],
        });
        Ok(Self {
            progressive,
            components: components.collect(),
            units: [0, 1].map(|axis| sides[axis].div_ceil(8 * most[axis])),
        })
    }

    /// Samples of all blocks.
    pub(super) fn samples(&self) -> u64 {
        let units = self.units.map(u64::from);
        let blocks: u64 =
            self.components.iter().map(|it| u64::from(it.sampling[0] * it.sampling[1])).sum();
        units[0] * units[1] * blocks * BLOCK
    }
}
