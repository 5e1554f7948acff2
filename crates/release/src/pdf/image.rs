//! Pictures: as many bytes as pixels, none of them of a colour that isn't seen.

use crate::{
    hold::{Fault, HoldCode},
    jpeg,
};

use super::{
    colour::{components, palette},
    file::{File, broken},
    object::{Dict, Object},
    unfold::Unfolded,
};

/// Largest width and height.
const MAX_SIDE: usize = 1 << 16;

/// Most numbers of a /Decode: two for each of a colour.
const MAX_DECODE: usize = 8;

struct Picture {
    width: usize,
    height: usize,
    /// Numbers of a pixel, and bits of each.
    numbers: usize,
    bits: usize,
    pixels: Vec<u8>,
}

/// Checks a picture; `room` is what JPEGs may still unfold to.
pub(super) fn check(file: &File<'_>, number: u32, room: &mut u64) -> Result<(), Fault> {
    let Some(dict) = file.item(number).dict() else { return Err(broken(number, "is no picture")) };
    let size = |key| {
        file.get(dict, key).and_then(Object::size).filter(|size| (1..=MAX_SIDE).contains(size))
    };
    let (Some(width), Some(height)) = (size("Width"), size("Height")) else {
        return Err(broken(number, "is a picture without width or height"));
    };
    let stencil = file.get(dict, "ImageMask") == Some(&Object::Bool(true));
    let space = file.get(dict, "ColorSpace");
    let numbers = match stencil {
        true => Some(1),
        false => space.and_then(|space| components(file, space)),
    };
    let bits = if stencil { Some(1) } else { size("BitsPerComponent") };
    check_decode(file, number, dict)?;
    let pixels = match file.unfold(number)? {
        Some(Unfolded::Bytes(pixels)) => pixels,
        Some(Unfolded::Jpeg(jpeg)) => {
            check_jpeg(number, &jpeg, room)?;
            return check_seen(file, number, dict);
        }
        None => return Err(broken(number, "is no picture")),
    };
    let (Some(numbers), Some(bits @ (1 | 2 | 4 | 8 | 16))) = (numbers, bits) else {
        return Err(broken(
            number,
            "is a picture of colours that aren't read here; draw it as PNG",
        ));
    };
    let picture = Picture { width, height, numbers, bits, pixels };
    let row = (width * numbers * bits).div_ceil(8);
    if picture.pixels.len() != row * height {
        let what = format!(
            "is a picture of {} bytes where its size makes {}",
            picture.pixels.len(),
            row * height
        );
        return Err(hidden(number, &what));
    }
    check_margin(number, &picture, row)?;
    if let Some(space) = space {
        check_palette(file, number, space, &picture, row)?;
    }
    match dict.get("SMask") {
        None | Some(Object::Null) => Ok(()),
        Some(Object::Ref(mask)) => check_mask(file, number, *mask, &picture),
        Some(_) => Err(broken(number, "has a mask that is no picture")),
    }
}

fn hidden(number: u32, what: &str) -> Fault {
    Fault(HoldCode::HiddenContent, format!("object {number} {what}"))
}

/// Only the usual order of lightness, or the other way round.
fn check_decode(file: &File<'_>, number: u32, dict: &Dict) -> Result<(), Fault> {
    let Some(decode) = file.get(dict, "Decode") else { return Ok(()) };
    let decode = decode.array().unwrap_or_default();
    let pairs = decode.chunks(2);
    let plain = |pair: &[Object]| match pair {
        [low, high] => match (low.number(), high.number()) {
            (Some(low), Some(high)) => (low == 0.0 && high >= 1.0) || (low == 1.0 && high == 0.0),
            _ => false,
        },
        _ => false,
    };
    match decode.len() <= MAX_DECODE && pairs.into_iter().all(plain) {
        true => Ok(()),
        false => Err(hidden(number, "is a picture whose /Decode makes colours alike")),
    }
}

