//! Draws one hostile figure. [`confine()`] comes first: what follows has read-only fonts, and for a PDF the
//! system's programs, and no way to another file, process or host.
#![forbid(unsafe_code)]

pub mod confine;
pub mod pdf;
pub mod svg;

use std::{fmt::Display, io, sync::Arc};

use fontdb::{Database, Family, Query};
use sluice_protocol::drawing::Flaw;

pub use confine::confine;

/// Where systems keep fonts.
pub const FONTS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
/// The font of texts that name none, or none that is there.
const FONT: &str = "DejaVu Sans";

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By this program.
    Svg,
    /// By pdftoppm.
    Pdf,
}

impl Kind {
    /// The one of a command line's word.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "svg" => Some(Self::Svg),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// Why there is no picture.
#[derive(Debug)]
pub enum Undrawn {
    /// The host can't draw; nothing of the figure was read.
    Host(String),
    /// The figure can't be drawn.
    Figure(Flaw),
}

impl Undrawn {
    fn host(what: &str, why: impl Display) -> Self {
        Self::Host(format!("{what}: {why}"))
    }
}

impl From<io::Error> for Undrawn {
    fn from(error: io::Error) -> Self {
        Self::host("standard input or output", error)
    }
}

/// The system's fonts. Without one of a known name figures would lose their texts without a word.
pub fn fonts() -> Result<Arc<Database>, Undrawn> {
    let mut fonts = Database::new();
    FONTS.into_iter().for_each(|dir| fonts.load_fonts_dir(dir));
    let found = fonts.query(&Query { families: &[Family::Name(FONT)], ..Query::default() });
    found.ok_or_else(|| Undrawn::host(FONT, "the font is not installed (fonts-dejavu-core)"))?;
    fonts.set_serif_family(FONT);
    fonts.set_sans_serif_family(FONT);
    fonts.set_cursive_family(FONT);
    fonts.set_fantasy_family(FONT);
    fonts.set_monospace_family("DejaVu Sans Mono");
    Ok(Arc::new(fonts))
}
