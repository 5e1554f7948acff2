//! Where a PDF says that its objects are.

use std::collections::BTreeMap;

use crate::hold::{Fault, HoldCode};

use super::{
    lexer::{Lexer, is_space},
    object::{Dict, Object},
    unfold::{Unfolded, unfold},
};

/// Highest number of an object.
const MAX_OBJECTS: usize = 1 << 20;

/// Where one object is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// Begins at this byte.
    At(usize),
    /// In the object stream of this number, so many objects from its start.
    Within(u32, usize),
}

/// The table of a file, and what stands with it.
pub(super) struct Table {
    pub(super) places: BTreeMap<u32, Place>,
    pub(super) trailer: Dict,
    /// Where it begins; a stream's object is one like others.
    pub(super) start: usize,
    /// Where the objects end.
    pub(super) stop: usize,
    /// The number of the stream's object.
    pub(super) own: Option<u32>,
}

fn broken(what: &str) -> Fault {
    Fault(HoldCode::NotPdf, what.into())
}

/// The byte that the file's last lines name.
pub(super) fn start(content: &[u8]) -> Result<usize, Fault> {
    let end = || broken("it does not end as a PDF; something may follow its `%%EOF`");
    let text = content.strip_suffix(b"\n").unwrap_or(content);
    let text = text.strip_suffix(b"\r").unwrap_or(text).strip_suffix(b"%%EOF").ok_or_else(end)?;
    let window = &text[text.len().saturating_sub(40)..];
    let word = b"startxref";
    let at = window.windows(word.len()).rposition(|part| part == word).ok_or_else(end)?;
    let number = window[at + word.len()..].trim_ascii();
    std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).ok_or_else(end)
}

pub(super) fn read(content: &[u8], left: &mut usize) -> Result<Table, Fault> {
    let start = start(content)?;
    let mut lexer = Lexer::new(content, String::new());
    lexer.at = start;
    if start >= content.len() {
        return Err(broken("its last line names no byte of it"));
    }
    let table = match lexer.rest().starts_with(b"xref") {
        true => from_text(&mut lexer)?,
        false => from_stream(content, &mut lexer, left)?,
    };
    lexer.expect("startxref")?;
    if lexer.size()? != start {
        return Err(lexer.fault("ends a `startxref` that is not the last"));
    }
    let end = lexer.rest().trim_ascii();
    if lexer.comment.is_some() || end != b"%%EOF" {
        return Err(lexer.fault("is not followed by the end"));
    }
    for (key, what) in [
        ("Prev", "was updated: what it had before is still in it"),
        ("XRefStm", "has two tables of objects, and readers differ in which they take"),
    ] {
        if table.trailer.get(key).is_some() {
            return Err(Fault(
                HoldCode::HiddenContent,
                format!("it {what} (/{key} in its trailer); write it anew: `qpdf IN OUT`"),
            ));
        }
    }
    Ok(table)
}

fn from_text(lexer: &mut Lexer<'_>) -> Result<Table, Fault> {
    let start = lexer.at;
    lexer.expect("xref")?;
    let mut places = BTreeMap::new();
    let mut free = Vec::new();
    while !lexer.take("trailer") {
        let (first, count) = (lexer.size()?, lexer.size()?);
        if first + count.min(MAX_OBJECTS) > MAX_OBJECTS || count > MAX_OBJECTS {
            return Err(lexer.fault("names too many objects"));
        }
        lexer.skip();
        for number in first..first + count {
            let line = lexer
                .rest()
                .get(..20)
                .ok_or_else(|| lexer.fault("is in a table that is cut off"))?;
            let field = |range: std::ops::Range<usize>| {
                let digits = std::str::from_utf8(&line[range]).ok()?;
                digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
            };
            let spaces =
                line[10] == b' ' && line[16] == b' ' && is_space(line[18]) && is_space(line[19]);
            let (Some(at), Some(generation), true) = (field(0..10), field(11..16), spaces) else {
                return Err(lexer.fault("is no line of the table of objects"));
            };
            let new = match (line[17], generation) {
                (b'n', 0) => places.insert(number as u32, Place::At(at)).is_none(),
                (b'f', 0 | 1 | 65535 | 65536) => {
                    free.push(at);
                    true
                }
                _ => return Err(lexer.fault("names an object that was replaced")),
            };
            if !new {
                return Err(lexer.fault("names an object twice"));
            }
            lexer.at += 20;
        }
    }
    let trailer = dict(lexer)?;
    let size = trailer.get("Size").and_then(Object::size).unwrap_or(0);
    if places.last_key_value().is_some_and(|(&last, _)| last as usize >= size)
        || free.iter().any(|&at| at >= size)
    {
        return Err(lexer.fault("ends a trailer whose /Size is wrong"));
    }
    Ok(Table { places, trailer, start, stop: start, own: None })
}

