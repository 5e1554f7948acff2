//! What a file says of itself: its makers and dates, in exactly their programs' words.

use crate::hold::{Fault, HoldCode};

use super::{
    file::File,
    object::{Dict, Object, shown},
};

/// Makers of files; `#` stands for a version.
const MAKERS: &[&str] = &[
    "Matplotlib v#, https://matplotlib.org",
    "Matplotlib pdf backend v#",
    "R",
    "R #",
    "cairo # (https://cairographics.org)",
    "cairo # (http://cairographics.org)",
    "graphviz version # (#)",
    "GPL Ghostscript #",
    "TeX",
    "LaTeX with hyperref",
    "pdfTeX-#",
    "LuaTeX-#",
    "xdvipdfmx (#)",
    "Typst #",
    "LibreOffice #",
    "Calc",
    "Writer",
    "Draw",
    "Impress",
    "Math",
    "Chromium",
    "Skia/PDF m#",
    "Qt #",
    "Inkscape # (https://inkscape.org)",
    "svg2pdf",
    "groff version #",
    "gropdf version #",
];
/// pdfTeX's own line.
const BANNERS: &[&str] = &[
    "This is pdfTeX, Version #-#-# (TeX Live #) kpathsea version #",
    "This is pdfTeX, Version #-#-# (TeX Live #/Debian) kpathsea version #",
];
/// What R writes if nobody says otherwise.
const TITLES: &[&str] = &["R Graphics Output"];
/// Longest version: digits and points.
const MAX_VERSION: usize = 12;

/// Refuses a dictionary that says more.
pub(super) fn check(file: &File<'_>, number: Option<u32>, info: &Dict) -> Result<(), Fault> {
    let mut unseen = Vec::new();
    for (key, value) in &info.0 {
        let text = match value {
            Object::Text(text) => plain(text),
            Object::Name(name) => std::str::from_utf8(name).ok().map(str::to_owned),
            _ => None,
        };
        let text = text.as_deref();
        let one_of =
            |forms: &[&str]| text.is_some_and(|text| forms.iter().any(|form| fits(form, text)));
        let known = match &**key {
            b"Title" | b"Author" | b"Subject" | b"Keywords" if text == Some("") => true,
            b"Title" => one_of(TITLES),
            b"Creator" | b"Producer" => text == Some("") || one_of(MAKERS),
            b"PTEX.Fullbanner" => one_of(BANNERS),
            b"CreationDate" | b"ModDate" => text.is_some_and(is_date),
            b"Trapped" => one_of(&["True", "False", "Unknown"]),
            _ => false,
        };
        if !known {
            let place = number.map_or(String::new(), |number| format!("object {number} (Info) "));
            let name = shown(key);
            let inner = super::refuse::active(file, value, 0, &mut 0);
            if let Some((inner, what)) = inner {
                return Err(Fault(
                    HoldCode::ActiveContent,
                    format!("{place}has {inner} below {name}: {what}"),
                ));
            }
            unseen.push(key);
        }
    }
    let Some(key) = unseen.last() else { return Ok(()) };
    let place = number.map_or(String::new(), |number| format!("object {number} (Info) "));
    let names: Vec<String> = unseen.iter().map(|key| shown(key)).collect();
    let names = names.join(", ");
    let remedy = remedy(key);
    Err(Fault(
        HoldCode::HiddenContent,
        format!("{place}has {names}, which no page shows: {remedy}"),
    ))
}

fn remedy(key: &[u8]) -> String {
    let key = String::from_utf8_lossy(key.get(..32).unwrap_or(key)).into_owned();
    match key.as_str() {
        "Title" => "leave it out: matplotlib `savefig(metadata={\"Title\": None})`, R `pdf(title = \"R Graphics Output\")`, \
                    LaTeX without `pdftitle`, Graphviz a graph without a name, or `exiftool -Title= FILE` and \
                    `qpdf --empty --pages FILE 1-z -- OUT`"
            .into(),
        _ => format!(
            "leave it out: matplotlib `savefig(metadata={{\"{key}\": None}})`, LaTeX without `pdfauthor` and \
             the like, LibreOffice File > Properties, or `qpdf --empty --pages FILE 1-z -- OUT`"
        ),
    }
}

/// A text of ASCII, in either of the two encodings.
fn plain(text: &[u8]) -> Option<String> {
    let bytes = match text.strip_prefix(b"\xfe\xff") {
        Some(wide) => {
            let (pairs, rest) = wide.as_chunks::<2>();
            rest.is_empty().then_some(())?;
            pairs
                .iter()
                .map(|[high, low]| (*high == 0).then_some(*low))
                .collect::<Option<Vec<_>>>()?
        }
        None => text.to_vec(),
    };
    bytes.is_ascii().then(|| String::from_utf8(bytes).ok())?
}

/// Whether a text is of a form in which `#` stands for a version.
fn fits(form: &str, text: &str) -> bool {
    let Some((before, after)) = form.split_once('#') else { return form == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    (1..=MAX_VERSION).contains(&length) && fits(after, &rest[length..])
}

/// `D:20261130142059`, and a zone: `Z`, `+01'00'`.
fn is_date(text: &str) -> bool {
    let Some((digits, zone)) = text.strip_prefix("D:").and_then(|rest| rest.split_at_checked(14))
    else {
        return false;
    };
    let field = |range: std::ops::Range<usize>, least: u32, most: u32| {
        digits[range].parse::<u32>().is_ok_and(|value| (least..=most).contains(&value))
    };
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && field(0..4, 1990, 2099)
        && field(4..6, 1, 12)
        && field(6..8, 1, 31)
        && field(8..10, 0, 23)
        && field(10..12, 0, 59)
        && field(12..14, 0, 60)
        && is_zone(zone)
}

fn is_zone(zone: &str) -> bool {
    let hours = |text: &str| {
        let text = text.strip_suffix('\'').unwrap_or(text);
        text.split_once('\'').is_some_and(|(hours, minutes)| {
            hours.len() == 2
                && ["00", "15", "30", "45"].contains(&minutes)
                && hours.parse::<u8>().is_ok_and(|h| h <= 14)
        })
    };
    match zone.as_bytes() {
        [] | [b'Z'] | b"Z'" => true,
        [b'Z', ..] => hours(&zone[1..]) && zone[1..].starts_with("00'00"),
        [b'+' | b'-', ..] => hours(&zone[1..]),
        _ => false,
    }
}
