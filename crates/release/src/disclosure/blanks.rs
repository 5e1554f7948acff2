//! Blanks around cells: nobody sees how many there are, so a job could write something with them.

/// How the cells of one column have blanks so far.
#[derive(Clone, Default)]
pub(super) struct Blanks {
    /// How many characters each cell has: so R's `format` pads.
    width: Agreed<usize>,
    /// Whether some cell doesn't begin, or doesn't end, where the column does.
    sides: [bool; 2],
    /// How many blanks stand before and behind each that isn't empty.
    around: Agreed<[usize; 2]>,
}

/// What all have in common.
#[derive(Clone, Default)]
enum Agreed<T> {
    #[default]
    Open,
    On(T),
    Off,
}

impl<T: PartialEq> Agreed<T> {
    fn see(&mut self, value: impl FnOnce() -> T) {
        *self = match std::mem::replace(self, Self::Off) {
            Self::Open => Self::On(value()),
            Self::On(known) if known == value() => Self::On(known),
            _ => Self::Off,
        }
    }

    fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }
}

impl Blanks {
    /// Whether a further cell has blanks as those above: as many on each side, or up to one width
    /// on one side.
    pub(super) fn fit(&mut self, cell: &str) -> bool {
        self.width.see(|| cell.chars().count());
        let around = around(cell);
        if !cell.is_empty() {
            self.around.see(|| around);
        }
        if around[1] < cell.len() {
            self.sides = [self.sides[0] || around[0] > 0, self.sides[1] || around[1] > 0];
        }
        let padded = !self.width.is_off() && self.sides != [true; 2];
        padded || !self.around.is_off()
    }
}

fn around(cell: &str) -> [usize; 2] {
    let behind = cell.len() - cell.trim_end_matches(' ').len();
    match behind == cell.len() {
        true => [0, behind],
        false => [cell.len() - cell.trim_start_matches(' ').len(), behind],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_blanks_alike() {
        for (fits, cells) in [
            (true, ["12", "7", "", "120"]),
            // As `format` writes them.
            (true, [" 12", "  7", " NA", "120"]),
            (true, ["Ä  ", "B  ", "abc", "   "]),
            // Behind each comma, or on both sides.
            (true, [" 12", " 7", "", " 120"]),
            (true, [" 12 ", " 7 ", " 7 ", " 120 "]),
            (true, ["", " 7", " 12", ""]),
            (false, ["12", " 7", "120", "7"]),
            (false, [" 12", "  7", "120 ", "1200"]),
            (false, ["12  ", "  12", " 12 ", "1200"]),
            (false, ["12", "12 ", "12", "12"]),
            (false, ["120", " ", "7", "12"]),
            (false, ["12", "7", "120", " "]),
            (false, ["   ", "", "120", " 12"]),
        ] {
            let mut blanks = Blanks::default();
            assert_eq!(cells.iter().all(|cell| blanks.fit(cell)), fits, "{cells:?}");
        }
    }
}
