//! PDF: a document that shows all that it holds, and does nothing.
//!
//! The reader takes the syntax of ISO 32000 as it is written, and nothing that readers forgive: every
//! byte belongs to an object, every object is where the table says and is reached from the catalog,
//! every key is one that is known to show something.

mod colour;
mod draw;
mod file;
mod font;
mod function;
mod glyphs;
mod idle;
mod image;
mod info;
mod inline;
mod lexer;
mod object;
mod operator;
mod pages;
mod refuse;
mod shape;
mod state;
mod unfold;
mod walk;
mod xref;

use std::collections::{HashMap, HashSet};

use draw::Drawing;
use file::{File, broken};
use object::{Dict, Object};
use shape::{CATALOG, PAGE, PAGES, Use};
use unfold::Unfolded;
use walk::Walk;

use super::{Fault, HoldCode, png};

/// Length of each half of a file's identifier, in bytes.
const ID: usize = 16;

pub(super) fn check(content: &[u8]) -> Result<(), Fault> {
    let file = File::read(content)?;
    let Some(&Object::Ref(root)) = file.trailer.get("Root") else {
        return Err(Fault(HoldCode::NotPdf, "its trailer names no catalog".into()));
    };
    let catalog = file.item(root).dict().ok_or_else(|| broken(root, "is no catalog"))?;
    let mut walk = Walk::new(&file);
    walk.all(root, &CATALOG)?;
    check_trailer(&mut walk)?;
    let tree = pages::read(&file, catalog)?;
    walk.reached.extend(tree.lists.iter());
    for &node in &tree.nodes {
        walk.all(node, &PAGES)?;
    }
    for page in &tree.pages {
        walk.all(page.number, &PAGE)?;
    }
    let used = draw(&mut walk, &tree.pages)?;
    glyphs::check(&file)?;
    check_reached(&walk)?;
    check_streams(&walk, &used)?;
    file.check_comments()
}

/// The trailer and what the file says of itself.
fn check_trailer(walk: &mut Walk<'_>) -> Result<(), Fault> {
    let file = walk.file;
    let of_table = ["Type", "W", "Index", "Length", "Filter", "DecodeParms"];
    for (key, value) in &file.trailer.0 {
        let fits = match &**key {
            b"Size" | b"Root" => true,
            b"Info" => match file.resolve(value) {
                (Object::Dict(info), number) => {
                    walk.reached.extend(number);
                    info::check(file, number, info)?;
                    true
                }
                (value, _) => *value == Object::Null,
            },
            b"ID" => match file.resolve(value) {
                (Object::Array(halves), number) => {
                    walk.reached.extend(number);
                    is_id(halves)
                }
                _ => false,
            },
            // LibreOffice's digest.
            b"DocChecksum" => value
                .name()
                .is_some_and(|name| name.len() == 32 && name.iter().all(u8::is_ascii_hexdigit)),
            key => of_table.iter().any(|known| known.as_bytes() == key) && !file.frame.is_empty(),
        };
        if !fits {
            return Err(refuse::key(file, "its trailer", key, value));
        }
    }
    Ok(())
}

/// Two alike, as a file that was never updated has them.
fn is_id(halves: &[Object]) -> bool {
    match halves {
        [Object::Text(one), Object::Text(other)] => one.len() <= ID && one == other,
        _ => false,
    }
}

/// Runs all contents, and says what they used.
fn draw<'f>(walk: &mut Walk<'f>, pages: &[pages::Page<'f>]) -> Result<HashSet<u32>, Fault> {
    let file = walk.file;
    let apart: Vec<(u32, Use)> =
        walk.streams.iter().map(|(&number, &kind)| (number, kind)).collect();
    let glyphs = glyph_resources(file)?;
    let mut drawing = Drawing::new(walk);
    for page in pages {
        drawing.page(page)?;
    }
    for (number, kind) in apart {
        let own = |dict| file.get(dict, "Resources").and_then(Object::dict);
        match kind {
            Use::Tile => drawing.apart(number, file.item(number).dict().and_then(own))?,
            Use::Glyph => drawing.apart(number, glyphs.get(&number).copied())?,
            _ => {}
        }
    }
    drawing.end()
}

