//! What is painted: shapes and pictures, and so what texts stand on.

use base64ct::{Base64, Encoding};
use roxmltree::Node;

use super::clip::UNTOLD;
use super::draw::{FAINTEST, Painter, spend};
use super::geometry::{Bounds, Point, corners, map, smallest_scale};
use super::state::{Paint, State};
use super::{HIDDEN, Wrong, wrong};

/// Most pixels of a picture within to a pixel of the drawing, along a side.
const MAX_DENSITY: f64 = 16.0;

/// What texts may stand on.
pub(super) struct Ground {
    bounds: Bounds,
    paint: Paint,
    /// Whether it fills its bounds, so that nothing behind it shows.
    whole: bool,
}

impl<'a, 'i> Painter<'a, 'i> {
    pub(super) fn shape(&mut self, node: Node<'a, 'i>, state: &State) -> Result<(), Wrong> {
        let measured = self.measure(node, state)?;
        let unseen = match state.shown() {
            Some(_) if smallest_scale(&state.to_view) > 0.0 => measured.outside,
            _ => measured.points,
        };
        self.seen += u64::from(unseen < measured.points);
        if measured.points > 0 {
            let least = self.unseen.entry(node.id()).or_insert(unseen);
            *least = unseen.min(*least);
        }
        let bounds = measured.bounds.cut(&state.window);
        let around = matches!(node.tag_name().name(), "rect" | "circle" | "ellipse");
        // A line has no inside to fill.
        let filled = (around || measured.points > 2) && !bounds.is_empty();
        if let Some(paint) = state.ground().filter(|_| filled) {
            let round = node.attribute("rx").is_some() || node.attribute("ry").is_some();
            let whole = measured.upright && !round && state.obscured.is_none();
            self.grounds.push(Ground { bounds, paint, whole });
        }
        Ok(())
    }

    pub(super) fn image(&mut self, node: Node<'a, 'i>, state: &State) -> Result<(), Wrong> {
        self.reached.insert(node.id());
        self.seen += 1;
        let href = node.attributes().find(|it| it.name() == "href").map_or("", |it| it.value());
        spend(&mut self.steps, href.len() as u64 / 64)?;
        let Some((wide, high)) = pixels(href) else {
            return wrong(HIDDEN, "the picture within has no size");
        };
        let [from, mut to] = corners(node, state.size)?;
        // Without a size of its own it has that of its pixels.
        if node.attribute("width").is_none() && node.attribute("height").is_none() {
            to = (from.0 + f64::from(wide), from.1 + f64::from(high));
        }
        let mut bounds = Bounds::NOTHING;
        for corner in [from, to] {
            bounds.add(map(&state.to_view, corner));
        }
        let sides = (bounds.to.0 - bounds.from.0, bounds.to.1 - bounds.from.1);
        let seen = state.window.cut(&bounds);
        let shown = (seen.to.0 - seen.from.0) * (seen.to.1 - seen.from.1) / (sides.0 * sides.1);
        if seen.is_empty()
            || state.hidden
            || state.opacity < FAINTEST
            || shown.is_nan()
            || shown < 0.5
        {
            return wrong(
                HIDDEN,
                "the picture within isn't shown, or less than half of it; leave it out",
            );
        }
        if let Some(why) = state.obscured.filter(|why| *why != UNTOLD) {
            return wrong(
                HIDDEN,
                format!("it can't be told whether the picture within is shown: {why}"),
            );
        }
        if f64::from(wide) > MAX_DENSITY * sides.0 || f64::from(high) > MAX_DENSITY * sides.1 {
            return wrong(
                HIDDEN,
                format!(
                    "the picture within has {wide} by {high} pixels, far more than are shown; make it smaller"
                ),
            );
        }
        self.grounds.push(Ground { bounds: seen, paint: Paint::Mixed, whole: true });
        Ok(())
    }

    /// What may be behind a point: the last whole ground around it, or paper, and all painted
    /// over that which may cover it.
    pub(super) fn behind(&mut self, at: Point) -> Result<Vec<Paint>, Wrong> {
        spend(&mut self.steps, 1 + self.grounds.len() as u64 / 32)?;
        let mut behind = Vec::new();
        for ground in self.grounds.iter().rev().filter(|it| it.bounds.holds(at, 0.0)) {
            behind.push(ground.paint);
            if ground.whole {
                return Ok(behind);
            }
        }
        behind.push(Paint::Flat([255; 3], 1.0));
        Ok(behind)
    }
}

/// Width and height of a PNG or JPEG that was found to be one.
fn pixels(href: &str) -> Option<(u32, u32)> {
    let data = href.split_once("base64,")?.1;
    let data: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let picture = Base64::decode_vec(&data).ok()?;
    if picture.starts_with(&[0xff, 0xd8]) {
        return jpeg_pixels(&picture);
    }
    let side = |at: usize| picture.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some((side(16)?, side(20)?))
}

fn jpeg_pixels(picture: &[u8]) -> Option<(u32, u32)> {
    let word =
        |at: usize| Some(u32::from(u16::from_be_bytes(picture.get(at..at + 2)?.try_into().ok()?)));
    let mut at = 2;
    // The frame's segment begins with its precision, then come height and width.
    while !matches!(word(at)?, 0xffc0..=0xffc2) {
        at += 2 + word(at + 2)? as usize;
    }
    Some((word(at + 7)?, word(at + 5)?))
}
