//! A row of a table.

/// A row's cells, one behind the other in one text.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    text: &'a str,
    ends: &'a [usize],
    /// How many bytes stand between two cells.
    gap: usize,
}

impl<'a> Row<'a> {
    /// Of cells that end where `ends` says, with `gap` bytes between two.
    pub(crate) fn new(text: &'a str, ends: &'a [usize], gap: usize) -> Self {
        Self { text, ends, gap }
    }

    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// Whether all of it is longer than so many bytes.
    pub(crate) fn is_longer(self, than: usize) -> bool {
        self.text.len() > than
    }

    pub(crate) fn cells(self) -> impl Iterator<Item = &'a str> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&end| &self.text[std::mem::replace(&mut start, end + self.gap)..end])
    }

    pub(crate) fn cell(self, index: usize) -> Option<&'a str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] + self.gap);
        Some(&self.text[start..end])
    }
}
