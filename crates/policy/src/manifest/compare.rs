//! What differs between an approved bundle and a found one.

use std::{cmp::Ordering, fmt};

use super::{Item, Kind, Manifest};

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: String,
    /// How it differs.
    pub change: Change,
}

/// How a path differs from the approved bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Not in the approved bundle.
    Added,
    /// Only in the approved bundle.
    Missing,
    /// A file with other content.
    Content,
    /// The same content with another executable bit.
    Executable,
    /// A directory, file or link where another of these was approved.
    Type,
    /// A link to somewhere else.
    Link,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::Missing => "missing",
            Self::Content => "changed",
            Self::Executable => "executable bit changed",
            Self::Type => "of another type",
            Self::Link => "link target changed",
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.path, self.change)
    }
}

impl Manifest {
    /// The difference to `found` as canonical text: `sluice-diff 1`, then the lines that only this
    /// manifest has, each behind a `-`, then those that only `found` has, each behind a `+`. An
    /// approval names its digest.
    pub fn difference(&self, found: &Self) -> String {
        let mut text = String::from("sluice-diff 1\n");
        for (sign, manifest, other) in [('-', self, found), ('+', found, self)] {
            for item in manifest.items.iter().filter(|item| other.get(&item.path) != Some(*item)) {
                text.push(sign);
                item.write_line(&mut text);
            }
        }
        text
    }

    /// What differs in `found` from this approved manifest, in the order of the paths.
    pub fn compare(&self, found: &Self) -> Vec<Difference> {
        let (mut approved, mut found) =
            (self.items.iter().peekable(), found.items.iter().peekable());
        let mut differences = Vec::new();
        let mut note = |item: &Item, change| {
            differences.push(Difference { path: item.path.clone(), change });
        };
        loop {
            let order = match (approved.peek(), found.peek()) {
                (None, None) => return differences,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(approved), Some(found)) => {
                    approved.path.as_bytes().cmp(found.path.as_bytes())
                }
            };
            let before = approved.next_if(|_| order.is_le());
            let after = found.next_if(|_| order.is_ge());
            match (before, after) {
                (Some(before), Some(after)) => {
                    if let Some(change) = change(before.kind, after.kind) {
                        note(after, change);
                    }
                }
                (Some(before), None) => note(before, Change::Missing),
                (None, Some(after)) => note(after, Change::Added),
                (None, None) => {}
            }
        }
    }
}

fn change(before: Kind, after: Kind) -> Option<Change> {
    use Kind::{Directory, File, Link};
    match (before, after) {
        _ if before == after => None,
        (File { size: s1, digest: d1, .. }, File { size: s2, digest: d2, .. }) => {
            Some(if (s1, d1) == (s2, d2) { Change::Executable } else { Change::Content })
        }
        (Link { .. }, Link { .. }) => Some(Change::Link),
        (Directory | File { .. } | Link { .. }, _) => Some(Change::Type),
    }
}
