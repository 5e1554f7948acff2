//! Follows what a viewer paints, and counts what it doesn't show.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use roxmltree::{Document, Node, NodeId};
use svgtypes::{Transform, ViewBox};

use super::geometry::{Bounds, along, chain, is_shape, map};
use super::paint::Ground;
use super::state::State;
use super::style::{Sheet, Style};
use super::{HIDDEN, HoldCode, MALFORMED, Outcome, Wrong, short, wrong};

/// Most points followed, each as often as `use` draws it, comparisons of texts with shapes and of
/// elements with rules, attributes and letters: whatever a small file could multiply.
const MAX_STEPS: u64 = 1 << 23;
/// Most elements drawn, each as often as `use` draws it.
const MAX_DRAWN: u32 = 1 << 19;
/// How deep elements may be drawn within others, `use` and what it draws included.
const MAX_DEPTH: u32 = 96;
/// Least opacity that shows.
pub(super) const FAINTEST: f64 = 0.03;
/// How far outside of the picture a point may be and still count as in it, as a share of the longer side.
const MARGIN: f64 = 0.02;
/// Smallest drawing, in pixels.
const MIN_SIDE: f64 = 16.0;
/// Largest drawing, in pixels: what is larger nobody looks at pixel by pixel.
const MAX_SIDE: f64 = 16_384.0;
/// The window that a drawing without a size of its own fills, in pixels.
const WINDOW: f64 = 1024.0;

pub(super) fn check(tree: &Document<'_>, max_points: Option<u64>) -> Outcome {
    let root = tree.root_element();
    let (view, state) = open(root).map_err(|wrong| wrong.at(root.range().start))?;
    let mut painter = Painter {
        sheet: Sheet::of(tree)?,
        ids: HashMap::new(),
        margin: MARGIN * (view.to.0 - view.from.0).max(view.to.1 - view.from.1),
        grounds: Vec::new(),
        steps: MAX_STEPS,
        drawn: 0,
        unseen: HashMap::new(),
        seen: 0,
        reached: HashSet::new(),
    };
    painter.name(tree);
    let written = painter.count(tree, max_points)?;
    let told = |wrong| about(root, wrong);
    let (style, mut state) = painter.enter(root, &state).map_err(told)?;
    painter.clip(&style, &mut state).map_err(told)?;
    painter.children(root, &state, 0)?;
    painter.rest(tree, &written)
}

/// The picture in pixels, and how its own units get there.
fn open(root: Node<'_, '_>) -> Result<(Bounds, State), Wrong> {
    let side = |name| match root.attribute(name).map(str::trim_ascii) {
        // All of the window.
        None | Some("100%") => Ok(None),
        Some(text) if text.ends_with('%') => {
            wrong(HIDDEN, format!("its `{name}` is a part of a window; write it in pixels"))
        }
        Some(text) => super::geometry::length(text, 0.0, 16.0).map(Some),
    };
    let (width, height) = (side("width")?, side("height")?);
    let own = match root.attribute("viewBox").map(ViewBox::from_str) {
        Some(Ok(own)) => own,
        Some(Err(_)) => return wrong(MALFORMED, "its `viewBox` is none"),
        None => match (width, height) {
            (Some(width), Some(height)) => ViewBox { x: 0.0, y: 0.0, w: width, h: height },
            _ => {
                return wrong(
                    MALFORMED,
                    "its `svg` has neither `viewBox` nor `width` and `height`",
                );
            }
        },
    };
    let (wide, high) = (width.map(|it| it / own.w), height.map(|it| it / own.h));
    let within = |side: f64, own: f64| side.min(WINDOW / own);
    let (wide, high) = (
        wide.unwrap_or_else(|| within(high.unwrap_or(1.0), own.w)),
        high.unwrap_or_else(|| within(wide.unwrap_or(1.0), own.h)),
    );
    let (wide, high) = fit(root, wide, high)?;
    let size = (own.w * wide, own.h * high);
    if !(size.0 >= MIN_SIDE && size.1 >= MIN_SIDE && size.0.max(size.1) <= MAX_SIDE) {
        return wrong(
            HIDDEN,
            format!("it is shown {:.0} by {:.0} pixels large; write a plain size", size.0, size.1),
        );
    }
    let to_view =
        Transform { a: wide, b: 0.0, c: 0.0, d: high, e: -own.x * wide, f: -own.y * high };
    let view = Bounds { from: (0.0, 0.0), to: size };
    Ok((view, State::of_root(to_view, (own.w, own.h), view)))
}

