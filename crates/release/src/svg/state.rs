//! What an element hands down to those in it.

use std::str::FromStr;

use svgtypes::{Color, Paint as Words, PaintFallback, Transform};

use super::geometry::{Bounds, Point, chain, length, smallest_scale};
use super::style::Style;
use super::{HIDDEN, MALFORMED, Wrong, short, wrong};

/// Widest outline of letters, in font sizes: behind them or in their colour, and over them.
const MAX_HALO: f64 = 0.5;
const MAX_OUTLINE: f64 = 0.1;
/// Thinnest outline that shows letters which nothing fills, in pixels.
const MIN_OUTLINE: f64 = 0.25;

/// What a shape is filled or drawn with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Paint {
    Nothing,
    /// Red, green, blue; and how much of it, 0 to 1.
    Flat([u8; 3], f64),
    /// A gradient or pattern.
    Mixed,
}

#[derive(Clone)]
pub(super) struct State {
    /// From here to pixels.
    pub(super) to_view: Transform,
    /// Of the nearest `svg`, in its own units.
    pub(super) size: Point,
    /// What is to be seen at most, in pixels.
    pub(super) window: Bounds,
    /// Why it can't be told whether anything is to be seen.
    pub(super) obscured: Option<&'static str>,
    pub(super) hidden: bool,
    pub(super) opacity: f64,
    pub(super) fill: Paint,
    pub(super) fill_opacity: f64,
    pub(super) stroke: Paint,
    pub(super) stroke_opacity: f64,
    pub(super) stroke_width: f64,
    /// Whether its outline may be dashes, or of a width that isn't scaled.
    broken: bool,
    /// Whether it is drawn before the fill, and so behind it.
    pub(super) stroke_first: bool,
    pub(super) colour: Color,
    pub(super) font_size: f64,
    /// What is added to each letter, and to each blank.
    pub(super) letter_spacing: f64,
    pub(super) word_spacing: f64,
    /// How much of a text lies before its place: 0, a half, all.
    pub(super) anchor: f64,
    /// How far below its place the middle of a line is, in font sizes.
    pub(super) middle: f64,
    /// The same for viewers that follow `alignment-baseline`.
    pub(super) aligned: f64,
}

impl State {
    pub(super) fn of_root(to_view: Transform, size: Point, window: Bounds) -> Self {
        Self {
            to_view,
            size,
            window,
            obscured: None,
            hidden: false,
            opacity: 1.0,
            fill: Paint::Flat([0; 3], 1.0),
            fill_opacity: 1.0,
            stroke: Paint::Nothing,
            stroke_opacity: 1.0,
            stroke_width: 1.0,
            broken: false,
            stroke_first: false,
            colour: Color::black(),
            font_size: 16.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            anchor: 0.0,
            middle: -0.3,
            aligned: -0.3,
        }
    }

    /// That of an element in it, but for where it clips.
    pub(super) fn enter(&self, style: &Style<'_>, transform: Option<&str>) -> Result<Self, Wrong> {
        let mut next = self.clone();
        if let Some(text) = transform {
            let Ok(own) = Transform::from_str(text) else {
                return wrong(MALFORMED, format!("{} is no `transform`", short(text)));
            };
            next.to_view = chain(&self.to_view, &own);
        }
        if let Some(text) = style.get("color").filter(|text| *text != "inherit") {
            let Ok(colour) = Color::from_str(text) else {
                return wrong(MALFORMED, format!("{} is no colour", short(text)));
            };
            next.colour = colour;
        }
        next.fill = next.paint(style.get("fill"), self.fill)?;
        next.stroke = next.paint(style.get("stroke"), self.stroke)?;
        next.fill_opacity = share(style.get("fill-opacity"), self.fill_opacity)?;
        next.stroke_opacity = share(style.get("stroke-opacity"), self.stroke_opacity)?;
        next.opacity = self.opacity * share(style.get("opacity"), 1.0)?;
        if let Some(text) = style.get("stroke-width") {
            next.stroke_width = length(text, self.size.0, self.font_size)?;
        }
        if let Some(dashes) = style.get("stroke-dasharray").filter(|it| *it != "inherit") {
            next.broken = dashes != "none";
        }
        next.broken |= style.get("vector-effect").is_some_and(|effect| effect != "none");
        if let Some(order) = style.get("paint-order") {
            next.stroke_first = order.starts_with("stroke");
        }
        let is = |name: &str, words: &[&str]| {
            style
                .get(name)
                .is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
        };
        next.hidden |= is("display", &["none"]) || is("visibility", &["hidden", "collapse"]);
        for (name, why) in [("mask", "it is masked"), ("filter", "it is filtered")] {
            if style.get(name).is_some() && !is(name, &["none"]) {
                next.obscured = Some(why);
            }
        }
        next.text(style)?;
        Ok(next)
    }

