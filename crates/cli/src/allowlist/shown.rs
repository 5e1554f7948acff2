//! What a signature would say, line by line, for whoever decides on it.

use sluice_policy::entry::Entry;
use sluice_policy::index::Index;
use sluice_policy::revocation::Revoked;
use sluice_policy::set::{entry_file, manifest_file};
use sluice_policy::time::format;

use super::draft::Draft;
use super::line::{Line, by};
use super::{diff, published};
use crate::diff::text::unified;
use crate::exit::Result;
use crate::verify::word;

/// An entry: what it approves, and what is new in it.
pub(super) fn entry(draft: &Draft, entry: &Entry, bytes: &[u8]) -> Result<Vec<String>> {
    let mut lines = Line::of(draft, entry.clone())?.lines();
    lines.extend(changes(draft, entry, &String::from_utf8_lossy(bytes))?);
    Ok(lines)
}

/// What changed since the version before; without one the whole text is new.
fn changes(draft: &Draft, entry: &Entry, text: &str) -> Result<Vec<String>> {
    let id = entry.id();
    let in_force = published::set(None).ok();
    let of_set = |id: &str| in_force.as_ref().map(|set| (set, id.to_owned()));
    let own = of_set(&id);
    let previous = entry.approval.previous.as_deref();
    let sets = own.into_iter().chain(previous.map(|id| (draft, id.to_owned())));
    let mut sets = sets.chain(previous.and_then(of_set));
    let Some((set, before)) = sets.find(|(set, id)| set.has(&entry_file(id))) else {
        let none = match previous {
            Some(previous) => format!("the version before, {previous}, is in no set here"),
            None => "no version before is named; all of it is new".into(),
        };
        return Ok(std::iter::once(none)
            .chain(text.lines().map(|line| format!("+{line}")))
            .collect());
    };
    let old = set.read(&entry_file(&before))?;
    let mut lines = vec![format!("changes since {before}:")];
    let difference = unified(&entry_file(&id), &String::from_utf8_lossy(&old), text);
    lines.extend(difference.lines().map(str::to_owned));
    let before = set.entry(&before)?.digest;
    // Of an image there is no manifest.
    if !set.has(&manifest_file(&before)) || !draft.has(&manifest_file(&entry.digest)) {
        return Ok(lines);
    }
    let old = published::manifest_of(set, &before)?;
    let changed = old.compare(&published::manifest_of(draft, &entry.digest)?);
    lines.extend(changed.into_iter().map(|it| format!("{:<10} {}", word(it.change), it.path)));
    Ok(lines)
}

/// All that is taken back.
pub(super) fn revoked(revoked: &Revoked) -> Vec<String> {
    let digests = revoked.digests.iter().map(|it| format!("takes back {}: {}", it.digest, it.why));
    let keys = revoked.keys.iter().map(|it| format!("takes back {}: {}", it.fingerprint, it.why));
    digests.chain(keys).collect()
}

/// The set as a whole, and what it changes where one is in force.
pub(super) fn index(draft: &Draft, index: &Index) -> Result<Vec<String>> {
    let mut lines = vec![format!("serial {}, valid until {}", index.serial, format(index.expires))];
    for id in draft.entries()? {
        let by = by(&draft.signers(&entry_file(&id))?);
        lines.push(format!("{id}, {by}"));
    }
    if let Ok(in_force) = published::set(None) {
        lines.push(format!("changes since serial {}, in force:", in_force.index()?.serial));
        lines.extend(diff::compare(&in_force, draft)?.summary());
    }
    Ok(lines)
}
