//! `sluice allowlist remove`.

use std::path::Path;

use super::draft::Draft;
use crate::exit::{Exit, Failure, Result};
use crate::output;
use sluice_policy::set::entry_file;

pub(super) fn run(set: &Path, id: &str) -> Result<Exit> {
    let draft = Draft::open(set)?;
    let file = entry_file(id);
    if !draft.entries()?.iter().any(|known| known == id) {
        return Err(Failure::bad(format_args!("{id} is not in the set")));
    }
    draft.remove_signed(&file)?;
    // Manifests that no other entry names go along.
    let needed = draft.named_manifests()?;
    for manifest in draft.manifests()? {
        if !needed.contains(&manifest) {
            draft.remove(&manifest)?;
        }
    }
    output::note(format_args!(
        "{id} is off the set once that is signed and pushed; its finished runs stay releasable: to \
         stop those, too, use sluice allowlist revoke"
    ));
    Ok(Exit::Ok)
}
