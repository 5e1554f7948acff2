//! `sluice allowlist new`.

use std::path::Path;

use sluice_policy::index::Index;
use time::{Duration, OffsetDateTime};

use super::draft::Draft;
use super::force::published_serial;
use crate::exit::{Exit, Result};
use crate::output;

pub(super) fn run(dir: &Path, valid: u32) -> Result<Exit> {
    let draft = Draft::make(dir)?;
    let issued = OffsetDateTime::now_utc();
    let serial = published_serial(Path::new(sluice_site::paths::ALLOWLIST)).unwrap_or(0) + 1;
    draft.write_index(&Index {
        format: 1,
        serial,
        issued,
        expires: issued + Duration::days(valid.into()),
        files: Default::default(),
    })?;
    output::note(format_args!("{} is an empty set with serial {serial}", dir.display()));
    Ok(Exit::Ok)
}