    fn text(&mut self, style: &Style<'_>) -> Result<(), Wrong> {
        if let Some((name, value)) = style.one_of(&["font", "font-size"]) {
            // Of the shorthand the size is the first that is one.
            let sizes = value
                .split_ascii_whitespace()
                .map(|word| word.split('/').next().unwrap_or_default());
            let mut lengths = sizes.filter(|word| {
                name == "font-size" || word.ends_with(|c: char| c.is_ascii_alphabetic() || c == '%')
            });
            let Some(size) =
                lengths.find_map(|word| length(word, self.font_size, self.font_size).ok())
            else {
                return wrong(
                    HIDDEN,
                    format!("the `{name}` {} has no size in numbers; write one", short(value)),
                );
            };
            self.font_size = size;
        }
        match style.get("text-anchor") {
            Some("start") => self.anchor = 0.0,
            Some("middle") => self.anchor = 0.5,
            Some("end") => self.anchor = 1.0,
            _ => {}
        }
        let middle = |name| match style.get(name) {
            Some("middle" | "central" | "mathematical") => Some(0.0),
            Some("hanging" | "text-before-edge" | "text-top") => Some(0.5),
            Some("text-after-edge" | "text-bottom" | "ideographic") => Some(-0.5),
            Some("auto" | "alphabetic") => Some(-0.3),
            _ => None,
        };
        self.middle = middle("dominant-baseline").unwrap_or(self.middle);
        self.aligned = middle("alignment-baseline").unwrap_or(self.middle);
        let spacing = |name, inherited| match style.get(name) {
            None => Ok(inherited),
            Some("normal") => Ok(0.0),
            Some(value) => length(value, self.font_size, self.font_size),
        };
        let spacings = (
            spacing("letter-spacing", self.letter_spacing)?,
            spacing("word-spacing", self.word_spacing)?,
        );
        (self.letter_spacing, self.word_spacing) = spacings;
        let plain: [(_, &[&str]); 4] = [
            ("baseline-shift", &["baseline", "sub", "super", "0"]),
            ("writing-mode", &["lr-tb", "lr", "horizontal-tb"]),
            ("direction", &["ltr"]),
            ("unicode-bidi", &["normal"]),
        ];
        for (name, plain) in plain {
            if let Some(value) = style.get(name).filter(|value| !plain.contains(value)) {
                return wrong(
                    HIDDEN,
                    format!("the `{name}` {} moves text; leave it out", short(value)),
                );
            }
        }
        Ok(())
    }

    fn paint(&self, text: Option<&str>, inherited: Paint) -> Result<Paint, Wrong> {
        let Some(text) = text else { return Ok(inherited) };
        let flat = |Color { red, green, blue, alpha }| {
            Paint::Flat([red, green, blue], f64::from(alpha) / 255.0)
        };
        match Words::from_str(text) {
            Ok(Words::None) => Ok(Paint::Nothing),
            Ok(Words::Inherit) => Ok(inherited),
            Ok(Words::CurrentColor) => Ok(flat(self.colour)),
            Ok(Words::Color(colour)) => Ok(flat(colour)),
            Ok(Words::FuncIRI(_, Some(PaintFallback::Color(_)) | None)) => Ok(Paint::Mixed),
            Ok(Words::FuncIRI(..)) => Ok(Paint::Mixed),
            _ => wrong(MALFORMED, format!("{} is no colour", short(text))),
        }
    }

    /// What a shape is filled with, if it covers what is behind it.
    pub(super) fn ground(&self) -> Option<Paint> {
        let strength = self.fill_opacity * self.opacity;
        match self.fill {
            _ if self.hidden || strength < 0.5 => None,
            Paint::Flat(_, alpha) if alpha * strength < 0.5 => None,
            Paint::Nothing => None,
            paint => Some(paint),
        }
    }

    /// Whether letters are drawn by their outline alone, and that is too thin to see or may be dashes.
    pub(super) fn is_traced(&self) -> bool {
        let width = self.stroke_width * smallest_scale(&self.to_view);
        let filled = self.visible(self.fill, self.fill_opacity).is_some();
        !filled && (self.broken || width.is_nan() || width < MIN_OUTLINE)
    }

    /// Whether the outline of letters leaves of them nothing to read.
    pub(super) fn is_blotted(&self) -> bool {
        let stroked = self.stroke != Paint::Nothing && self.stroke_opacity > 0.0;
        let most = match self.stroke_first || self.stroke == self.fill {
            true => MAX_HALO,
            false => MAX_OUTLINE,
        };
        // Also where it is no number.
        stroked && !(0.0..=most * self.font_size).contains(&self.stroke_width)
    }

    /// The colour that a shape is filled with and its strength, or else drawn with.
    pub(super) fn shown(&self) -> Option<(Paint, f64)> {
        let stroke = || self.visible(self.stroke, self.stroke_opacity);
        let drawn = || if self.stroke_width > 0.0 { stroke() } else { None };
        match self.hidden {
            true => None,
            false => self.visible(self.fill, self.fill_opacity).or_else(drawn),
        }
    }

    /// A colour and its strength, where that shows.
    fn visible(&self, paint: Paint, opacity: f64) -> Option<(Paint, f64)> {
        let shown = match paint {
            Paint::Nothing => return None,
            Paint::Mixed => (paint, opacity * self.opacity),
            Paint::Flat(_, alpha) => (paint, alpha * opacity * self.opacity),
        };
        (shown.1 >= super::draw::FAINTEST).then_some(shown)
    }
}

fn share(text: Option<&str>, otherwise: f64) -> Result<f64, Wrong> {
    let Some(text) = text else { return Ok(otherwise) };
    match length(text, 1.0, 1.0) {
        Ok(share) => Ok(share.clamp(0.0, 1.0)),
        Err(_) => wrong(MALFORMED, format!("{} is no opacity", short(text))),
    }
}