/// The scales that `preserveAspectRatio` asks for.
fn fit(node: Node<'_, '_>, wide: f64, high: f64) -> Result<(f64, f64), Wrong> {
    match node.attribute("preserveAspectRatio").map(str::trim_ascii) {
        Some("none") => Ok((wide, high)),
        None | Some("xMidYMid" | "xMidYMid meet") => Ok((wide.min(high), wide.min(high))),
        Some(other) => wrong(
            HIDDEN,
            format!("its `preserveAspectRatio` {} may cut something off", short(other)),
        ),
    }
}

pub(super) struct Painter<'a, 'i> {
    pub(super) sheet: Sheet<'a>,
    /// The element of each id, and whether it is the only one.
    ids: HashMap<&'a str, (Node<'a, 'i>, bool)>,
    pub(super) margin: f64,
    /// What is painted so far, from back to front.
    pub(super) grounds: Vec<Ground>,
    pub(super) steps: u64,
    drawn: u32,
    /// How many of a shape's points weren't seen, where it was seen best.
    pub(super) unseen: HashMap<NodeId, u64>,
    /// How often a shape was seen.
    pub(super) seen: u64,
    pub(super) reached: HashSet<NodeId>,
}

impl<'a, 'i> Painter<'a, 'i> {
    fn name(&mut self, tree: &'a Document<'i>) {
        for node in tree.descendants() {
            if let Some(id) = node.attribute("id") {
                self.ids.entry(id).and_modify(|known| known.1 = false).or_insert((node, true));
            }
        }
    }

    pub(super) fn children(&mut self, node: Node<'a, 'i>, state: &State, depth: u32) -> Outcome {
        for child in node.children() {
            spend(&mut self.steps, 1).map_err(|wrong| about(node, wrong))?;
            if child.is_element() {
                self.element(child, state, depth)?;
            }
        }
        Ok(())
    }

    /// Draws what is in a group, which is reached if some of it is seen.
    fn holder(&mut self, node: Node<'a, 'i>, state: &State, depth: u32) -> Outcome {
        let before = self.seen;
        self.children(node, state, depth)?;
        if self.seen > before {
            self.reached.insert(node.id());
        }
        Ok(())
    }

    /// What an element sets, and how it is drawn within `outer`.
    pub(super) fn enter(
        &mut self,
        node: Node<'a, 'i>,
        outer: &State,
    ) -> Result<(Style<'a>, State), Wrong> {
        let style = self.sheet.style(node, &mut self.steps)?;
        // The picture itself and parts of texts have none.
        let own = !matches!(node.tag_name().name(), "svg" | "tspan");
        let state = outer.enter(&style, node.attribute("transform").filter(|_| own))?;
        Ok((style, state))
    }

    fn element(&mut self, node: Node<'a, 'i>, outer: &State, depth: u32) -> Outcome {
        let name = node.tag_name().name();
        if !matches!(name, "svg" | "g" | "use" | "text" | "image") && !is_shape(name) {
            return Ok(());
        }
        let told = |wrong| about(node, wrong);
        self.drawn += 1;
        if depth > MAX_DEPTH || self.drawn > MAX_DRAWN {
            let what = format!(
                "it draws more than {MAX_DRAWN} elements, or deeper than {MAX_DEPTH}, by `use`"
            );
            return Err(told(Wrong(HIDDEN, what)));
        }
        let (style, mut state) = self.enter(node, outer).map_err(told)?;
        self.clip(&style, &mut state).map_err(told)?;
        match name {
            "g" => self.holder(node, &state, depth + 1),
            "svg" => {
                let inner = self.nested(node, &state).map_err(told)?;
                self.holder(node, &inner, depth + 1)
            }
            "use" => self.use_of(node, &state, depth),
            "text" => self.text(node, &state),
            "image" => self.image(node, &state).map_err(told),
            _ => self.shape(node, &state).map_err(told),
        }
    }

