//! Values of content that draw nothing: paths that are never painted, and what is set anew, or taken back,
//! before anything was drawn with it.

use super::object::Object;

/// Most such values of a file, beside as many as draw something: programs set some anew.
const MAX_IDLE: usize = 1 << 12;
/// Most lengths of dashes and gaps that draw something.
const MAX_DASHES: usize = 16;
/// Deepest nesting of marks that is followed.
const MAX_MARKS: usize = 512;

/// How many values drew something, and how many nothing.
#[derive(Default)]
pub(super) struct Balance {
    used: usize,
    idle: usize,
}

impl Balance {
    pub(super) fn is_sound(&self) -> bool {
        self.idle <= self.used.saturating_add(MAX_IDLE)
    }
}

/// A content as far as it was run.
pub(super) struct Idle {
    balance: Balance,
    /// What was set in each kept state, with how many values, and nothing drawn with yet.
    set: Vec<Vec<(&'static str, usize)>>,
    /// How many values had drawn something where each state was kept.
    kept: Vec<usize>,
    /// So many states from the outermost on have nothing of that kind.
    settled: usize,
    /// Of the path, what has lines; and the place where the next line would begin.
    path: usize,
    place: usize,
    clips: bool,
    /// How many values had drawn something where each mark, and the text, began.
    marks: Vec<usize>,
    text: usize,
}

impl Idle {
    pub(super) fn new() -> Self {
        Self {
            balance: Balance::default(),
            set: vec![Vec::new()],
            kept: Vec::new(),
            settled: 0,
            path: 0,
            place: 0,
            clips: false,
            marks: Vec::new(),
            text: 0,
        }
    }

    /// An operator with what was before it.
    pub(super) fn see(&mut self, operator: &[u8], values: &[Object]) {
        let count = values.len();
        match operator {
            b"m" => self.balance.idle += std::mem::replace(&mut self.place, 1 + count),
            b"h" if self.path > 0 && self.place == 0 => self.path += 1,
            b"h" => self.place += 1,
            b"l" | b"c" | b"v" | b"y" => self.path += std::mem::take(&mut self.place) + count,
            b"re" => {
                let mut sides = values.iter().skip(2).filter_map(Object::number);
                match sides.any(|side| side != 0.0) {
                    true => self.path += count,
                    false => self.balance.idle += count,
                }
            }
            b"W" | b"W*" => self.clips = true,
            b"n" => {
                match self.clips {
                    true => self.set("clip", self.path),
                    false => self.balance.idle += 1 + self.path,
                }
                self.begin();
            }
            b"S" | b"s" | b"f" | b"f*" | b"F" | b"B" | b"B*" | b"b" | b"b*" => {
                match self.path {
                    0 => self.balance.idle += 1,
                    path => self.draw(path),
                }
                self.begin();
            }
            b"sh" | b"Do" => self.draw(count),
            b"Tj" | b"TJ" | b"'" | b"\"" => self.text(values),
            b"q" => {
                self.set.push(Vec::new());
                self.kept.push(self.balance.used);
            }
            b"Q" => self.take_back(),
            b"BT" => self.text = self.balance.used,
            b"ET" => self.balance.idle += usize::from(self.text == self.balance.used),
            b"BMC" | b"BDC" if self.marks.len() < MAX_MARKS => self.marks.push(self.balance.used),
            b"BMC" | b"BDC" => self.balance.idle += 1,
            b"EMC" => {
                // A mark's name is the job's to choose.
                let idle = self.marks.pop().is_none_or(|used| used == self.balance.used);
                self.balance.idle += if idle { 8 } else { 0 };
            }
            b"d" => {
                let dashes = values.first().and_then(Object::array).map_or(0, <[Object]>::len);
                self.balance.idle += dashes.saturating_sub(MAX_DASHES);
                self.set("d", dashes.min(MAX_DASHES) + 1);
            }
            _ => match kind(operator) {
                Some(kind) => self.set(kind, count),
                None => self.draw(count),
            },
        }
    }

    /// A picture in the content, or what else is seen.
    pub(super) fn draw(&mut self, values: usize) {
        self.balance.used += values;
        for set in &mut self.set[self.settled..] {
            self.balance.used += set.drain(..).map(|(_, values)| values).sum::<usize>();
        }
        self.settled = self.set.len();
    }

    /// Something that looks as if it drew, and doesn't.
    pub(super) fn waste(&mut self, values: usize) {
        self.balance.idle += values;
    }

    pub(super) fn has_drawn(&self) -> bool {
        self.balance.used > 0
    }

    fn begin(&mut self) {
        self.balance.idle += self.place;
        (self.path, self.place, self.clips) = (0, 0, false);
    }

    /// Numbers move text, one before each piece.
    fn text(&mut self, values: &[Object]) {
        let parts = values
            .last()
            .map_or(&[][..], |value| value.array().unwrap_or(std::slice::from_ref(value)));
        let shown = parts
            .iter()
            .filter(|part| matches!(part, Object::Text(text) if !text.is_empty()))
            .count();
        let rest = parts.len() - shown;
        self.balance.idle += rest.saturating_sub(shown + 1);
        match shown {
            0 => self.set("Td", values.len()),
            _ => self.draw(parts.len().min(2 * shown + 1)),
        }
    }

    fn set(&mut self, kind: &'static str, values: usize) {
        let Some(set) = self.set.last_mut() else { return };
        match set.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, before)) => self.balance.idle += std::mem::replace(before, values),
            None => set.push((kind, values)),
        }
        self.settled = self.settled.min(self.set.len() - 1);
    }

    fn take_back(&mut self) {
        if self.set.len() > 1 {
            let set = self.set.pop().unwrap_or_default();
            self.balance.idle += set.into_iter().map(|(_, values)| values).sum::<usize>();
            // Of a pair around nothing, each counts.
            let empty = self.kept.pop() == Some(self.balance.used);
            self.balance.idle += if empty { 2 } else { 0 };
            self.settled = self.settled.min(self.set.len());
        }
    }

    /// Adds to what a file has.
    pub(super) fn end(mut self, balance: &mut Balance) {
        let set = self.set.drain(..).flatten();
        let rest: usize = set.map(|(_, values)| values).sum();
        balance.used += self.balance.used;
        balance.idle += self.balance.idle + rest + self.path + self.place;
    }
}

/// What an operator sets, in place of what was set so before.
fn kind(operator: &[u8]) -> Option<&'static str> {
    Some(match operator {
        b"g" | b"rg" | b"k" | b"sc" | b"scn" => "fill",
        b"G" | b"RG" | b"K" | b"SC" | b"SCN" => "stroke",
        b"cs" => "cs",
        b"CS" => "CS",
        b"Td" | b"TD" | b"T*" => "Td",
        b"Tm" => "Tm",
        b"Tf" => "Tf",
        b"TL" => "TL",
        b"Tc" => "Tc",
        b"Tw" => "Tw",
        b"Tz" => "Tz",
        b"Tr" => "Tr",
        b"Ts" => "Ts",
        b"cm" => "cm",
        b"d0" | b"d1" => "glyph",
        b"gs" => "gs",
        b"w" => "w",
        b"i" => "i",
        b"j" => "j",
        b"J" => "J",
        b"M" => "M",
        b"ri" => "ri",
        _ => return None,
    })
}
