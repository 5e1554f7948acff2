//! Pictures within content.

use crate::hold::Fault;

use super::{
    lexer::Lexer,
    object::{Dict, Object},
};

/// Largest width and height; larger ones are objects.
const MAX_SIDE: usize = 4096;

/// Goes behind a picture whose `BI` was read.
pub(super) fn read(lexer: &mut Lexer<'_>) -> Result<(), Fault> {
    let mut dict = Dict::default();
    while !lexer.take("ID") {
        let Object::Name(key) = lexer.object()? else {
            return Err(lexer.fault("has no name where a picture's key belongs"));
        };
        if dict.0.iter().any(|(known, _)| *known == key) {
            return Err(lexer.fault("has a key twice"));
        }
        dict.0.push((key, lexer.object()?));
        if dict.0.len() > 8 {
            return Err(lexer.fault("has a picture with too many keys"));
        }
    }
    let length = length(&dict)
        .ok_or_else(|| lexer.fault("begins a picture that isn't read here; draw it as PNG"))?;
    // One byte of space, and then exactly the pixels.
    lexer.at = lexer.at.saturating_add(1 + length);
    match lexer.rest() {
        [b'E', b'I', ..] => lexer.expect("EI"),
        [b'\n' | b' ', b'E', b'I', ..] | [b'\r', b'\n', b'E', b'I', ..] => lexer.expect("EI"),
        _ => Err(lexer.fault("is not the end of a picture, as its size says")),
    }
}

/// How many bytes a picture's pixels have; only those without filters are read.
fn length(dict: &Dict) -> Option<usize> {
    let (mut width, mut height, mut bits, mut numbers) = (None, None, None, None);
    for (key, value) in &dict.0 {
        match &**key {
            b"W" | b"Width" => width = value.size(),
            b"H" | b"Height" => height = value.size(),
            b"BPC" | b"BitsPerComponent" => {
                bits = value.size().filter(|bits| [1, 2, 4, 8].contains(bits))
            }
            b"IM" | b"ImageMask" if *value == Object::Bool(true) => {
                (bits, numbers) = (bits.or(Some(1)), numbers.or(Some(1)));
            }
            b"CS" | b"ColorSpace" => {
                numbers = match value.name()? {
                    b"G" | b"DeviceGray" => Some(1),
                    b"RGB" | b"DeviceRGB" => Some(3),
                    b"CMYK" | b"DeviceCMYK" => Some(4),
                    _ => return None,
                }
            }
            b"D" | b"Decode" => {
                let plain = [[0, 1], [1, 0]].map(|pair| pair.map(Object::Int).to_vec());
                plain.iter().any(|pair| value.array() == Some(pair)).then_some(())?;
            }
            b"I" | b"Interpolate" if matches!(value, Object::Bool(_)) => {}
            _ => return None,
        }
    }
    let (width, height) =
        (width.filter(|side| *side <= MAX_SIDE)?, height.filter(|side| *side <= MAX_SIDE)?);
    Some((width * numbers? * bits?).div_ceil(8) * height)
}
