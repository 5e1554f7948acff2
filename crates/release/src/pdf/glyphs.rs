//! Glyphs that content draws (Type 3): none of them so empty that text isn't seen.

use std::collections::HashMap;

use crate::hold::{Fault, HoldCode};

use super::{
    file::{File, broken},
    lexer::Lexer,
    object::{Dict, Object},
    unfold::Unfolded,
};

/// Most characters of a font that draw nothing: blanks of one and another kind.
const MAX_BLANKS: usize = 2;
/// Most names of characters of all fonts, each as often as a font uses it.
const MAX_NAMES: usize = 1 << 20;
const PAINTING: [&[u8]; 13] =
    [b"f", b"f*", b"F", b"B", b"B*", b"b", b"b*", b"S", b"s", b"Do", b"BI", b"sh", b"Tj"];

/// Checks each font's characters, once their glyphs were found to be content.
pub(super) fn check(file: &File<'_>) -> Result<(), Fault> {
    let mut known = HashMap::new();
    let mut left = MAX_NAMES;
    for number in file.numbers() {
        let Some(font) = file.item(number).dict() else { continue };
        let Some(programs) = file.get(font, "CharProcs").and_then(Object::dict) else { continue };
        let encoding = file.get(font, "Encoding").and_then(Object::dict);
        let names = encoding.and_then(|encoding| file.get(encoding, "Differences"));
        let mut blanks = 0;
        for name in names.and_then(Object::array).unwrap_or_default() {
            left = left.checked_sub(1).ok_or_else(|| broken(number, "has too many characters"))?;
            let Some(name) = name.name() else { continue };
            blanks += usize::from(!paints(file, programs, name, &mut known)?);
        }
        if blanks > MAX_BLANKS {
            return Err(Fault(
                HoldCode::HiddenContent,
                format!(
                    "object {number} (font) has {blanks} characters that draw nothing, so that nobody sees \
                     their text; write it with another font"
                ),
            ));
        }
    }
    Ok(())
}

/// Whether the glyph of a name draws something; each is read once.
fn paints(
    file: &File<'_>,
    programs: &Dict,
    name: &[u8],
    known: &mut HashMap<u32, bool>,
) -> Result<bool, Fault> {
    let Some(Object::Ref(glyph)) = programs.find(name) else { return Ok(false) };
    if let Some(paints) = known.get(glyph) {
        return Ok(*paints);
    }
    let Some(Unfolded::Bytes(content)) = file.unfold(*glyph)? else {
        return Err(broken(*glyph, "is no content"));
    };
    let mut lexer = Lexer::new(&content, format!("object {glyph} (content), "));
    let mut paints = false;
    while !paints && lexer.skip() {
        match lexer.operator() {
            Some(operator) => paints = PAINTING.contains(&operator),
            None => drop(lexer.object()?),
        }
    }
    known.insert(*glyph, paints);
    Ok(paints)
}
