//! Points: how many are written, and how many of them nobody sees.

use std::collections::HashSet;

use roxmltree::{Document, Node, NodeId};

use super::draw::{Painter, about, spend};
use super::geometry::{Shape, is_shape, trace};
use super::{HIDDEN, HoldCode, Outcome, Wrong};

/// Most points that nobody sees, outside of the picture, cut away, without colour or never drawn:
/// one in eight, and so many.
const MAX_UNSEEN_POINTS: u64 = 500;

/// How many points each shape writes.
pub(super) type Written = Vec<(NodeId, u64)>;

impl<'a, 'i> Painter<'a, 'i> {
    /// Points written, in shapes and by `use`.
    pub(super) fn count(&mut self, tree: &'a Document<'i>, most: Option<u64>) -> Outcome<Written> {
        let (mut written, mut sum) = (Vec::new(), 0);
        for node in tree.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            let points = match name {
                "use" | "stop" => 1,
                name if is_shape(name) => {
                    let mut points = 0;
                    let shape = trace(node, (1.0, 1.0), &mut |_| {
                        points += 1;
                        spend(&mut self.steps, 1)
                    });
                    match shape.map_err(|wrong| about(node, wrong))? {
                        Shape::Around(..) => 1,
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

    /// What was written and not drawn.
    pub(super) fn rest(&mut self, tree: &'a Document<'i>, written: &Written) -> Outcome {
        let referred = self.referred(tree);
        for node in tree.descendants().filter(Node::is_element) {
            if matches!(node.tag_name().name(), "text" | "image")
                && !self.reached.contains(&node.id())
            {
                return Err(about(node, Wrong(HIDDEN, "it is never drawn; leave it out".into())));
            }
        }
        let mut unseen = 0;
        for (id, points) in written.iter().filter(|(id, _)| !self.reached.contains(id)) {
            unseen += match self.unseen.get(id) {
                Some(unseen) => *unseen,
                None => match tree.get_node(*id) {
                    Some(node) if is_used(node, &referred, &mut self.steps)? => 0,
                    _ => *points,
                },
            };
        }
        let sum: u64 = written.iter().map(|(_, points)| points).sum();
        match unseen > (sum / 8).clamp(1, MAX_UNSEEN_POINTS) {
            false => Ok(()),
            true => {
                let what = format!(
                    "{unseen} of its {sum} points aren't to be seen: outside of the picture, cut away, without \
                     colour or never drawn; leave the data out before drawing, or write a PNG"
                );
                Err(Wrong(HIDDEN, what).at(0))
            }
        }
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

/// Whether it belongs to something that is referred to and not drawn itself.
fn is_used(node: Node<'_, '_>, referred: &HashSet<&str>, steps: &mut u64) -> Outcome<bool> {
    const HOLDERS: [&str; 6] =
        ["clipPath", "mask", "pattern", "marker", "linearGradient", "radialGradient"];
    for above in node.ancestors().filter(|it| HOLDERS.contains(&it.tag_name().name())) {
        let id = above.attribute("id").unwrap_or_default();
        spend(steps, 1 + id.len() as u64 / 16).map_err(|wrong| about(node, wrong))?;
        if referred.contains(id) {
            return Ok(true);
        }
    }
    Ok(false)
}