fn dict(lexer: &mut Lexer<'_>) -> Result<Dict, Fault> {
    match lexer.object()? {
        Object::Dict(dict) => Ok(dict),
        _ => Err(lexer.fault("ends what is no dictionary")),
    }
}

fn from_stream(content: &[u8], lexer: &mut Lexer<'_>, left: &mut usize) -> Result<Table, Fault> {
    let start = lexer.at;
    let number = lexer.size()?;
    let own = u32::try_from(number).ok();
    let head = lexer.size()? == 0 && lexer.take("obj");
    if !head {
        return Err(broken("its last line names no table of objects"));
    }
    let trailer = dict(lexer)?;
    let length = trailer.get("Length").and_then(Object::size);
    let raw = lexer.stream(length.unwrap_or(usize::MAX))?;
    lexer.expect("endobj")?;
    if !trailer.get("Type").is_some_and(|kind| kind.is_name("XRef")) {
        return Err(broken("its last line names no table of objects"));
    }
    let raw = &content[raw];
    let Unfolded::Bytes(rows) = unfold(&trailer, raw, left)
        .map_err(|what| broken(&format!("object {number}, its table of objects, {what}")))?
    else {
        return Err(broken("its table of objects is a picture"));
    };
    let places = rows_of(&trailer, &rows).ok_or_else(|| broken("its table of objects is wrong"))?;
    lexer.skip();
    Ok(Table { places, trailer, start, stop: lexer.at, own })
}

fn rows_of(trailer: &Dict, rows: &[u8]) -> Option<BTreeMap<u32, Place>> {
    let sizes =
        |key| trailer.get(key)?.array()?.iter().map(Object::size).collect::<Option<Vec<_>>>();
    let widths =
        sizes("W").filter(|widths| widths.len() == 3 && widths.iter().all(|width| *width <= 8))?;
    let size = trailer.get("Size")?.size().filter(|size| *size <= MAX_OBJECTS)?;
    let index = match trailer.get("Index") {
        Some(_) => sizes("Index")?,
        None => vec![0, size],
    };
    let mut rows = rows.chunks_exact(widths.iter().sum::<usize>().max(1));
    let mut places = BTreeMap::new();
    for section in index.chunks(2) {
        let [first, count] = *section else { return None };
        for number in first..first.checked_add(count).filter(|end| *end <= size)? {
            let mut row = rows.next()?;
            let mut fields = [1, 0, 0];
            for (field, &width) in fields.iter_mut().zip(&widths) {
                let (own, after) = row.split_at(width);
                if width > 0 {
                    *field = own.iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
                }
                row = after;
            }
            let place = match fields {
                [0, next, 0 | 1 | 255 | 65535] if next < size as u64 => continue,
                [1, at, 0] => Place::At(usize::try_from(at).ok()?),
                [2, container, index] => {
                    Place::Within(u32::try_from(container).ok()?, index as usize)
                }
                _ => return None,
            };
            places.insert(number as u32, place).is_none().then_some(())?;
        }
    }
    (rows.next().is_none() && rows.remainder().is_empty()).then_some(places)
}
