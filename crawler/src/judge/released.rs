//! What leaves of a run: its files as they were attested, and pictures that were drawn of some.

use std::{fs::File, io::Seek};

use sluice_release::Outcome;

use crate::{
    judge::{
        ended::ResultFile,
        sealed::{Sealed, unreadable},
    },
    ledger::Pictures,
    outcome::Stop,
};

/// A file that leaves.
pub struct Released {
    /// Name, length and digest that it leaves with.
    pub file: ResultFile,
    /// Which of the entry's rules lets it out.
    pub rule: usize,
    /// What was checked of a table's numbers.
    pub disclosure: Vec<Outcome>,
    /// None for a file that is as the run left it.
    pub drawn: Option<Drawn>,
}

/// A picture that leaves in a figure's place.
pub struct Drawn {
    /// The figure, as it was attested.
    pub from: ResultFile,
    /// The picture: a file without a name, gone with this process.
    pub picture: File,
}

/// Those of the files that were drawn.
pub(crate) fn pictures(released: &[Released]) -> Pictures {
    let drawn = released.iter().filter(|it| it.drawn.is_some());
    drawn.map(|it| (it.file.path.clone(), it.file.digest)).collect()
}

impl Released {
    /// Opens its bytes, from their beginning. Nobody else may be reading them.
    pub fn open(&self, sealed: &Sealed) -> Result<File, Stop> {
        let Some(Drawn { picture, .. }) = &self.drawn else {
            return sealed.open(&self.file.path, self.file.bytes);
        };
        let opened = picture.try_clone().and_then(|mut opened| {
            opened.rewind()?;
            Ok(opened)
        });
        opened.map_err(|error| unreadable(&self.file.path, &error))
    }
}
