//! Functions and meshes of gradients: as many numbers as they say.

use crate::hold::{Fault, HoldCode};

use super::{
    file::broken,
    lexer::Lexer,
    object::{Dict, Object},
};

/// What a calculator function may do.
const WORDS: &[&[u8]] = &[
    b"abs",
    b"add",
    b"atan",
    b"ceiling",
    b"cos",
    b"cvi",
    b"cvr",
    b"div",
    b"exp",
    b"floor",
    b"idiv",
    b"ln",
    b"log",
    b"mod",
    b"mul",
    b"neg",
    b"round",
    b"sin",
    b"sqrt",
    b"sub",
    b"truncate",
    b"and",
    b"bitshift",
    b"eq",
    b"ge",
    b"gt",
    b"le",
    b"lt",
    b"ne",
    b"not",
    b"or",
    b"xor",
    b"if",
    b"ifelse",
    b"copy",
    b"dup",
    b"exch",
    b"index",
    b"pop",
    b"roll",
];

pub(super) fn check(number: u32, dict: &Dict, bytes: &[u8]) -> Result<(), Fault> {
    let fits = match dict.get("FunctionType").and_then(Object::size) {
        Some(0) => samples(dict) == Some(bytes.len()),
        Some(4) => calculator(number, bytes)?,
        _ => false,
    };
    match fits {
        true => Ok(()),
        false => Err(Fault(
            HoldCode::HiddenContent,
            format!(
                "object {number} is a function of {} bytes, which isn't what it says",
                bytes.len()
            ),
        )),
    }
}

/// How many bytes a table of samples has.
fn samples(dict: &Dict) -> Option<usize> {
    let bits = dict.get("BitsPerSample")?.size().filter(|bits| *bits <= 32)?;
    let range = dict.get("Range")?.array()?.len() / 2;
    let sizes = dict.get("Size")?.array()?.iter();
    let count = sizes.map(Object::size).try_fold(range, |count, size| count.checked_mul(size?))?;
    Some(count.checked_mul(bits)?.div_ceil(8))
}

fn calculator(number: u32, bytes: &[u8]) -> Result<bool, Fault> {
    // Braces are no objects of a PDF.
    let plain: Vec<u8> =
        bytes.iter().map(|byte| if b"{}".contains(byte) { b' ' } else { *byte }).collect();
    let mut lexer = Lexer::new(&plain, format!("object {number}, "));
    while lexer.skip() {
        let fits = match lexer.operator() {
            Some(word) => WORDS.contains(&word),
            None => lexer.object()?.number().is_some(),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(lexer.comment.is_none())
}

/// A mesh is whole vertices or patches.
pub(super) fn check_mesh(number: u32, dict: &Dict, bytes: &[u8]) -> Result<(), Fault> {
    let size = |key| dict.get(key).and_then(Object::size).filter(|size| *size <= 32);
    let whole = || {
        let decode = dict.get("Decode")?.array()?.len();
        let colours =
            if dict.get("Function").is_some() { 1 } else { (decode / 2).checked_sub(2)? };
        let vertex = 2 * size("BitsPerCoordinate")? + colours * size("BitsPerComponent")?;
        let unit = match size("ShadingType")? {
            4 => (vertex + size("BitsPerFlag")?).div_ceil(8),
            5 => vertex.div_ceil(8),
            // Patches that share an edge are shorter than those that don't.
            6 | 7 => 1,
            _ => return None,
        };
        (unit > 0 && bytes.len().is_multiple_of(unit)).then_some(())
    };
    whole().ok_or_else(|| {
        broken(number, "is a mesh of points that is cut off, or longer than they are")
    })
}
