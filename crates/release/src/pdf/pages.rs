//! The tree of pages.

use std::collections::HashSet;

use crate::hold::{Fault, HoldCode};

use super::{
    file::{File, broken},
    object::{Dict, Object},
};

/// Most pages.
pub(super) const MAX_PAGES: usize = 1000;
/// Longest side, in points: what readers can show.
const MAX_SIDE: f64 = 14_400.0;
/// Most streams of a page's content.
const MAX_PARTS: usize = 1024;

/// A page, with what it inherits.
pub(super) struct Page<'f> {
    pub(super) number: u32,
    /// Left, bottom, right, top.
    pub(super) media: [f64; 4],
    pub(super) resources: Option<&'f Dict>,
    /// Its content's streams.
    pub(super) contents: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Inherited<'f> {
    media: Option<&'f Object>,
    crop: Option<&'f Object>,
    resources: Option<&'f Object>,
}

/// All pages, the other nodes of the tree, and objects that only list something.
pub(super) struct Tree<'f> {
    pub(super) pages: Vec<Page<'f>>,
    pub(super) nodes: Vec<u32>,
    pub(super) lists: Vec<u32>,
}

pub(super) fn read<'f>(file: &'f File<'f>, catalog: &'f Dict) -> Result<Tree<'f>, Fault> {
    let Some(&Object::Ref(root)) = catalog.get("Pages") else {
        return Err(Fault(HoldCode::NotPdf, "its catalog has no pages".into()));
    };
    let mut tree = Tree { pages: Vec::new(), nodes: Vec::new(), lists: Vec::new() };
    let mut seen = HashSet::new();
    let mut todo = vec![(root, Inherited { media: None, crop: None, resources: None })];
    while let Some((number, mut inherited)) = todo.pop() {
        let dict = file.item(number).dict().filter(|_| seen.insert(number));
        let Some(dict) = dict else { return Err(broken(number, "is no page, or is one twice")) };
        for (key, own) in [
            ("MediaBox", &mut inherited.media),
            ("CropBox", &mut inherited.crop),
            ("Resources", &mut inherited.resources),
        ] {
            *own = file.get(dict, key).or(*own);
        }
        let Some(kids) = dict.get("Kids") else {
            let page = page(file, number, dict, inherited, &mut tree.lists)?;
            tree.pages.push(page);
            if tree.pages.len() > MAX_PAGES {
                return Err(broken(number, &format!("is page {MAX_PAGES} and more; write fewer")));
            }
            continue;
        };
        tree.nodes.push(number);
        if let Object::Ref(list) = kids {
            tree.lists.push(*list);
        }
        for kid in file.resolve(kids).0.array().unwrap_or_default().iter().rev() {
            let Object::Ref(kid) = kid else {
                return Err(broken(number, "has a page that is no object"));
            };
            todo.push((*kid, inherited));
        }
    }
    let stated =
        file.item(root).dict().and_then(|dict| file.get(dict, "Count")).and_then(Object::size);
    match stated == Some(tree.pages.len()) {
        true => Ok(tree),
        false => {
            Err(broken(root, "has a wrong number of pages, and readers differ in which they show"))
        }
    }
}

fn page<'f>(
    file: &'f File<'f>,
    number: u32,
    dict: &'f Dict,
    inherited: Inherited<'f>,
    lists: &mut Vec<u32>,
) -> Result<Page<'f>, Fault> {
    let media = inherited.media.and_then(rectangle);
    let media = media.ok_or_else(|| broken(number, "is a page without a sound /MediaBox"))?;
    let boxes = ["TrimBox", "BleedBox", "ArtBox"].into_iter().filter_map(|key| file.get(dict, key));
    if inherited.crop.is_some_and(|crop| rectangle(crop) != Some(media)) {
        return Err(Fault(
            HoldCode::HiddenContent,
            format!(
                "object {number} (page) has a /CropBox that hides a part of it; write it without"
            ),
        ));
    }
    if boxes.into_iter().any(|one| rectangle(one).is_none()) {
        return Err(broken(number, "is a page with an unsound box"));
    }
    let mut contents = Vec::new();
    match dict.get("Contents") {
        None | Some(Object::Null) => {}
        Some(Object::Ref(one)) if file.is_stream(*one) => contents.push(*one),
        Some(list) => {
            if let Object::Ref(list) = list {
                lists.push(*list);
            }
            let parts = file.resolve(list).0.array().unwrap_or_default();
            // Pages may share a list.
            if parts.len() > MAX_PARTS {
                return Err(broken(number, "is a page of too many contents; write it anew"));
            }
            for part in parts {
                match part {
                    Object::Ref(part) if file.is_stream(*part) => contents.push(*part),
                    _ => return Err(broken(number, "is a page whose content is no stream")),
                }
            }
        }
    }
    let resources = inherited.resources.and_then(Object::dict);
    Ok(Page { number, media, resources, contents })
}

fn rectangle(value: &Object) -> Option<[f64; 4]> {
    let corners: Vec<f64> = value.array()?.iter().map(Object::number).collect::<Option<_>>()?;
    let [a, b, c, d] = <[f64; 4]>::try_from(corners).ok()?;
    let sides = [a.min(c), b.min(d), a.max(c), b.max(d)];
    let fits = |length: f64| (1.0..=MAX_SIDE).contains(&length);
    (fits(sides[2] - sides[0]) && fits(sides[3] - sides[1])).then_some(sides)
}
