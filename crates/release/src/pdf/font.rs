//! Fonts: programs that are no other file, and characters that are no message.
//!
//! What a font's program says beside its outlines isn't looked at.

use sha2::{Digest, Sha256};

use crate::hold::{Fault, HoldCode};

use super::{
    file::broken,
    lexer::Lexer,
    object::{Dict, Object},
    shape::Use,
    walk::{is_family, made_up},
};

/// Tables that drawing needs, or that programs leave in; `name` and `meta` are free text.
const TABLES: &[&[u8; 4]] = &[
    b"BASE", b"CFF ", b"GDEF", b"GPOS", b"GSUB", b"MATH", b"OS/2", b"VORG", b"cmap", b"cvt ",
    b"fpgm", b"gasp", b"glyf", b"head", b"hhea", b"hmtx", b"kern", b"loca", b"maxp", b"name",
    b"post", b"prep", b"vhea", b"vmtx", b"FFTM",
];
/// Longest table of names; what programs leave of it, in bytes.
const MAX_NAMES: usize = 128;
/// SHA-256 of longer ones that programs write, each with its maker's words alone.
const NAMES: &[&str] = &[
    // DejaVu Sans 2.37, by LibreOffice 7.4 and by matplotlib 3.11.
    "abfb3e91ba94f3c68415cb3b1eb239c732aa7b23d9f61f766a72aa5ebab47085",
    "3ad43a92a0d30d801127cdd71a4fda5da42e073c797c6a6a7d256c2fc6bc2fbe",
];
/// Longest text that a glyph stands for, in bytes: a ligature of four letters, two bytes each.
const MAX_TEXT: usize = 8;
/// Most glyphs of a font.
const MAX_GLYPHS: usize = 1 << 16;
/// What comments PostScript's conventions ask for.
const REMARKS: &[&str] = &[
    "!PS-Adobe-3.0 Resource-CMap",
    "%DocumentNeededResources: ",
    "%IncludeResource: ",
    "%BeginResource: CMap ",
    "%Title: (",
    "%Version: 1",
    "%EndComments",
    "%EndResource",
    "%EOF",
];
/// Most names in a map of characters; its frame has about ten.
const MAX_MAP_NAMES: usize = 16;

fn hidden(number: u32, what: &str) -> Fault {
    Fault(HoldCode::HiddenContent, format!("object {number} {what}"))
}

pub(super) fn check_program(
    number: u32,
    kind: Use,
    dict: &Dict,
    bytes: &[u8],
) -> Result<(), Fault> {
    let known = match kind {
        Use::TrueType => sfnt(number, bytes)?,
        Use::Compact if bytes.starts_with(b"OTTO") || bytes.starts_with(&[0, 1, 0, 0]) => {
            sfnt(number, bytes)?
        }
        Use::Compact => matches!(bytes, [1, 0, 4, 1..=4, ..]),
        _ => {
            let length = |key| dict.get(key).and_then(Object::size).unwrap_or(usize::MAX);
            let whole = length("Length1").checked_add(length("Length2"));
            let whole = whole.and_then(|sum| sum.checked_add(length("Length3").min(bytes.len())));
            bytes.starts_with(b"%!") && whole == Some(bytes.len())
        }
    };
    match known {
        true => Ok(()),
        false => Err(broken(number, "is no font program")),
    }
}

