use super::{Element, Part, Places, Template, Word, is_file_name};
use crate::script;

/// What `sluice submit` fills in.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Names for `{file:…}`, in the order of the template.
    pub files: Vec<String>,
    /// Number for each `{int:…}`; its lower bound if absent.
    pub int: Option<u64>,
}

/// Why a template cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The template wants a file that was not chosen.
    #[error("the workflow needs a file ending in {0}")]
    FileMissing(String),
    /// A chosen file has no place in the template.
    #[error("the workflow takes no file {0:?} there; check its name and ending")]
    FileUnused(String),
    /// The chosen number is outside the template's range.
    #[error("{number} is not within {low} to {high}")]
    OutOfRange {
        /// The number.
        number: u64,
        /// Lower bound.
        low: u64,
        /// Upper bound.
        high: u64,
    },
    /// The template needs a runtime and there is none.
    #[error("the workflow's entry names no runtime")]
    RuntimeMissing,
    /// A word that a batch script cannot hold.
    #[error("{0:?} cannot stand in a batch script; use paths of plain ASCII without '")]
    Unquotable(String),
}

impl Template {
    /// Fills the template in; the result matches it.
    ///
    /// A `[ … ]` is written if it takes the next chosen file or the chosen number. Of
    /// `{one-of:…}` the first is taken.
    pub fn render(&self, places: &Places<'_>, choices: &Choices) -> Result<String, RenderError> {
        let mut rendering = Rendering { places, int: choices.int, files: &choices.files };
        let mut script = format!("{}\n", self.shebang);
        for line in &self.lines {
            let mut words = Vec::new();
            rendering.sequence(line, &mut words)?;
            script.push_str(&words.join(" "));
            script.push('\n');
        }
        match rendering.files.first() {
            Some(unused) => Err(RenderError::FileUnused(unused.clone())),
            None => Ok(script),
        }
    }
}

struct Rendering<'a> {
    places: &'a Places<'a>,
    int: Option<u64>,
    /// Those not used yet.
    files: &'a [String],
}

impl Rendering<'_> {
    fn sequence(&mut self, elements: &[Element], to: &mut Vec<String>) -> Result<(), RenderError> {
        for element in elements {
            match element {
                Element::Word(word) => to.push(quote(self.word(word)?)?),
                Element::And => to.push("&&".into()),
                Element::Optional(group) if self.wants(group) => self.sequence(group, to)?,
                Element::Optional(_) => {}
                Element::AnyOrder(items) => {
                    for item in items {
                        if !item.optional || self.wants(&item.elements) {
                            self.sequence(&item.elements, to)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn wants(&self, group: &[Element]) -> bool {
        let takes = |part: &Part| match part {
            Part::File(extension) => {
                self.files.first().is_some_and(|file| is_file_name(file, extension))
            }
            Part::Int(_) => self.int.is_some(),
            _ => false,
        };
        group.iter().any(|element| match element {
            Element::Word(word) => word.parts.iter().any(takes),
            _ => false,
        })
    }

    fn word(&mut self, word: &Word) -> Result<String, RenderError> {
        let mut text = String::new();
        for part in &word.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Bundle => text.push_str(self.places.bundle),
                Part::Runtime => {
                    text.push_str(self.places.runtime.ok_or(RenderError::RuntimeMissing)?);
                }
                Part::RunDir => text.push_str(self.places.rundir),
                Part::RunId => text.push_str(self.places.run_id),
                Part::OneOf(texts) => text.extend(texts.first().map(String::as_str)),
                Part::Int(range) => {
                    let (low, high) = (*range.start(), *range.end());
                    let number = self.int.unwrap_or(low);
                    if !range.contains(&number) {
                        return Err(RenderError::OutOfRange { number, low, high });
                    }
                    text.push_str(&number.to_string());
                }
                Part::File(extension) => match self.files.split_first() {
                    Some((file, rest)) if is_file_name(file, extension) => {
                        text.push_str(file);
                        self.files = rest;
                    }
                    Some((file, _)) => return Err(RenderError::FileUnused(file.clone())),
                    None => return Err(RenderError::FileMissing(extension.clone())),
                },
            }
        }
        Ok(text)
    }
}

fn quote(word: String) -> Result<String, RenderError> {
    if !word.is_empty() && !word.starts_with('#') && word.bytes().all(script::is_plain) {
        Ok(word)
    } else if word.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\'') {
        Ok(format!("'{word}'"))
    } else {
        Err(RenderError::Unquotable(word))
    }
}
