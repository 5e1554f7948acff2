//! Templates: the scripts that an entry approves.
//!
//! A template reads like the script: a shebang, then lines of words and `&&`. In it
//!
//! | stands for | |
//! |---|---|
//! | `{bundle}` `{runtime}` `{rundir}` | that directory, at the start of a word, perhaps with a path behind it; any word that leads there from the run directory matches |
//! | `{run-id}` | the run id |
//! | `{int:1..64}` | a decimal number in the range |
//! | `{one-of:a\|b}` | one of the texts |
//! | `{file:.yaml}` | a whole word: the name of a file in the run directory with that ending |
//! | `[ … ]` | words that may be absent |
//! | `{any-order … }` | options in any order: each begins with a word that starts with `-`, or is a `[ … ]` |
//! | `{{` `}}` | a brace |
//!
//! The template covers the whole script; only blank lines and comment lines are nobody's concern.

mod matching;
mod parse;
mod render;

pub use matching::Mismatch;
pub use parse::TemplateError;
pub use render::{Choices, RenderError};

use std::ops::RangeInclusive;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    shebang: String,
    lines: Vec<Vec<Element>>,
    needs_runtime: bool,
}

/// What the placeholders stand for. All paths are absolute, clean and free of links.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Where the bundle appears.
    pub bundle: &'a str,
    /// Where the runtime appears, if the entry has one.
    pub runtime: Option<&'a str>,
    /// The run directory, which is the script's working directory.
    pub rundir: &'a str,
    /// The run id.
    pub run_id: &'a str,
}

/// A script that a template approves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Words that `{file:…}` matched, in their order: names of files in the run directory.
    pub files: Vec<String>,
}

#[derive(Clone, Debug)]
enum Element {
    Word(Word),
    And,
    Optional(Vec<Element>),
    AnyOrder(Vec<Item>),
}

/// One option of an `{any-order …}`.
#[derive(Clone, Debug)]
struct Item {
    elements: Vec<Element>,
    optional: bool,
}

#[derive(Clone, Debug)]
struct Word {
    parts: Vec<Part>,
    /// As the template spells it, for messages.
    spelling: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Bundle,
    Runtime,
    RunDir,
    RunId,
    Int(RangeInclusive<u64>),
    OneOf(Vec<String>),
    File(String),
}

impl Template {
    /// The endings of all `{file:…}` in it, optional ones included.
    pub fn file_endings(&self) -> Vec<&str> {
        fn collect<'a>(elements: &'a [Element], endings: &mut Vec<&'a str>) {
            for element in elements {
                match element {
                    Element::Word(word) => {
                        endings.extend(word.parts.iter().filter_map(|part| match part {
                            Part::File(ending) => Some(ending.as_str()),
                            _ => None,
                        }));
                    }
                    Element::And => {}
                    Element::Optional(inner) => collect(inner, endings),
                    Element::AnyOrder(items) => {
                        items.iter().for_each(|item| collect(&item.elements, endings));
                    }
                }
            }
        }
        let mut endings = Vec::new();
        self.lines.iter().for_each(|line| collect(line, &mut endings));
        endings
    }

    /// Whether `{runtime}` stands in it.
    pub fn needs_runtime(&self) -> bool {
        self.needs_runtime
    }
}

impl Part {
    /// The directory it stands for; `None` inside if the entry has no runtime.
    fn place<'a>(&self, places: &Places<'a>) -> Option<Option<&'a str>> {
        match self {
            Self::Bundle => Some(Some(places.bundle)),
            Self::Runtime => Some(places.runtime),
            Self::RunDir => Some(Some(places.rundir)),
            _ => None,
        }
    }
}

/// Whether `name` is a plain file name that ends in `extension` and that neither a shell nor an
/// option parser reads as anything else.
fn is_file_name(name: &str, extension: &str) -> bool {
    name.len() <= 255
        && name.len() > extension.len()
        && name.ends_with(extension)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests;