fn check_reached(walk: &Walk<'_>) -> Result<(), Fault> {
    let file = walk.file;
    let lost = file
        .numbers()
        .find(|number| !walk.reached.contains(number) && *file.item(*number) != Object::Null);
    let Some(number) = lost else { return Ok(()) };
    Err(match refuse::active(file, file.item(number), 0, &mut 0) {
        Some((name, what)) => {
            Fault(HoldCode::ActiveContent, format!("object {number} has {name}: {what}"))
        }
        None => Fault(
            HoldCode::HiddenContent,
            format!("object {number} is on the way to no page; write the file anew: `qpdf IN OUT`"),
        ),
    })
}

/// What each stream has, by what it is for.
fn check_streams(walk: &Walk<'_>, used: &HashSet<u32>) -> Result<(), Fault> {
    let file = walk.file;
    let images = walk.streams.iter().filter(|(_, kind)| **kind == Use::Image);
    let mask = |number: &u32| match file.item(*number).dict()?.get("SMask")? {
        Object::Ref(mask) => Some(*mask),
        _ => None,
    };
    let masks: HashSet<u32> = images.filter_map(|(number, _)| mask(number)).collect();
    let mut room = png::MAX_UNFOLDED;
    for (&number, &kind) in &walk.streams {
        let drawn = used.contains(&number) || masks.contains(&number);
        if matches!(kind, Use::Image | Use::Form | Use::Tile) && !drawn {
            return Err(Fault(
                HoldCode::HiddenContent,
                format!("object {number} is a picture that no page draws"),
            ));
        }
        if kind == Use::Image {
            image::check(file, number, &mut room)?;
            continue;
        }
        let (Some(dict), Some(Unfolded::Bytes(bytes))) =
            (file.item(number).dict(), file.unfold(number)?)
        else {
            return Err(broken(number, "has a stream that isn't read here"));
        };
        match kind {
            Use::Type1 | Use::TrueType | Use::Compact => {
                font::check_program(number, kind, dict, &bytes)?
            }
            Use::ToUnicode => font::check_characters(number, &bytes)?,
            Use::Glyphs => font::check_glyphs(number, &bytes)?,
            Use::Function => function::check(number, dict, &bytes)?,
            Use::Mesh => function::check_mesh(number, dict, &bytes)?,
            Use::Profile => colour::check_profile(number, dict, &bytes)?,
            // They were drawn.
            Use::None | Use::Form | Use::Tile | Use::Glyph | Use::Image => {}
        }
    }
    Ok(())
}

/// What the glyphs of drawn fonts may draw from.
fn glyph_resources<'f>(file: &'f File<'f>) -> Result<HashMap<u32, &'f Dict>, Fault> {
    let mut glyphs = HashMap::new();
    let mut fonts = HashMap::new();
    for number in file.numbers() {
        let Some(font) = file.item(number).dict() else { continue };
        let programs = file.get(font, "CharProcs").and_then(Object::dict);
        let resources = file.get(font, "Resources").and_then(Object::dict);
        let (Some(programs), Some(resources)) = (programs, resources) else { continue };
        // Each list of glyphs once.
        match fonts.insert(std::ptr::from_ref(programs), std::ptr::from_ref(resources)) {
            None => {}
            Some(other) if other == std::ptr::from_ref(resources) => continue,
            Some(_) => {
                return Err(broken(number, "is a font whose glyphs draw from two resources"));
            }
        }
        for (_, glyph) in &programs.0 {
            if let Object::Ref(glyph) = glyph {
                glyphs.insert(*glyph, resources);
            }
        }
    }
    Ok(glyphs)
}