/// Bits behind the last pixel of each row.
fn check_margin(number: u32, picture: &Picture, row: usize) -> Result<(), Fault> {
    let spare = row * 8 - picture.width * picture.numbers * picture.bits;
    let unseen = |row: &[u8]| row.last().map_or(0, |last| last & ((1 << spare) - 1) as u8);
    let mut margins = picture.pixels.chunks_exact(row).map(unseen);
    let first = margins.next().unwrap_or(0);
    match margins.all(|margin| margin == first) {
        true => Ok(()),
        false => Err(hidden(number, "is a picture with something behind its rows")),
    }
}

/// Each colour of a palette is some pixel's.
fn check_palette(
    file: &File<'_>,
    number: u32,
    space: &Object,
    picture: &Picture,
    row: usize,
) -> Result<(), Fault> {
    let Some((size, colours)) = palette(file, space)? else { return Ok(()) };
    if picture.bits > 8 {
        return Err(broken(number, "is a picture with a palette and too many bits"));
    }
    let mut used = [false; 256];
    for row in picture.pixels.chunks_exact(row) {
        for pixel in 0..picture.width {
            let bit = pixel * picture.bits;
            let shift = 8 - picture.bits - bit % 8;
            let mask = ((1_u16 << picture.bits) - 1) as u8;
            used[usize::from(row[bit / 8] >> shift & mask)] = true;
        }
    }
    let count = colours.len() / size;
    if used[count..].contains(&true) {
        return Err(broken(number, "is a picture with a colour that is not in its palette"));
    }
    let mut unused = colours.chunks_exact(size).zip(used).filter(|(_, used)| !used);
    match unused.all(|(colour, _)| colour.iter().all(|&byte| byte == 0 || byte == 255)) {
        true => Ok(()),
        false => Err(hidden(number, "is a picture with colours in its palette that no pixel has")),
    }
}

fn riddle(number: u32) -> Fault {
    hidden(number, "is a picture behind a mask that isn't read here; write it without transparency")
}

/// How opaque each pixel of a mask is, and its width and height.
fn alpha(file: &File<'_>, number: u32, mask: u32) -> Result<(Vec<u8>, [usize; 2]), Fault> {
    let dict = file.item(mask).dict().ok_or_else(|| riddle(number))?;
    let size = |key| file.get(dict, key).and_then(Object::size);
    let plain = size("BitsPerComponent") == Some(8)
        && file.get(dict, "ColorSpace").is_some_and(|space| space.is_name("DeviceGray"))
        && file.get(dict, "Decode").is_none();
    match (file.unfold(mask)?, size("Width"), size("Height")) {
        (Some(Unfolded::Bytes(alpha)), Some(width), Some(height)) if plain => {
            Ok((alpha, [width, height]))
        }
        _ => Err(riddle(number)),
    }
}

/// A JPEG's colours aren't known here, so that none of them may be transparent.
fn check_seen(file: &File<'_>, number: u32, dict: &Dict) -> Result<(), Fault> {
    match dict.get("SMask") {
        None | Some(Object::Null) => Ok(()),
        Some(Object::Ref(mask)) if alpha(file, number, *mask)?.0.iter().all(|&a| a == 255) => {
            Ok(())
        }
        Some(_) => Err(hidden(
            number,
            "is a JPEG picture behind transparency; write it without, or as PNG",
        )),
    }
}

/// What is wholly transparent has one colour; anything else would be another picture.
fn check_mask(file: &File<'_>, number: u32, mask: u32, picture: &Picture) -> Result<(), Fault> {
    let (alpha, size) = alpha(file, number, mask)?;
    let same = size == [picture.width, picture.height];
    if !same || picture.bits != 8 || alpha.len() != picture.width * picture.height {
        return Err(riddle(number));
    }
    let mut clear =
        picture.pixels.chunks_exact(picture.numbers).zip(alpha).filter(|(_, alpha)| *alpha == 0);
    let first = clear.next().map(|(colour, _)| colour);
    match clear.all(|(colour, _)| Some(colour) == first) {
        true => Ok(()),
        false => Err(hidden(number, "is a picture that hides colours behind transparency")),
    }
}

/// A picture that is a file of its own, by that file's rules.
fn check_jpeg(number: u32, jpeg: &[u8], room: &mut u64) -> Result<(), Fault> {
    jpeg::check(jpeg, room)
        .map_err(|Fault(_, what)| hidden(number, &format!("is a JPEG picture: {what}")))
}
