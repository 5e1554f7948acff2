//! Blanks around and inside cells: nobody sees how many there are, so a job could write something with
//! them.

const AROUND: &str =
    "has other blanks around it than the rows above; write none, or pad all to one width";
const INDENTED: &str = "has other blanks before it than the rows above; write none, and the group that labels are \
                        indented under in a column of its own";
const TAB: &str = "has a tab or a line end; write a blank instead, or nothing at the cell's end";
const RUN: &str = "has two blanks beside each other; write one";

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
    /// Whether a further cell has single blanks inside, and around it blanks as those above: as many
    /// on each side, or up to one width on one side. Else what is wrong.
    pub(super) fn fit(&mut self, cell: &str) -> Result<(), &'static str> {
        self.width.see(|| cell.chars().count());
        let around = around(cell);
        let text = &cell.as_bytes()[around[0]..cell.len() - around[1]];
        let mut before = 0;
        for &byte in text {
            match byte {
                b'\t' | b'\n' | b'\r' => return Err(TAB),
                b' ' if before == b' ' => return Err(RUN),
                _ => before = byte,
            }
        }
        if !cell.is_empty() {
            self.around.see(|| around);
        }
        if around[1] < cell.len() {
            self.sides = [self.sides[0] || around[0] > 0, self.sides[1] || around[1] > 0];
        }
        let padded = !self.width.is_off() && self.sides != [true; 2];
        match padded || !self.around.is_off() {
            true => Ok(()),
            false if self.sides[1] || text.first().is_none_or(u8::is_ascii_digit) => Err(AROUND),
            false => Err(INDENTED),
        }
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
            assert_eq!(cells.iter().all(|cell| blanks.fit(cell).is_ok()), fits, "{cells:?}");
        }
    }

    #[test]
    fn messages_say_what_to_write() {
        for (cells, wanted) in [
            (["North", "South West"], None),
            (["North", "South\t\t"], Some(TAB)),
            (["North", " \tSouth"], Some(TAB)),
            (["North", "South\n"], Some(TAB)),
            (["North", "South\tWest"], Some(TAB)),
            (["North", "South  West"], Some(RUN)),
            (["North", "South "], Some(AROUND)),
            (["12", " 70"], Some(AROUND)),
            (["Sex", "  Female"], Some(INDENTED)),
            (["  Female", "Age"], Some(INDENTED)),
        ] {
            let mut blanks = Blanks::default();
            let found = cells.iter().find_map(|cell| blanks.fit(cell).err());
            assert_eq!(found, wanted, "{cells:?}");
        }
    }
}
