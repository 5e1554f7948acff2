//! The tables of a JPEG, each of them used.

use super::{huffman::Huffman, quantisation::Quantisation};

#[derive(Default)]
pub(super) struct Tables {
    quantisation: [Option<Quantisation>; 4],
    /// Of blocks' means and of their rest.
    codes: [[Option<Huffman>; 4]; 2],
    /// Units between restarts, and whether no scan had it yet.
    restart: Option<(u32, bool)>,
}

const MISSING: &str = "names a table that isn't there; write the picture anew";
const UNUSED: &str = "has codes that no block has; write the picture anew (jpegtran -optimize)";

impl Tables {
    pub(super) fn set_quantisation(&mut self, mut data: &[u8]) -> Result<(), String> {
        while !data.is_empty() {
            let (number, table, rest) = Quantisation::take(data)?;
            if self.quantisation[number].replace(table).is_some() {
                return Err("has a table a second time; write each once".into());
            }
            data = rest;
        }
        Ok(())
    }

    pub(super) fn set_codes(&mut self, mut data: &[u8]) -> Result<(), &'static str> {
        while let Some((head, body)) = data.split_first() {
            let (table, rest) = Huffman::take(body)?;
            let of = self.codes.get_mut(usize::from(head >> 4));
            let place = of.and_then(|of| of.get_mut(usize::from(head & 15)));
            let place = place.ok_or("has a table of no known kind; write the picture anew")?;
            if place.replace(table).is_some_and(|old| !old.is_used() || !old.is_plain()) {
                return Err(UNUSED);
            }
            data = rest;
        }
        Ok(())
    }

    pub(super) fn set_restart(&mut self, data: &[u8]) -> Result<(), &'static str> {
        let &[high, low] = data else { return Err("isn't of 2 bytes; write the picture anew") };
        let interval = u16::from_be_bytes([high, low]);
        if interval == 0 || matches!(self.restart, Some((_, true))) {
            return Err("has a restart interval of nothing; write none");
        }
        self.restart = Some((interval.into(), true));
        Ok(())
    }

    /// A restart interval that no scan had yet.
    pub(super) fn take_restart(&mut self) -> Option<u32> {
        let (interval, fresh) = self.restart.as_mut()?;
        std::mem::take(fresh).then_some(*interval)
    }

    pub(super) fn interval(&self) -> Option<u32> {
        self.restart.map(|(interval, _)| interval)
    }

    pub(super) fn mean(&mut self, number: usize) -> Result<&mut Huffman, &'static str> {
        self.codes[0].get_mut(number).and_then(Option::as_mut).ok_or(MISSING)
    }

    pub(super) fn rest(&mut self, number: usize) -> Result<&mut Huffman, &'static str> {
        self.codes[1].get_mut(number).and_then(Option::as_mut).ok_or(MISSING)
    }

    /// How coarse blocks' means are.
    pub(super) fn first_step(&self, number: usize) -> Result<u16, &'static str> {
        Ok(self.quantisation.get(number).and_then(Option::as_ref).ok_or(MISSING)?.first)
    }

    /// After the last scan; `used` are the numbers of quantisation that components have.
    pub(super) fn end(&self, used: &[usize]) -> Result<(), &'static str> {
        let idle =
            |(number, table): (usize, &Option<_>)| table.is_some() && !used.contains(&number);
        if self.quantisation.iter().enumerate().any(idle) {
            return Err("has a quantisation table that no component has; write the picture anew");
        }
        if matches!(self.restart, Some((_, true))) {
            return Err("has a restart interval for no scan; write none");
        }
        match self.codes.iter().flatten().flatten().all(Huffman::is_plain) {
            true => Ok(()),
            false => Err(UNUSED),
        }
    }
}
