//! SVG: by resvg, which knows no scripts and is given no way to other files.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use fontdb::Database;
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{ImageHrefResolver, ImageKind, Options, Tree},
};
use sluice_protocol::drawing::{Flaw, LONGEST_SIDE, Picture};

/// Draws a figure on white, its longest side as long as a picture's may be.
pub fn draw(text: &str, fonts: Arc<Database>) -> Result<Picture, Flaw> {
    let elsewhere = AtomicBool::new(false);
    let tree = read(text, fonts, &elsewhere).ok_or(Flaw::Damaged)?;
    if elsewhere.into_inner() {
        return Err(Flaw::Elsewhere);
    }
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = LONGEST_SIDE as f32 / width.max(height);
    let side = |length: f32| ((length * scale).round() as u32).clamp(1, LONGEST_SIDE);
    let mut pixels = Pixmap::new(side(width), side(height)).ok_or(Flaw::Damaged)?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    // All is opaque, so premultiplied or not is the same.
    let rgb = pixels.data().chunks_exact(4).flat_map(|pixel| &pixel[..3]).copied().collect();
    Picture::new(pixels.width(), rgb).ok_or(Flaw::Damaged)
}

/// `elsewhere` becomes true if a picture would be left out.
fn read(text: &str, fontdb: Arc<Database>, elsewhere: &AtomicBool) -> Option<Tree> {
    let missed = || {
        elsewhere.store(true, Ordering::Relaxed);
        None
    };
    let within = |kind: &str, bytes: Arc<Vec<u8>>| match kind {
        "image/png" => Some(ImageKind::PNG(bytes)),
        "image/jpeg" | "image/jpg" => Some(ImageKind::JPEG(bytes)),
        _ => missed(),
    };
    let options = Options {
        fontdb,
        font_family: crate::FONT.into(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(move |kind, bytes, _| within(kind, bytes)),
            resolve_string: Box::new(move |_, _| missed()),
        },
        ..Options::default()
    };
    Tree::from_str(text, &options).ok()
}
