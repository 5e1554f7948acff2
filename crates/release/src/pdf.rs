//! PDF: a document whose names can all be seen and none of which does anything.

use super::{Fault, HoldCode};

/// Names that load, run, hide or carry something, and those that hide other names.
const REFUSED: &[&[u8]] = &[
    b"JavaScript",
    b"JS",
    b"Launch",
    b"OpenAction",
    b"AA",
    b"URI",
    b"GoToR",
    b"GoToE",
    b"SubmitForm",
    b"ImportData",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"Filespec",
    b"AF",
    b"RichMedia",
    b"Movie",
    b"Sound",
    b"Screen",
    b"3D",
    b"XFA",
    b"AcroForm",
    b"Rendition",
    b"Encrypt",
    b"ObjStm",
    b"Metadata",
    // Every annotation has one, and pages have none.
    b"Rect",
    b"OCG",
    b"OCMD",
    b"OCProperties",
    b"PieceInfo",
    b"Thumb",
];
const END: &[u8] = b"%%EOF";

pub(super) fn check(content: &[u8]) -> Result<(), Fault> {
    if !content.starts_with(b"%PDF-1.") {
        return Err(Fault(HoldCode::NotPdf, "it does not start as a PDF 1.x".into()));
    }
    if !content.trim_ascii_end().ends_with(END) {
        return Err(Fault(HoldCode::NotPdf, "it does not end as a PDF".into()));
    }
    // What an update replaces is still there, and shown by nobody.
    if content.windows(END.len()).filter(|window| *window == END).count() > 1 {
        return Err(Fault(
            HoldCode::NotPdf,
            "it ends more than once: it was updated, or linearised".into(),
        ));
    }
    let mut parts = content.split(|&byte| byte == b'/');
    let mut offset = parts.next().map_or(0, <[u8]>::len);
    for part in parts {
        if REFUSED.contains(&unescape(part).as_slice()) {
            return Err(Fault(
                HoldCode::ActiveContent,
                format!("byte {offset} names something that acts, hides or embeds"),
            ));
        }
        offset += 1 + part.len();
    }
    Ok(())
}

/// The name at the start of `text`, with `#4A` as the `J` it stands for.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'#', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or(0) as u8;
                name.push(digit(high) << 4 | digit(low));
                rest = after;
            }
            _ if byte.is_ascii_whitespace() || b"\0()<>[]{}/%".contains(&byte) => break,
            _ => name.push(byte),
        }
        // Longer than any refused name.
        if name.len() > 16 {
            break;
        }
    }
    name
}
