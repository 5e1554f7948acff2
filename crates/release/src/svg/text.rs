//! Texts: large enough, in the picture, and of another colour than what is behind them.

use roxmltree::Node;
use svgtypes::LengthListParser;

use super::draw::{Painter, about, spend};
use super::geometry::{Point, in_units, map, smallest_scale};
use super::state::{Paint, State};
use super::{HIDDEN, MALFORMED, Outcome, Wrong, short, wrong};

/// Smallest text, in pixels.
const MIN_TEXT: f64 = 2.0;
/// How wide a letter is at least, in font sizes: wide ones must not hold an honest text.
const NARROW: f64 = 0.25;
/// How far outside of the picture the middle of a line may be, in font sizes.
const MARGIN: f64 = 0.3;
/// How much wider than its font's size a letter may be spaced, in font sizes.
const WIDE: f64 = 2.0;
/// How much letters may be pushed together, in font sizes.
const TIGHT: f64 = -0.2;
const CUT_OFF: &str =
    "is a label that is cut off at the edge (Matplotlib: write `bbox_inches=\"tight\"`)";
/// Least difference to the colour behind, of 255.
const CONTRAST: f64 = 12.0;

/// Where the next letter goes, and how it looks.
struct Pen {
    at: Point,
}

impl<'a, 'i> Painter<'a, 'i> {
    pub(super) fn text(&mut self, node: Node<'a, 'i>, state: &State) -> Outcome {
        self.reached.insert(node.id());
        // Blanks take time, too.
        let letters: usize = letters(node).map(str::len).sum();
        spend(&mut self.steps, letters as u64 / 16).map_err(|wrong| about(node, wrong))?;
        self.seen += u64::from(!is_blank(node));
        self.run(node, state, &mut Pen { at: (0.0, 0.0) })
    }

    fn run(&mut self, node: Node<'a, 'i>, state: &State, pen: &mut Pen) -> Outcome {
        let told = |wrong| about(node, wrong);
        let places = place(node, state, pen).map_err(told)?;
        let spread = places.len() > 1 || node.has_attribute("textLength");
        if places.len() > 1 {
            let texts = node.children().filter_map(|it| it.text().filter(|_| it.is_text()));
            let letters: usize = texts.map(|text| text.chars().count()).sum();
            if places.len() > letters {
                let what = "it has places for more letters than it has; leave them out";
                return Err(told(Wrong(HIDDEN, what.into())));
            }
        }
        for child in node.children() {
            spend(&mut self.steps, 1).map_err(told)?;
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                self.letters(node, text.trim(), state, pen, &places).map_err(told)?;
            } else if child.tag_name().name() == "tspan" {
                if spread {
                    let what = "it places the letters of its `tspan`s; place those themselves";
                    return Err(told(Wrong(HIDDEN, what.into())));
                }
                let (style, inner) =
                    self.enter(child, state).map_err(|wrong| about(child, wrong))?;
                if style.get("clip-path").is_some() {
                    return Err(about(
                        child,
                        Wrong(HIDDEN, "a part of a text is cut; leave `clip-path` out".into()),
                    ));
                }
                self.run(child, &inner, pen)?;
            }
        }
        Ok(())
    }

    fn letters(
        &mut self,
        node: Node<'a, 'i>,
        text: &str,
        state: &State,
        pen: &mut Pen,
        places: &[Point],
    ) -> Result<(), Wrong> {
        if text.is_empty() {
            return Ok(());
        }
        spend(&mut self.steps, places.len() as u64)?;
        let hidden = |what: &str| {
            wrong(HIDDEN, format!("the text {} {what}; show it, or leave it out", short(text)))
        };
        if let Some(why) = state.obscured {
            return wrong(
                HIDDEN,
                format!("it can't be told whether the text {} is shown: {why}", short(text)),
            );
        }
        let Some((paint, strength)) = state.shown() else {
            if self.is_even_axis(node)? {
                return Ok(());
            }
            return hidden("isn't shown: it is hidden, has no colour, or hardly any");
        };
        let Paint::Flat(colour, _) = paint else {
            return hidden(
                "is painted with a gradient or pattern, which may be as what is behind it",
            );
        };
        let height = state.font_size * smallest_scale(&state.to_view);
        if height.is_nan() || height < MIN_TEXT {
            return hidden(&format!("is {height:.2} pixels high, too small to read"));
        }
        if state.is_traced() {
            return hidden("is drawn by an outline alone that is too thin, or dashes; fill it");
        }
        if state.is_blotted() {
            return hidden("is covered by its outline, `stroke`");
        }
        let readable = TIGHT * state.font_size..=WIDE * state.font_size;
        if !readable.contains(&state.letter_spacing) || !readable.contains(&state.word_spacing) {
            return hidden("is pushed together or apart by `letter-spacing` or `word-spacing`");
        }
        let count = text.chars().count();
        let blanks = text.chars().filter(|c| c.is_whitespace()).count();
        let spaced = state.letter_spacing.max(0.0) * count as f64
            + state.word_spacing.max(0.0) * blanks as f64;
        let least = NARROW * state.font_size * count as f64 + spaced;
        let mut width = least;
        if let Some(length) = node.attribute("textLength") {
            let length = super::geometry::length(length, state.size.0, state.font_size)?;
            if length.is_nan() || length < least / 2.0 {
                return hidden("is squeezed by its `textLength`");
            }
            width = length.max(least);
        }
        let ends: Vec<Point> = match places {
            [.., last] if places.len() > 1 => {
                let more = count.saturating_sub(places.len()) as f64 / count as f64;
                places.iter().copied().chain([(last.0 + more * width, last.1)]).collect()
            }
            _ => {
                let from = pen.at.0 - state.anchor * width;
                vec![(from, pen.at.1), (from + width, pen.at.1)]
            }
        };
        let on_screen = |middle: f64| {
            let places = ends.iter().map(|(x, y)| (*x, y + middle * state.font_size));
            places.map(|at| map(&state.to_view, at)).collect::<Vec<Point>>()
        };
        let cut = |at: &Point| state.window.is_empty() || !state.window.holds(*at, MARGIN * height);
        let aligned = on_screen(state.aligned);
        let on_screen = on_screen(state.middle);
        match (on_screen.iter().all(cut), on_screen.iter().chain(&aligned).any(cut)) {
            (true, _) => return hidden("is outside of the picture"),
            (_, true) => return hidden(CUT_OFF),
            _ => {}
        }
        let (Some(first), Some(last)) = (on_screen.first(), on_screen.last()) else {
            return Ok(());
        };
        let centre = ((first.0 + last.0) / 2.0, (first.1 + last.1) / 2.0);
        for at in on_screen.iter().chain([&centre]) {
            for behind in self.behind(*at)? {
                let Paint::Flat(behind, _) = behind else {
                    return hidden(
                        "stands on a gradient, pattern or picture, which may have its colour",
                    );
                };
                let apart = colour.iter().zip(behind).map(|(one, other)| one.abs_diff(other)).max();
                if f64::from(apart.unwrap_or(0)) * strength < CONTRAST {
                    return hidden("has the colour of what is or may be behind it");
                }
            }
        }
        pen.at.0 += (1.0 - state.anchor) * 2.0 * least;
        Ok(())
    }
}

