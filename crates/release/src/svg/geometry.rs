//! Where shapes are.

use std::str::FromStr;

use roxmltree::Node;
use svgtypes::{
    Length, LengthUnit, PointsParser, SimplePathSegment, SimplifyingPathParser, Transform,
};

use super::{MALFORMED, Wrong, wrong};

pub(super) type Point = (f64, f64);

/// `inner`, then `outer`.
pub(super) fn chain(outer: &Transform, inner: &Transform) -> Transform {
    Transform {
        a: outer.a * inner.a + outer.c * inner.b,
        b: outer.b * inner.a + outer.d * inner.b,
        c: outer.a * inner.c + outer.c * inner.d,
        d: outer.b * inner.c + outer.d * inner.d,
        e: outer.a * inner.e + outer.c * inner.f + outer.e,
        f: outer.b * inner.e + outer.d * inner.f + outer.f,
    }
}

pub(super) fn map(by: &Transform, (x, y): Point) -> Point {
    (by.a * x + by.c * y + by.e, by.b * x + by.d * y + by.f)
}

/// How long the shorter side of a square of one unit is at least.
pub(super) fn smallest_scale(by: &Transform) -> f64 {
    let longest = by.a.hypot(by.b).max(by.c.hypot(by.d));
    let area = (by.a * by.d - by.b * by.c).abs();
    if longest > 0.0 { area / longest } else { 0.0 }
}

/// A rectangle along the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) from: Point,
    pub(super) to: Point,
}

impl Bounds {
    pub(super) const NOTHING: Self =
        Self { from: (f64::INFINITY, f64::INFINITY), to: (f64::NEG_INFINITY, f64::NEG_INFINITY) };

    pub(super) fn add(&mut self, (x, y): Point) {
        self.from = (self.from.0.min(x), self.from.1.min(y));
        self.to = (self.to.0.max(x), self.to.1.max(y));
    }

    pub(super) fn cut(&self, other: &Self) -> Self {
        Self {
            from: (self.from.0.max(other.from.0), self.from.1.max(other.from.1)),
            to: (self.to.0.min(other.to.0), self.to.1.min(other.to.1)),
        }
    }

    /// Whether the point is in it, or not farther than `margin` from it; NaN never is.
    pub(super) fn holds(&self, (x, y): Point, margin: f64) -> bool {
        x >= self.from.0 - margin
            && x <= self.to.0 + margin
            && y >= self.from.1 - margin
            && y <= self.to.1 + margin
    }

    pub(super) fn is_empty(&self) -> bool {
        // Also where one is NaN.
        !(self.from.0 <= self.to.0 && self.from.1 <= self.to.1)
    }
}

/// A length in user units; `whole` is what per cent are of.
pub(super) fn length(text: &str, whole: f64, em: f64) -> Result<f64, Wrong> {
    match Length::from_str(text.trim_ascii()) {
        Ok(length) => Ok(in_units(length, whole, em)),
        Err(_) => wrong(MALFORMED, format!("{} is no length", super::short(text))),
    }
}

pub(super) fn in_units(Length { number, unit }: Length, whole: f64, em: f64) -> f64 {
    number
        * match unit {
            LengthUnit::None | LengthUnit::Px => 1.0,
            LengthUnit::Em => em,
            LengthUnit::Ex => em / 2.0,
            LengthUnit::In => 96.0,
            LengthUnit::Cm => 96.0 / 2.54,
            LengthUnit::Mm => 96.0 / 25.4,
            LengthUnit::Pt => 96.0 / 72.0,
            LengthUnit::Pc => 16.0,
            LengthUnit::Percent => whole / 100.0,
        }
}

/// An attribute that is a length along the width or height of `size`; absent it is 0.
pub(super) fn along(node: Node<'_, '_>, name: &str, whole: f64) -> Result<f64, Wrong> {
    node.attribute(name).map_or(Ok(0.0), |text| length(text, whole, 16.0))
}

/// A corner and the one across, of a `rect`, `image` or `svg`.
pub(super) fn corners(node: Node<'_, '_>, size: Point) -> Result<[Point; 2], Wrong> {
    let (x, y) = (along(node, "x", size.0)?, along(node, "y", size.1)?);
    let (width, height) = (along(node, "width", size.0)?, along(node, "height", size.1)?);
    Ok([(x, y), (x + width, y + height)])
}

/// What a shape is made of.
pub(super) enum Shape {
    /// One thing: the corners around it.
    Around(Point, Point),
    /// Points, one by one.
    Points,
}

/// Whether an element is a shape.
pub(super) fn is_shape(name: &str) -> bool {
    matches!(name, "path" | "rect" | "circle" | "ellipse" | "line" | "polyline" | "polygon")
}

/// What a shape in a view of `size` is, its single points told to `visit`.
pub(super) fn trace(
    node: Node<'_, '_>,
    size: Point,
    visit: &mut dyn FnMut(Point) -> Result<(), Wrong>,
) -> Result<Shape, Wrong> {
    let x = |name| along(node, name, size.0);
    let y = |name| along(node, name, size.1);
    match node.tag_name().name() {
        "rect" => {
            let [from, to] = corners(node, size)?;
            return Ok(Shape::Around(from, to));
        }
        "circle" | "ellipse" => {
            let (cx, cy) = (x("cx")?, y("cy")?);
            let both = node.tag_name().name() == "circle";
            let (rx, ry) = if both { (x("r")?, x("r")?) } else { (x("rx")?, y("ry")?) };
            return Ok(Shape::Around((cx - rx, cy - ry), (cx + rx, cy + ry)));
        }
        "line" => {
            visit((x("x1")?, y("y1")?))?;
            visit((x("x2")?, y("y2")?))?;
        }
        "path" => trace_path(node.attribute("d").unwrap_or_default(), visit)?,
        _ => {
            let text = node.attribute("points").unwrap_or_default();
            let mut read = 0;
            for point in PointsParser::from(text) {
                read += 1;
                visit(point)?;
            }
            // The parser stops without a word where it doesn't understand.
            let numbers =
                svgtypes::NumberListParser::from(text).try_fold(0, |n, one| one.map(|_| n + 1));
            if numbers.ok() != Some(2 * read) {
                return wrong(MALFORMED, "its `points` are no pairs of numbers");
            }
        }
    }
    Ok(Shape::Points)
}

fn trace_path(path: &str, visit: &mut dyn FnMut(Point) -> Result<(), Wrong>) -> Result<(), Wrong> {
    if !matches!(path.trim_ascii_start().bytes().next(), None | Some(b'M' | b'm'))
        && path.trim_ascii() != "none"
    {
        return wrong(MALFORMED, "its path doesn't begin with `M`");
    }
    if path.trim_ascii() == "none" {
        return Ok(());
    }
    for segment in SimplifyingPathParser::from(path) {
        match segment {
            Ok(SimplePathSegment::MoveTo { x, y } | SimplePathSegment::LineTo { x, y }) => {
                visit((x, y))?
            }
            Ok(SimplePathSegment::CurveTo { x1, y1, x2, y2, x, y }) => {
                visit((x1, y1))?;
                visit((x2, y2))?;
                visit((x, y))?;
            }
            Ok(SimplePathSegment::Quadratic { x1, y1, x, y }) => {
                visit((x1, y1))?;
                visit((x, y))?;
            }
            Ok(SimplePathSegment::ClosePath) => {}
            Err(error) => return wrong(MALFORMED, format!("its path breaks off: {error}")),
        }
    }
    Ok(())
}
