//! Points: how many are written, and how many of them nobody sees.

use std::collections::HashSet;

use roxmltree::{Document, Node, NodeId};

use super::draw::{Painter, about, spend};
use super::geometry::{Shape, is_shape, trace};
use super::text::is_blank;
use super::{HIDDEN, HoldCode, Outcome, Wrong};

/// Most points that nobody sees, outside of the picture, cut away, without colour or never drawn:
/// one in eight, and so many.
const MAX_UNSEEN_POINTS: u64 = 500;
/// As many elements that draw nothing may always be there.
const MIN_UNUSED: u64 = 8;

/// How many points each shape writes.
pub(super) type Written = Vec<(NodeId, u64)>;

impl<'a, 'i> Painter<'a, 'i> {
    /// Points written, in shapes and by `use`.
    pub(super) fn count(&mut self, tree: &'a Document<'i>, most: Option<u64>) -> Outcome<Written> {
        let (mut written, mut sum) = (Vec::new(), 0);
        for node in tree.descendants().filter(Node::is_element) {
            let points = match node.tag_name().name() {
                "use" => 1,
                "text" | "tspan" if is_blank(node) => 1,
                "g" | "svg" | "defs" if node != tree.root_element() => {
                    u64::from(node.has_attribute("transform") || !self.draws(node)?)
                }
                name if is_means(name) => 1,
                name if is_shape(name) => {
                    let mut points = 0;
                    let shape = trace(node, (1.0, 1.0), &mut |_| {
                        points += 1;
                        spend(&mut self.steps, 1)
                    });
                    match shape.map_err(|wrong| about(node, wrong))? {
                        Shape::Around(..) => 1,
                        // Moved, though there is nothing of it.
                        Shape::Points if points == 0 => u64::from(node.has_attribute("transform")),
                        Shape::Points => points,
                    }
                }
                _ => continue,
            };
            sum += points;
            written.push((node.id(), points));
        }
        match most.filter(|most| sum > *most) {
            None => Ok(written),
            Some(most) => {
                let what = format!(
                    "it has {sum} points, and the rule allows {most}; draw fewer, or write a PNG"
                );
                Err(Wrong(HoldCode::TooManyPoints, what).at(0))
            }
        }
    }

    /// Whether there is something to draw in a group.
    fn draws(&mut self, group: Node<'a, 'i>) -> Outcome<bool> {
        for node in group.descendants() {
            spend(&mut self.steps, 1).map_err(|wrong| about(group, wrong))?;
            let name = node.tag_name().name();
            if matches!(name, "use" | "text" | "image") || is_shape(name) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What was written and not drawn.
    pub(super) fn rest(&mut self, tree: &'a Document<'i>, written: &Written) -> Outcome {
        let referred = self.referred(tree);
        for node in tree.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            if (name == "image" || name == "text" && !is_blank(node))
                && !self.reached.contains(&node.id())
            {
                return Err(about(node, Wrong(HIDDEN, "it is never drawn; leave it out".into())));
            }
        }
        let (mut unseen, mut unused) = (0, 0);
        for (id, points) in written {
            let Some(node) = tree.get_node(*id) else { continue };
            let name = node.tag_name().name();
            let more = match self.unseen.get(id) {
                _ if self.reached.contains(id) && name != "text" => 0,
                Some(unseen) => *unseen,
                None if is_used(node, &referred, &mut self.steps)? => 0,
                None => *points,
            };
            match is_shape(name) || matches!(name, "use" | "stop") {
                true => unseen += more,
                false => unused += more,
            }
        }
        let sum: u64 = written.iter().map(|(_, points)| points).sum();
        let most = |least| (sum / 8).clamp(least, MAX_UNSEEN_POINTS);
        if unseen > most(1) {
            let what = format!(
                "{unseen} of its {sum} points aren't to be seen: outside of the picture, cut away, without \
                 colour or never drawn; leave the data out before drawing, or write a PNG"
            );
            return Err(Wrong(HIDDEN, what).at(0));
        }
        if unused > most(MIN_UNUSED) {
            let what = format!(
                "{unused} of its elements draw nothing: empty groups and texts, clips and gradients that \
                 nothing uses; leave them out"
            );
            return Err(Wrong(HIDDEN, what).at(0));
        }
        Ok(())
    }

    /// Ids that something refers to.
    fn referred(&self, tree: &'a Document<'i>) -> HashSet<&'a str> {
        let mut referred = HashSet::new();
        for attribute in tree.descendants().flat_map(|node| node.attributes()) {
            if attribute.name() == "href" {
                referred.insert(attribute.value().trim_start_matches('#'));
            }
            for (at, _) in attribute.value().match_indices("url(") {
                let rest = &attribute.value()[at + 4..];
                let id = rest.split(')').next().unwrap_or_default().trim_matches([' ', '"', '\'']);
                referred.insert(id.trim_start_matches('#'));
            }
        }
        referred
    }
}

/// Elements that others refer to, and draw with.
const HOLDERS: [&str; 7] =
    ["clipPath", "mask", "pattern", "marker", "linearGradient", "radialGradient", "filter"];

/// Whether an element says how others are drawn.
fn is_means(name: &str) -> bool {
    HOLDERS.contains(&name) || matches!(name, "symbol" | "stop") || name.starts_with("fe")
}

/// Whether it belongs to something that is referred to and not drawn itself.
fn is_used(node: Node<'_, '_>, referred: &HashSet<&str>, steps: &mut u64) -> Outcome<bool> {
    for above in node.ancestors().filter(|it| HOLDERS.contains(&it.tag_name().name())) {
        let id = above.attribute("id").unwrap_or_default();
        spend(steps, 1 + id.len() as u64 / 16).map_err(|wrong| about(node, wrong))?;
        if referred.contains(id) {
            return Ok(true);
        }
    }
    Ok(false)
}
