//! Colour spaces.

use sha2::{Digest, Sha256};

use crate::hold::{Fault, HoldCode};

use super::{
    file::File,
    object::{Dict, Object},
    shape::{CALIBRATION, FUNCTION, PROFILE},
    walk::{Owner, Walk, made_up},
};

/// Deepest nesting of colour spaces.
const MAX_DEPTH: usize = 4;
/// Most colours of a palette.
const MAX_COLOURS: usize = 256;

/// SHA-256 of profiles that programs write, each free of anything but its maker's words.
const PROFILES: &[&str] = &[
    // R: sRGB IEC61966-2.1, by Hewlett-Packard.
    "2b3aa1645779a9e634744faf9b01e9102b0c9b88fd6deced7934df86b949af7e",
    // svg2pdf, Typst: sRGB.
    "c56e1685d888f5edb92fe07f2750f387f8fe8e91b32ff8fb0b56bfbbb9458353",
    // Ghostscript: default_rgb.icc and default_gray.icc.
    "eddaf344b5edea13269e0d20055f335610e5e0b6e33e6e536f2701bc18c5f7d5",
    "d3aaaa8ad45ec8a0108fd393a07488073ee24561fd5ed2d1f88c59771278cabd",
];

/// Whether a value is a colour space that is wholly known.
pub(super) fn walk(
    walk: &mut Walk<'_>,
    owner: Owner,
    value: &Object,
    depth: usize,
) -> Result<bool, Fault> {
    if let Object::Ref(number) = value {
        walk.reached.insert(*number);
    }
    let file = walk.file;
    let value = file.resolve(value).0;
    let items = match value {
        Object::Name(name) => return Ok(made_up(name)),
        Object::Array(items) if depth < MAX_DEPTH => items,
        _ => return Ok(false),
    };
    let Some((family, rest)) = items.split_first() else { return Ok(false) };
    Ok(match (family.name().unwrap_or_default(), rest) {
        (b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK" | b"Pattern", []) => true,
        (b"Pattern", [under]) => self::walk(walk, owner, under, depth + 1)?,
        (b"ICCBased", [Object::Ref(number)]) => {
            walk.refer(*number, &PROFILE);
            true
        }
        (b"CalGray" | b"CalRGB" | b"Lab", [parameters]) => match file.resolve(parameters) {
            (Object::Dict(_), Some(number)) => {
                walk.refer(number, &CALIBRATION);
                true
            }
            (Object::Dict(dict), None) => {
                walk.dict(owner, dict, &CALIBRATION)?;
                true
            }
            _ => false,
        },
        (b"Indexed", [base, Object::Int(_), colours]) => {
            if let Object::Ref(number) = colours {
                walk.reached.insert(*number);
            }
            self::walk(walk, owner, base, depth + 1)? && palette(file, value)?.is_some()
        }
        (b"Separation", [Object::Name(name), other, Object::Ref(function)]) => {
            walk.refer(*function, &FUNCTION);
            made_up(name) && self::walk(walk, owner, other, depth + 1)?
        }
        (b"Separation", [Object::Name(name), other, Object::Dict(function)]) => {
            walk.dict(owner, function, &FUNCTION)?;
            made_up(name) && self::walk(walk, owner, other, depth + 1)?
        }
        _ => false,
    })
}

/// How many numbers make a colour.
pub(super) fn components(file: &File<'_>, space: &Object) -> Option<usize> {
    let space = file.resolve(space).0;
    let named = |name: &[u8]| match name {
        b"DeviceGray" | b"CalGray" | b"Indexed" | b"Separation" => Some(1),
        b"DeviceRGB" | b"CalRGB" | b"Lab" => Some(3),
        b"DeviceCMYK" => Some(4),
        _ => None,
    };
    match space {
        Object::Name(name) => named(name),
        Object::Array(items) => match items.as_slice() {
            [Object::Name(name), profile, ..] if &**name == b"ICCBased" => file
                .get(file.resolve(profile).0.dict()?, "N")?
                .size()
                .filter(|size| [1, 3, 4].contains(size)),
            [Object::Name(name), ..] => named(name),
            _ => None,
        },
        _ => None,
    }
}

/// The colours of a palette, if the space has one: how many numbers each has, and all of these.
pub(super) fn palette(file: &File<'_>, space: &Object) -> Result<Option<(usize, Vec<u8>)>, Fault> {
    let Some([Object::Name(name), base, Object::Int(last), colours]) =
        file.resolve(space).0.array()
    else {
        return Ok(None);
    };
    let (Some(size), Ok(last)) = (components(file, base), usize::try_from(*last)) else {
        return Ok(None);
    };
    let bytes = match colours {
        Object::Ref(number) if file.is_stream(*number) => match file.unfold(*number)? {
            Some(super::unfold::Unfolded::Bytes(bytes)) => bytes,
            _ => return Ok(None),
        },
        colours => match file.resolve(colours).0 {
            Object::Text(text) if text.len() <= MAX_COLOURS * size => text.to_vec(),
            _ => return Ok(None),
        },
    };
    let fits = &**name == b"Indexed" && last < MAX_COLOURS && bytes.len() == (last + 1) * size;
    Ok(fits.then_some((size, bytes)))
}

/// Refuses profiles that aren't known to the byte: they have free text.
pub(super) fn check_profile(number: u32, dict: &Dict, bytes: &[u8]) -> Result<(), Fault> {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    match PROFILES.contains(&digest.as_str()) && dict.get("N").is_some() {
        true => Ok(()),
        false => Err(Fault(
            HoldCode::HiddenContent,
            format!(
                "object {number} is a colour profile that isn't known, and profiles have free text; use plain RGB"
            ),
        )),
    }
}
