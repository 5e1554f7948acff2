//! Names that no file may have, and what to write instead.

use crate::hold::{Fault, HoldCode};

use super::{
    file::File,
    object::{Object, shown},
};

/// Values that are looked at below an unknown key, and how deep.
const MAX_LOOK: usize = 256;
const MAX_DEEP: usize = 4;

/// What loads or runs something.
const ACTIVE: &[(&str, &str)] = &[
    ("JavaScript", "a script"),
    ("JS", "a script"),
    ("Launch", "a program to start"),
    ("URI", "a link; write no `url`, `URL` or `\\href`"),
    ("GoToR", "a link to another file"),
    ("GoToE", "a link to a file inside"),
    ("SubmitForm", "a form that sends"),
    ("ImportData", "a form that loads"),
    ("ResetForm", "a form"),
    ("OpenAction", "an action at opening; a page alone may stand there"),
    ("AA", "actions at events"),
    ("RichMedia", "media"),
    ("Movie", "a film"),
    ("Sound", "a sound"),
    ("Screen", "media"),
    ("Rendition", "media"),
    ("3D", "a model"),
    ("EmbeddedFiles", "files inside"),
    ("EmbeddedFile", "a file inside"),
    ("Filespec", "another file"),
    ("FileAttachment", "a file inside"),
    ("AF", "files that belong to it"),
    ("EF", "a file inside"),
    ("XFA", "a form"),
    ("AcroForm", "a form"),
    ("Encrypt", "encryption; write it without a password"),
    ("F", "a stream that is another file"),
    ("FFilter", "a stream that is another file"),
    ("OPI", "a picture that is another file"),
    ("Ref", "a page of another file"),
];

/// What no page shows.
const HIDDEN: &[(&str, &str)] = &[
    (
        "Metadata",
        "XMP metadata that no page shows; Ghostscript's files pass through `pdftocairo -pdf IN OUT`, LaTeX writes \
         none without `hyperxmp` and `pdfx`; `exiftool -XMP= FILE`, then `qpdf FILE OUT`",
    ),
    (
        "Annots",
        "annotations; write none, and no links (`url`, `URL`, `\\href`, hyperref's `draft`)",
    ),
    ("PieceInfo", "a program's private data; export it without \"preserve editing\""),
    ("Title", "a title"),
    ("Names", "names of places or things; LaTeX leaves them out with hyperref's `draft`"),
    ("Dests", "names of places; LaTeX leaves them out with hyperref's `draft`"),
    (
        "First",
        "bookmarks; LibreOffice leaves them out with `--convert-to 'pdf:…_pdf_Export:{\"ExportBookmarks\":{\"type\":\
         \"boolean\",\"value\":\"false\"}}'`, LaTeX with hyperref's `bookmarks=false`",
    ),
    ("OCProperties", "layers, which can be hidden; write it without layers"),
    ("OC", "a layer, which can be hidden; write it without layers"),
    ("OCGs", "a layer, which can be hidden; write it without layers"),
    ("OutputIntents", "a profile for printers; write plain PDF, not PDF/A or PDF/X"),
    ("Thumb", "a picture that stands for the page"),
    (
        "ActualText",
        "text in place of what is seen; write it without tags (LibreOffice: `UseTaggedPDF` false)",
    ),
    (
        "Alt",
        "text in place of what is seen; write it without tags (LibreOffice: `UseTaggedPDF` false)",
    ),
    ("E", "text in place of what is seen; write it without tags"),
    ("T", "a title that no page shows; write it without tags"),
    ("Threads", "articles that no page shows"),
    ("Alternates", "another picture than the one that is seen"),
    ("Mask", "a mask that can hide parts of a picture; write it without transparency"),
    ("UserUnit", "a page measure that not every reader knows"),
];

fn find(table: &[(&str, &'static str)], name: &[u8]) -> Option<&'static str> {
    table.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, what)| *what)
}

/// Says why an object may not have that key with that value.
pub(super) fn key(file: &File<'_>, place: &str, key: &[u8], value: &Object) -> Fault {
    let name = shown(key);
    let mut looked = 0;
    let inner = find(ACTIVE, key)
        .map(|what| (name.clone(), what))
        .or_else(|| active(file, value, 0, &mut looked));
    match inner {
        Some((inner, what)) if inner == name => {
            Fault(HoldCode::ActiveContent, format!("{place} has {name}: {what}"))
        }
        Some((inner, what)) => {
            Fault(HoldCode::ActiveContent, format!("{place} has {inner} below {name}: {what}"))
        }
        None => {
            let what = find(HIDDEN, key)
                .unwrap_or("a key that isn't known to show something; draw it as PNG");
            Fault(HoldCode::HiddenContent, format!("{place} has {name}: {what}"))
        }
    }
}

/// The first name that loads or runs something, in a value or what it refers to.
pub(super) fn active(
    file: &File<'_>,
    value: &Object,
    depth: usize,
    looked: &mut usize,
) -> Option<(String, &'static str)> {
    *looked += 1;
    if depth > MAX_DEEP || *looked > MAX_LOOK {
        return None;
    }
    match file.resolve(value).0 {
        Object::Array(items) => {
            items.iter().take(MAX_LOOK).find_map(|item| active(file, item, depth + 1, looked))
        }
        Object::Dict(dict) => {
            let known = |name: &[u8]| find(ACTIVE, name).map(|what| (shown(name), what));
            let kind = |key| dict.get(key).and_then(Object::name).and_then(known);
            let own = ["S", "Subtype", "Type"].into_iter().find_map(kind);
            let entries = || dict.0.iter().take(MAX_LOOK);
            own.or_else(|| entries().find_map(|(key, _)| known(key)))
                .or_else(|| entries().find_map(|(_, value)| active(file, value, depth + 1, looked)))
        }
        _ => None,
    }
}