/// Whether a text has no letters.
pub(super) fn is_blank(text: Node<'_, '_>) -> bool {
    letters(text).all(|it| it.trim().is_empty())
}

fn letters<'a>(text: Node<'a, '_>) -> impl Iterator<Item = &'a str> {
    text.descendants().filter(Node::is_text).filter_map(|it| it.text())
}

/// Labels of an evenly spaced axis: those that Vega hides, as they would overlap, say nothing new.
impl Painter<'_, '_> {
    fn is_even_axis(&mut self, label: Node<'_, '_>) -> Result<bool, Wrong> {
        let Some(axis) = label.parent_element() else { return Ok(false) };
        let mut labels = Vec::new();
        let mut shown = 0;
        for one in axis.children() {
            spend(&mut self.steps, 1)?;
            let mut parts = one.children();
            let text = parts.next().filter(|_| parts.next().is_none());
            let number = text.and_then(|it| it.text()).filter(|it| it.len() <= 12);
            let Some(number) = number
                .and_then(|it| it.replace('\u{2212}', "-").replace(',', "").parse::<f64>().ok())
            else {
                return Ok(false);
            };
            shown += u32::from(one.attribute("opacity").is_none_or(|it| it == "1"));
            labels.push(number);
        }
        let step = |two: &[f64]| two[1] - two[0];
        let first = labels.get(..2).map_or(0.0, step);
        Ok(shown >= 2
            && labels.windows(2).all(|two| (step(two) - first).abs() <= 1e-6 * first.abs()))
    }
}

/// Moves the pen where `x`, `y`, `dx` and `dy` say; gives the letters' places where each has its own.
fn place(node: Node<'_, '_>, state: &State, pen: &mut Pen) -> Result<Vec<Point>, Wrong> {
    let list = |name: &str, whole: f64| -> Result<Vec<f64>, Wrong> {
        let Some(text) = node.attribute(name) else { return Ok(Vec::new()) };
        let mut list = Vec::new();
        for one in LengthListParser::from(text) {
            let Ok(one) = one else {
                return wrong(MALFORMED, format!("its `{name}` is no list of lengths"));
            };
            list.push(in_units(one, whole, state.font_size));
        }
        Ok(list)
    };
    let (xs, ys) = (list("x", state.size.0)?, list("y", state.size.1)?);
    let (dxs, dys) = (list("dx", state.size.0)?, list("dy", state.size.1)?);
    let most = xs.len().max(ys.len()).max(dxs.len()).max(dys.len());
    let mut places = Vec::with_capacity(most);
    for n in 0..most {
        let of = |list: &[f64], otherwise: f64| list.get(n).copied().unwrap_or(otherwise);
        let start = (of(&xs, pen.at.0), of(&ys, pen.at.1));
        pen.at = (start.0 + of(&dxs, 0.0), start.1 + of(&dys, 0.0));
        places.push(pen.at);
    }
    Ok(places)
}
