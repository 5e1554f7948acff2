//! Code tables of a JPEG: the standard's own, or one whose codes are all used.

use super::standard::TABLES;

/// Bits that are looked up at once.
const NEAR: u32 = 9;

pub(super) struct Huffman {
    /// Length and meaning by the next bits, for codes of up to `NEAR`.
    near: Vec<Option<(u8, u8)>>,
    /// For each length: the first code beyond it, on top of 16 bits, and what to add for the meaning.
    ends: [(u32, i32); 16],
    symbols: Vec<u8>,
    used: [bool; 256],
    standard: bool,
}

impl Huffman {
    /// Takes a table; gives it with what follows.
    pub(super) fn take(data: &[u8]) -> Result<(Self, &[u8]), &'static str> {
        let cut = "isn't of 17 bytes and one for each code; write the picture anew";
        let (lengths, rest) = data.split_first_chunk::<16>().ok_or(cut)?;
        let count = lengths.iter().map(|&codes| usize::from(codes)).sum();
        let (symbols, rest) = rest.split_at_checked(count).ok_or(cut)?;
        let standard = TABLES.contains(&&data[..16 + count]);
        let mut table = Self {
            near: vec![None; 1 << NEAR],
            ends: [(0, 0); 16],
            symbols: symbols.to_vec(),
            used: [false; 256],
            standard,
        };
        table.number(lengths)?;
        Ok((table, rest))
    }

    fn number(&mut self, lengths: &[u8; 16]) -> Result<(), &'static str> {
        let mut seen = [false; 256];
        if self
            .symbols
            .iter()
            .any(|&symbol| std::mem::replace(&mut seen[usize::from(symbol)], true))
        {
            return Err("has two codes for the same; write the picture anew (jpegtran -optimize)");
        }
        let (mut code, mut first) = (0_u32, 0);
        for (length, &codes) in (1_u32..).zip(lengths) {
            let own = &self.symbols[first..first + usize::from(codes)];
            let spread = 16 - length;
            let place = |code: u32| (code >> spread) as i32;
            self.ends[length as usize - 1] =
                (code + (u32::from(codes) << spread), first as i32 - place(code));
            for &symbol in own {
                if length <= NEAR {
                    let from = (code >> (16 - NEAR)) as usize;
                    let to = ((code + (1 << spread)) >> (16 - NEAR)) as usize;
                    let places = self.near.get_mut(from..to);
                    places.ok_or(OVERFULL)?.fill(Some((length as u8, symbol)));
                }
                code += 1 << spread;
            }
            first += usize::from(codes);
        }
        // The code of ones alone is nobody's.
        if code >= 1 << 16 { Err(OVERFULL) } else { Ok(()) }
    }

    /// The length and the meaning of the code that the bits start with.
    pub(super) fn find(&mut self, bits: u16) -> Option<(u32, u8)> {
        let near = self.near[usize::from(bits >> (16 - NEAR))];
        let (length, symbol) = match near {
            Some((length, symbol)) => (u32::from(length), symbol),
            None => self.find_far(bits.into())?,
        };
        self.used[usize::from(symbol)] = true;
        Some((length, symbol))
    }

    fn find_far(&self, bits: u32) -> Option<(u32, u8)> {
        let (length, &(_, offset)) =
            (1_u32..).zip(&self.ends).skip(NEAR as usize).find(|(_, (end, _))| bits < *end)?;
        let place = (bits >> (16 - length)) as i32 + offset;
        Some((length, *self.symbols.get(usize::try_from(place).ok()?)?))
    }

    /// Whether a scan has read it.
    pub(super) fn is_used(&self) -> bool {
        self.used.contains(&true)
    }

    /// What a code stands for that no block has may be anything, save in the standard's tables.
    pub(super) fn is_plain(&self) -> bool {
        self.standard || self.symbols.iter().all(|&symbol| self.used[usize::from(symbol)])
    }
}

const OVERFULL: &str = "has more codes than fit; write the picture anew";