/// Whether the tables lie one behind the other and fill the font.
fn sfnt(number: u32, bytes: &[u8]) -> Result<bool, Fault> {
    let Some(([b'O' | 0 | b't', _, _, _, high, low, ..], records)) = bytes.split_at_checked(12)
    else {
        return Ok(false);
    };
    let count = usize::from(u16::from_be_bytes([*high, *low]));
    let Some(records) = records.get(..count * 16) else { return Ok(false) };
    let mut ranges = Vec::with_capacity(count);
    for record in records.as_chunks::<16>().0 {
        let [a, b, c, d, _, _, _, _, o1, o2, o3, o4, l1, l2, l3, l4] = *record;
        let tag = [a, b, c, d];
        let start = u32::from_be_bytes([o1, o2, o3, o4]) as usize;
        let length = u32::from_be_bytes([l1, l2, l3, l4]) as usize;
        if !TABLES.contains(&&tag) {
            let tag: String =
                tag.iter().map(|byte| char::from(*byte)).filter(char::is_ascii_graphic).collect();
            return Err(hidden(
                number,
                &format!("is a font with a table `{tag}` that draws nothing"),
            ));
        }
        let names = start.checked_add(length).and_then(|end| bytes.get(start..end));
        if &tag == b"name" && length > MAX_NAMES && !names.is_some_and(is_known) {
            return Err(hidden(
                number,
                "is a font with free text in its table `name`; matplotlib `rcParams[\"pdf.fonttype\"] = 3`, \
                 else another font, or `pdftocairo -pdf IN OUT`",
            ));
        }
        ranges.push((start, length));
    }
    ranges.sort_unstable();
    let mut end = 12 + count * 16;
    for (start, length) in ranges {
        // Tables begin at multiples of four.
        let Some(gap) = start.checked_sub(end).and_then(|gap| bytes.get(end..end + gap)) else {
            return Ok(false);
        };
        if gap.len() > 3 || gap.iter().any(|&byte| byte != 0) {
            return Err(hidden(number, "is a font with something between its tables"));
        }
        end = start.saturating_add(length);
    }
    let rest =
        bytes.get(end..).filter(|rest| rest.len() <= 3 && rest.iter().all(|&byte| byte == 0));
    Ok(rest.is_some())
}

fn is_known(names: &[u8]) -> bool {
    let digest: String = Sha256::digest(names).iter().map(|byte| format!("{byte:02x}")).collect();
    NAMES.contains(&digest.as_str())
}

/// Whether a list of glyphs is no longer than a font can be.
pub(super) fn check_glyphs(number: u32, bytes: &[u8]) -> Result<(), Fault> {
    match bytes.len() <= MAX_GLYPHS * 2 {
        true => Ok(()),
        false => Err(broken(number, "is a list of more glyphs than a font has")),
    }
}

/// Whether a map from glyphs to characters maps each to a few, and says nothing else.
pub(super) fn check_characters(number: u32, bytes: &[u8]) -> Result<(), Fault> {
    const WORDS: [&[u8]; 17] = [
        b"CMapName",
        b"findresource",
        b"begin",
        b"dict",
        b"begincmap",
        b"def",
        b"begincodespacerange",
        b"endcodespacerange",
        b"beginbfchar",
        b"endbfchar",
        b"beginbfrange",
        b"endbfrange",
        b"endcmap",
        b"currentdict",
        b"defineresource",
        b"pop",
        b"end",
    ];
    let mut lexer = Lexer::new(bytes, format!("object {number}, "));
    lexer.remarks = REMARKS;
    let mut names = 0;
    while lexer.skip() {
        match lexer.operator() {
            Some(word) if WORDS.contains(&word) => {}
            Some(_) => return Err(lexer.fault("ends a word that no map of characters has")),
            None => {
                let value = lexer.object()?;
                names += usize::from(value.name().is_some());
                if names > MAX_MAP_NAMES || !is_short(&value) {
                    return Err(lexer.fault("ends a text that is too long for a character"));
                }
            }
        }
    }
    match lexer.comment {
        None => Ok(()),
        Some(at) => Err(hidden(
            number,
            &format!("has a comment at byte {at}: a map of characters with free text"),
        )),
    }
}

fn is_short(value: &Object) -> bool {
    match value {
        Object::Text(text) => text.len() <= MAX_TEXT,
        Object::Name(name) => made_up(name),
        Object::Array(items) => {
            items.iter().all(|item| matches!(item, Object::Text(_)) && is_short(item))
        }
        Object::Dict(dict) => dict.0.iter().all(|(key, value)| {
            matches!(&**key, b"Registry" | b"Ordering" | b"Supplement")
                && match value {
                    Object::Text(text) => is_family(text),
                    value => value.number().is_some(),
                }
        }),
        value => value.number().is_some(),
    }
}
