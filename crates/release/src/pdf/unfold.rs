//! What is in a stream, once its filters are undone.

use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use super::object::{Dict, Object, shown};
use crate::png;

/// Most bytes that all streams of a file may unfold to.
pub(super) const MAX_UNFOLDED: usize = 128 << 20;
/// What undoing a filter counts for at least: about what its state takes.
const FILTER: usize = 2 << 10;
/// Most filters of a stream.
const MAX_FILTERS: usize = 4;
/// Most colours of a predicted row's pixel, bits of each, and pixels.
const MAX_COLOURS: usize = 32;
const MAX_BITS: usize = 16;
const MAX_COLUMNS: usize = 1 << 20;

/// A stream's content.
pub(super) enum Unfolded {
    Bytes(Vec<u8>),
    /// A picture that is a file of its own.
    Jpeg(Vec<u8>),
}

/// Undoes the filters of a stream with this dictionary; `left` is what may still be unfolded.
pub(super) fn unfold(dict: &Dict, raw: &[u8], left: &mut usize) -> Result<Unfolded, String> {
    let filters = list(dict.get("Filter"));
    let parameters = list(dict.get("DecodeParms"));
    if parameters.len() > filters.len() {
        return Err("has parameters of no filter".into());
    }
    if filters.len() > MAX_FILTERS {
        return Err(format!("has more than {MAX_FILTERS} filters"));
    }
    // A stream that many refer to is read as often.
    charge(left, raw.len())?;
    let mut content = raw.to_vec();
    for (number, filter) in filters.iter().enumerate() {
        let parameters = match parameters.get(number) {
            None | Some(Object::Null) => None,
            Some(Object::Dict(dict)) => Some(dict),
            Some(_) => return Err("has a filter's parameters elsewhere".into()),
        };
        charge(left, FILTER)?;
        content = match filter.name().unwrap_or_default() {
            b"FlateDecode" => {
                let content = flate(&content, left)?;
                match parameters {
                    Some(parameters) => unpredict(content, parameters)?,
                    None => content,
                }
            }
            b"ASCII85Decode" if parameters.is_none() => ascii85(&content, left)?,
            b"DCTDecode" if parameters.is_none() && number + 1 == filters.len() => {
                return Ok(Unfolded::Jpeg(content));
            }
            other => return Err(format!("has the filter {}, which isn't read here", shown(other))),
        };
    }
    Ok(Unfolded::Bytes(content))
}

fn charge(left: &mut usize, bytes: usize) -> Result<(), String> {
    *left = left
        .checked_sub(bytes)
        .ok_or_else(|| format!("makes the file unfold to more than {MAX_UNFOLDED} bytes"))?;
    Ok(())
}

fn list(value: Option<&Object>) -> &[Object] {
    match value {
        None | Some(Object::Null) => &[],
        Some(Object::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

fn flate(mut data: &[u8], left: &mut usize) -> Result<Vec<u8>, String> {
    let mut state = InflateState::new_boxed(DataFormat::Zlib);
    let mut content = Vec::new();
    let mut buffer = vec![0; 32 << 10];
    loop {
        let step = inflate(&mut state, data, &mut buffer, MZFlush::None);
        data = &data[step.bytes_consumed..];
        charge(left, step.bytes_written)?;
        content.extend_from_slice(&buffer[..step.bytes_written]);
        match step.status {
            Ok(MZStatus::StreamEnd) => break,
            Ok(_) if step.bytes_consumed + step.bytes_written > 0 => {}
            _ => return Err("is damaged, or cut off".into()),
        }
    }
    // Some programs count the line end before `endstream`.
    match data {
        [] | [b'\n'] | [b'\r'] | [b'\r', b'\n'] => Ok(content),
        _ => Err("has something behind its end".into()),
    }
}

/// Undoes the prediction of rows, as PNG has it.
fn unpredict(content: Vec<u8>, parameters: &Dict) -> Result<Vec<u8>, String> {
    let known = ["Predictor", "Colors", "BitsPerComponent", "Columns"];
    if let Some((key, _)) =
        parameters.0.iter().find(|(key, _)| !known.iter().any(|one| one.as_bytes() == &**key))
    {
        return Err(format!("has the parameter {}, which isn't known", shown(key)));
    }
    let size = |key: &str, other: usize, most: usize| match parameters.get(key) {
        None => Ok(other),
        Some(value) => {
            value.size().filter(|size| (1..=most).contains(size)).ok_or("has wrong parameters")
        }
    };
    let bits = size("Colors", 1, MAX_COLOURS)? * size("BitsPerComponent", 8, MAX_BITS)?;
    let row = (bits * size("Columns", 1, MAX_COLUMNS)?).div_ceil(8);
    match size("Predictor", 1, 15)? {
        1 => return Ok(content),
        10..=15 => {}
        _ => return Err("is predicted in a way that isn't read here".into()),
    }
    if content.is_empty() {
        return Ok(content);
    }
    // Before a row is kept: the file says how long it is.
    if row >= content.len() || !content.len().is_multiple_of(row + 1) {
        return Err("has rows that are cut off".into());
    }
    let mut plain = Vec::with_capacity(content.len());
    let mut above = vec![0; row];
    for line in content.chunks_exact(row + 1) {
        let start = plain.len();
        plain.extend_from_slice(&line[1..]);
        let own = &mut plain[start..];
        undo(line[0], own, &above, bits.div_ceil(8))
            .ok_or("has rows that are predicted in an unknown way")?;
        above.copy_from_slice(own);
    }
    Ok(plain)
}

fn undo(filter: u8, row: &mut [u8], above: &[u8], step: usize) -> Option<()> {
    for at in 0..row.len() {
        let before = at.checked_sub(step);
        let left = before.map_or(0, |before| row[before]);
        let predicted = match filter {
            0 => 0,
            1 => left,
            2 => above[at],
            3 => left.midpoint(above[at]),
            4 => png::paeth(left, above[at], before.map_or(0, |before| above[before])),
            _ => return None,
        };
        row[at] = row[at].wrapping_add(predicted);
    }
    Some(())
}

fn ascii85(data: &[u8], left: &mut usize) -> Result<Vec<u8>, String> {
    let damaged = || "is damaged, or cut off".to_owned();
    let text = data.trim_ascii_end().strip_suffix(b"~>").ok_or_else(damaged)?;
    let mut content = Vec::new();
    let mut group = Vec::with_capacity(5);
    for &byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let before = content.len();
        match byte {
            b'z' if group.is_empty() => content.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => return Err(damaged()),
        }
        if group.len() == 5 {
            content.extend(word(&group).ok_or_else(damaged)?);
            group.clear();
        }
        charge(left, content.len() - before)?;
    }
    if let kept @ 1.. = group.len() {
        group.resize(5, b'u' - b'!');
        content.extend(&word(&group).filter(|_| kept > 1).ok_or_else(damaged)?[..kept - 1]);
    }
    Ok(content)
}

fn word(digits: &[u8]) -> Option<[u8; 4]> {
    let value = digits.iter().fold(0, |value, &digit| value * 85 + u64::from(digit));
    u32::try_from(value).ok().map(u32::to_be_bytes)
}
