//! What a PDF may say, by the kind of its objects: keys that show something, and no others.

mod colour;
mod document;
mod drawing;
mod font;
mod structure;

pub(super) use colour::{CALIBRATION, PROFILE};
pub(super) use document::{CATALOG, PAGE, PAGES};
pub(super) use drawing::{FORM, FUNCTION, XOBJECT};
pub(super) use structure::PROPERTIES;

/// What a value must be.
pub(super) enum Kind {
    Number,
    Bool,
    /// One of these names.
    Name(&'static [&'static str]),
    /// A name that programs make up.
    AnyName,
    /// Numbers, and arrays of them.
    Numbers,
    /// An array of names, or one.
    Names,
    /// Names and numbers.
    Differences,
    /// A short text of letters, digits and spaces.
    Family,
    /// `(/a/b)`: the glyphs of a font.
    CharSet,
    /// `(en-US)`.
    Language,
    /// The bytes of a font's style.
    Style,
    /// A reference to what is reached on another way, if it is there.
    Link,
    /// Numbers, and references to links or lists of them.
    Links,
    /// What other code looks at.
    Elsewhere,
    /// Nothing, or an array of nothing.
    Empty,
    /// A place in the document.
    Destination,
    ColourSpace,
    Is(&'static Shape),
    /// Each value of a dictionary with names that programs make up.
    Each(&'static Kind),
    /// One, or an array of them.
    Some(&'static Kind),
    /// One of them, by its type: a name, a dictionary.
    NameOr(&'static [&'static str], &'static Kind),
    /// A number or another.
    NumberOr(&'static Kind),
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Use {
    /// It may have none.
    None,
    Form,
    Tile,
    Glyph,
    Image,
    Type1,
    TrueType,
    Compact,
    ToUnicode,
    Glyphs,
    Function,
    Mesh,
    Profile,
}

/// A dictionary, and its stream.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) stream: Use,
    pub(super) keys: &'static [(&'static str, Kind)],
}

const fn shape(name: &'static str, stream: Use, keys: &'static [(&'static str, Kind)]) -> Shape {
    Shape { name, stream, keys }
}