    /// A nested `svg`, or a `symbol` with a view of its own.
    fn nested(&self, node: Node<'a, 'i>, state: &State) -> Result<State, Wrong> {
        let mut inner = state.clone();
        let (x, y) = (along(node, "x", state.size.0)?, along(node, "y", state.size.1)?);
        let side =
            |name, whole| node.attribute(name).map_or(Ok(whole), |_| along(node, name, whole));
        let size = (side("width", state.size.0)?, side("height", state.size.1)?);
        let mut own = Transform { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: x, f: y };
        inner.size = size;
        if let Some(text) = node.attribute("viewBox") {
            let Ok(view) = ViewBox::from_str(text) else {
                return wrong(MALFORMED, "its `viewBox` is none");
            };
            let (wide, high) = fit(node, size.0 / view.w, size.1 / view.h)?;
            let (left, top) = ((size.0 - view.w * wide) / 2.0, (size.1 - view.h * high) / 2.0);
            own = Transform {
                a: wide,
                b: 0.0,
                c: 0.0,
                d: high,
                e: x + left - view.x * wide,
                f: y + top - view.y * high,
            };
            inner.size = (view.w, view.h);
        }
        let mut window = Bounds::NOTHING;
        for corner in [(x, y), (x + size.0, y), (x, y + size.1), (x + size.0, y + size.1)] {
            window.add(map(&state.to_view, corner));
        }
        inner.window = state.window.cut(&window);
        inner.to_view = chain(&state.to_view, &own);
        Ok(inner)
    }

    fn use_of(&mut self, node: Node<'a, 'i>, state: &State, depth: u32) -> Outcome {
        let told = |wrong| about(node, wrong);
        let (x, y) = (
            along(node, "x", state.size.0).map_err(told)?,
            along(node, "y", state.size.1).map_err(told)?,
        );
        let mut inner = state.clone();
        inner.to_view =
            chain(&state.to_view, &Transform { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: x, f: y });
        let href = node.attributes().find(|it| it.name() == "href").map_or("", |it| it.value());
        let Some(target) = self.find(href.trim_start_matches('#')).map_err(told)? else {
            return Ok(());
        };
        let sized = node.attribute("width").or(node.attribute("height")).is_some();
        if sized && matches!(target.tag_name().name(), "symbol" | "svg") {
            let what = "it gives what it draws another size; leave `width` and `height` out";
            return Err(told(Wrong(HIDDEN, what.into())));
        }
        let before = self.seen;
        self.target(target, &inner, depth, node)?;
        if self.seen > before {
            self.reached.insert(node.id());
        }
        Ok(())
    }

    /// What a `use` draws.
    fn target(
        &mut self,
        target: Node<'a, 'i>,
        state: &State,
        depth: u32,
        by: Node<'a, 'i>,
    ) -> Outcome {
        let told = |wrong| about(by, wrong);
        match target.tag_name().name() {
            "symbol" => {
                let (style, mut inner) = self.enter(target, state).map_err(told)?;
                self.clip(&style, &mut inner).map_err(told)?;
                if target.attribute("viewBox").is_some() {
                    inner = self.nested(target, &inner).map_err(told)?;
                }
                self.holder(target, &inner, depth + 1)
            }
            _ => self.element(target, state, depth + 1),
        }
    }

    pub(super) fn find(&self, id: &str) -> Result<Option<Node<'a, 'i>>, Wrong> {
        match self.ids.get(id) {
            None => Ok(None),
            Some((node, true)) => Ok(Some(*node)),
            Some((_, false)) => wrong(
                HIDDEN,
                format!("the id {} is there twice, and which one is drawn depends", short(id)),
            ),
        }
    }
}

pub(super) fn spend(steps: &mut u64, of: u64) -> Result<(), Wrong> {
    match steps.checked_sub(of) {
        Some(left) => *steps = left,
        None => {
            return wrong(HoldCode::TooManyPoints, "it takes too long to draw; draw fewer points");
        }
    }
    Ok(())
}

pub(super) fn about(node: Node<'_, '_>, Wrong(code, what): Wrong) -> super::Finding {
    let id = node.attribute("id").map(|id| format!(" {}", short(id))).unwrap_or_default();
    Wrong(code, format!("the element `{}`{id}: {what}", node.tag_name().name()))
        .at(node.range().start)
}
