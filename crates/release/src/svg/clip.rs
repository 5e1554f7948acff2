//! Where shapes are, and what clips cut away.

use roxmltree::Node;

use super::Wrong;
use super::draw::{Painter, spend};
use super::geometry::{Bounds, Point, Shape, is_shape, map, trace};
use super::state::State;
use super::style::Style;

/// Why a text in a clip may be unseen.
pub(super) const UNTOLD: &str = "it is cut by something other than an upright rectangle";
/// Two places are one, in pixels.
const NEAR: f64 = 0.01;

pub(super) struct Measured {
    pub(super) bounds: Bounds,
    pub(super) points: u64,
    pub(super) outside: u64,
    /// Whether it is a rectangle along the axes.
    pub(super) upright: bool,
}

impl<'a, 'i> Painter<'a, 'i> {
    pub(super) fn clip(&mut self, style: &Style<'a>, state: &mut State) -> Result<(), Wrong> {
        let Some(value) =
            style.get("clip-path").filter(|value| !value.eq_ignore_ascii_case("none"))
        else {
            return Ok(());
        };
        let id =
            value.strip_prefix("url(").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
        let id = id.trim_matches([' ', '"', '\'']).trim_start_matches('#');
        let clip = self.find(id)?.filter(|node| node.tag_name().name() == "clipPath");
        let Some(clip) = clip.filter(|node| {
            node.attribute("clipPathUnits").is_none_or(|units| units == "userSpaceOnUse")
        }) else {
            state.obscured = Some(UNTOLD);
            return Ok(());
        };
        let (own, within) = self.enter(clip, state)?;
        let mut window = Bounds::NOTHING;
        let mut parts = 0;
        for part in clip.children() {
            spend(&mut self.steps, 1)?;
            if !part.is_element() || matches!(part.tag_name().name(), "title" | "desc") {
                continue;
            }
            parts += 1;
            let (style, inner) = self.enter(part, &within)?;
            if !is_shape(part.tag_name().name())
                || style.get("clip-path").is_some()
                || own.get("clip-path").is_some()
                || inner.hidden
            {
                state.obscured = Some(UNTOLD);
                return Ok(());
            }
            let measured = self.measure(part, &inner)?;
            window.add(measured.bounds.from);
            window.add(measured.bounds.to);
            if !measured.upright {
                state.obscured = Some(UNTOLD);
            }
        }
        if parts > 1 {
            state.obscured = Some(UNTOLD);
        }
        state.window = state.window.cut(&window);
        Ok(())
    }

    pub(super) fn measure(&mut self, node: Node<'a, 'i>, state: &State) -> Result<Measured, Wrong> {
        let mut bounds = Bounds::NOTHING;
        let (mut points, mut outside) = (0, 0);
        let mut first: Vec<Point> = Vec::new();
        let mut last = None;
        let (window, margin) = (state.window, self.margin);
        let steps = &mut self.steps;
        let shape = trace(node, state.size, &mut |point| {
            spend(steps, 1)?;
            let at = map(&state.to_view, point);
            bounds.add(at);
            // One at the place of the one before says nothing.
            if last.replace(point) != Some(point) {
                points += 1;
                outside += u64::from(window.is_empty() || !window.holds(at, margin));
            }
            if first.len() < 6 {
                first.push(at);
            }
            Ok(())
        })?;
        let round = matches!(node.tag_name().name(), "circle" | "ellipse");
        if let Shape::Around((left, top), (right, bottom)) = shape {
            first = [(left, top), (right, top), (right, bottom), (left, bottom)]
                .map(|it| map(&state.to_view, it))
                .into();
            first.iter().for_each(|corner| bounds.add(*corner));
            points = 1;
            let seen = window.cut(&bounds);
            // A bar of nothing has one side.
            let flat = [left == right, top == bottom];
            let nothing = flat == [true; 2] || round && flat != [false; 2];
            outside = u64::from(seen.is_empty() || nothing);
        }
        let corner = |(x, y): &Point| {
            let near = |a: f64, b: f64| (a - b).abs() < NEAR;
            (near(*x, bounds.from.0) || near(*x, bounds.to.0))
                && (near(*y, bounds.from.1) || near(*y, bounds.to.1))
        };
        // A turn at each corner, and then the first again.
        let turns = first.windows(2).all(|two| {
            ((two[0].0 - two[1].0).abs() < NEAR) != ((two[0].1 - two[1].1).abs() < NEAR)
        });
        let distinct = first.iter().take(4).enumerate().all(|(n, one)| {
            first
                .iter()
                .take(n)
                .all(|other| (one.0 - other.0).abs() + (one.1 - other.1).abs() > NEAR)
        });
        let upright = !round
            && (4..=5).contains(&first.len())
            && first.iter().all(corner)
            && turns
            && distinct;
        Ok(Measured { bounds, outside, points, upright })
    }
}
