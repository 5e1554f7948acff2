//! Every object on the way from the catalog, each held to what its kind may say.

use std::collections::{BTreeMap, HashSet};

use crate::hold::{Fault, HoldCode};

use super::{
    colour,
    file::{File, broken},
    object::{Dict, Object},
    refuse,
    shape::{FORM, Kind, Shape, Use, XOBJECT},
};

/// Longest name that a program may make up, in bytes.
const MAX_NAME: usize = 64;
const MAX_FAMILY: usize = 40;
/// Stands for lists among the kinds that an object was seen as; no shape is there.
const LIST: usize = 1;

/// Where a walk was, and where it goes.
pub(super) struct Walk<'f> {
    pub(super) file: &'f File<'f>,
    pub(super) reached: HashSet<u32>,
    /// What each stream is for.
    pub(super) streams: BTreeMap<u32, Use>,
    seen: HashSet<(u32, usize)>,
    todo: Vec<(u32, &'static Shape)>,
}

/// The object that holds a value.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    number: Option<u32>,
    shape: &'static str,
}

impl Owner {
    pub(super) fn new(number: Option<u32>, shape: &'static str) -> Self {
        Self { number, shape }
    }

    fn place(self) -> String {
        match self.number {
            Some(number) => format!("object {number} ({})", self.shape),
            None => self.shape.into(),
        }
    }
}

impl<'f> Walk<'f> {
    pub(super) fn new(file: &'f File<'f>) -> Self {
        let reached = file.frame.iter().copied().collect();
        Self { file, reached, streams: BTreeMap::new(), seen: HashSet::new(), todo: Vec::new() }
    }

    /// Walks all that an object of that shape leads to.
    pub(super) fn all(&mut self, number: u32, shape: &'static Shape) -> Result<(), Fault> {
        self.later(number, shape);
        while let Some((number, shape)) = self.todo.pop() {
            self.object(number, shape)?;
        }
        Ok(())
    }

    fn later(&mut self, number: u32, shape: &'static Shape) {
        self.reached.insert(number);
        if self.seen.insert((number, std::ptr::from_ref(shape).addr())) {
            self.todo.push((number, shape));
        }
    }

    fn object(&mut self, number: u32, shape: &'static Shape) -> Result<(), Fault> {
        let value = self.file.item(number);
        let shape = self.variant(value, shape);
        let owner = Owner { number: Some(number), shape: shape.name };
        let Object::Dict(dict) = value else {
            return match value {
                Object::Null => Ok(()),
                _ => Err(broken(number, &format!("is no {}", shape.name))),
            };
        };
        let optional = matches!(shape.stream, Use::None | Use::Function | Use::Mesh | Use::Tile);
        match self.file.is_stream(number) {
            true if shape.stream == Use::None => {
                return Err(self.hidden(owner, "has a stream that nothing reads"));
            }
            true => {
                if self
                    .streams
                    .insert(number, shape.stream)
                    .is_some_and(|other| other != shape.stream)
                {
                    return Err(self.hidden(owner, "is used for two things"));
                }
            }
            false if optional => {}
            false => return Err(broken(number, &format!("is no {}", shape.name))),
        }
        self.dict(owner, dict, shape)
    }

    fn variant(&self, value: &Object, shape: &'static Shape) -> &'static Shape {
        let form = std::ptr::eq(shape, &XOBJECT)
            && value
                .dict()
                .and_then(|dict| dict.get("Subtype"))
                .is_some_and(|kind| kind.is_name("Form"));
        if form { &FORM } else { shape }
    }

    pub(super) fn hidden(&self, owner: Owner, what: &str) -> Fault {
        Fault(HoldCode::HiddenContent, format!("{} {what}", owner.place()))
    }

    pub(super) fn dict(
        &mut self,
        owner: Owner,
        dict: &Dict,
        shape: &'static Shape,
    ) -> Result<(), Fault> {
        for (key, value) in &dict.0 {
            let known = shape.keys.iter().find(|(name, _)| name.as_bytes() == &**key);
            let fits = match known {
                Some((_, kind)) => self.value(owner, kind, value)?,
                None => *value == Object::Null,
            };
            if !fits {
                return Err(refuse::key(self.file, &owner.place(), key, value));
            }
        }
        Ok(())
    }

    /// Whether a value is of that kind.
    fn value(&mut self, owner: Owner, kind: &'static Kind, value: &Object) -> Result<bool, Fault> {
        if let Kind::Link = kind {
            return Ok(matches!(value, Object::Ref(_)));
        }
        let (value, number) = match (kind, value) {
            (Kind::Elsewhere, _) => return Ok(true),
            (Kind::Is(shape), Object::Ref(number)) => {
                self.later(*number, shape);
                return Ok(true);
            }
            (_, Object::Ref(number)) => {
                self.reached.insert(*number);
                if !self.seen.insert((*number, std::ptr::from_ref(kind).addr())) {
                    return Ok(true);
                }
                if self.file.is_stream(*number) && !matches!(kind, Kind::NameOr(..) | Kind::Some(_))
                {
                    return Ok(false);
                }
                let file = self.file;
                (file.item(*number), Some(*number))
            }
            _ => (value, None),
        };
        let owner = Owner { number: number.or(owner.number), ..owner };
        Ok(match (kind, value) {
            (_, Object::Null) => true,
            (Kind::Number | Kind::NumberOr(_), Object::Int(_) | Object::Real(_))
            | (Kind::Bool, Object::Bool(_)) => true,
            (Kind::Name(known), Object::Name(_)) => known.iter().any(|name| value.is_name(name)),
            (Kind::NameOr(known, _), Object::Name(_)) => {
                known.iter().any(|name| value.is_name(name))
            }
            (Kind::AnyName | Kind::Names, Object::Name(name)) => made_up(name),
            (Kind::Names, Object::Array(items)) => {
                items.iter().all(|item| item.name().is_some_and(made_up))
            }
            (Kind::Numbers, Object::Array(items)) => items.iter().all(|item| numbers(item, 0)),
            (Kind::Differences, Object::Array(items)) => {
                items.iter().all(|item| item.size().is_some() || item.name().is_some_and(made_up))
            }
            (Kind::Family, Object::Text(text)) => is_family(text),
            (Kind::CharSet, Object::Text(text)) => is_char_set(text),
            (Kind::Language, Object::Text(text)) => is_language(text),
            (Kind::Style, Object::Text(text)) => text.len() <= 12,
            (Kind::Empty, Object::Array(items)) => items.is_empty(),
            (Kind::Destination, Object::Array(items)) => is_destination(items),
            (Kind::Links, Object::Array(items)) => items.iter().all(|item| self.link(item)),
            (Kind::ColourSpace, value) => colour::walk(self, owner, value, 0)?,
            (Kind::Is(shape), Object::Dict(dict)) => {
                let shape = self.variant(value, shape);
                if !matches!(shape.stream, Use::None | Use::Function | Use::Mesh | Use::Tile) {
                    return Ok(false);
                }
                self.dict(Owner { shape: shape.name, ..owner }, dict, shape)?;
                true
            }
            (Kind::Each(kind), Object::Dict(dict)) => {
                for (key, value) in &dict.0 {
                    if !made_up(key) || !self.value(owner, kind, value)? {
                        return Err(refuse::key(self.file, &owner.place(), key, value));
                    }
                }
                true
            }
            (Kind::Some(kind), Object::Array(items)) => {
                for item in items {
                    if matches!(item, Object::Array(_)) || !self.value(owner, kind, item)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Kind::Some(kind) | Kind::NumberOr(kind) | Kind::NameOr(_, kind), value) => {
                match (number, kind) {
                    (Some(number), Kind::Is(shape)) => {
                        self.later(number, shape);
                        true
                    }
                    _ => self.value(owner, kind, value)?,
                }
            }
            _ => false,
        })
    }

    /// Looks at a dictionary that stands in content, where nothing can refer.
    pub(super) fn inline(
        &mut self,
        owner: Owner,
        dict: &Dict,
        shape: &'static Shape,
    ) -> Result<(), Fault> {
        match dict.0.iter().find(|(_, value)| matches!(value, Object::Ref(_))) {
            Some((key, value)) => Err(refuse::key(self.file, &owner.place(), key, value)),
            None => self.dict(owner, dict, shape),
        }
    }

    /// Walks an object that a colour space refers to.
    pub(super) fn refer(&mut self, number: u32, shape: &'static Shape) {
        self.later(number, shape);
    }

    fn link(&mut self, value: &Object) -> bool {
        match value {
            Object::Int(_) | Object::Null => true,
            Object::Array(items) => {
                items.iter().all(|item| matches!(item, Object::Ref(_) | Object::Null))
            }
            Object::Ref(number) => match self.file.item(*number) {
                Object::Array(items) if self.seen.insert((*number, LIST)) => {
                    self.reached.insert(*number);
                    items.iter().all(|item| matches!(item, Object::Ref(_) | Object::Null))
                }
                _ => true,
            },
            _ => false,
        }
    }
}

/// Whether a name is short and plain.
pub(super) fn made_up(name: &[u8]) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.,:".contains(byte))
}

fn numbers(value: &Object, depth: usize) -> bool {
    match value {
        Object::Array(items) => depth < 2 && items.iter().all(|item| numbers(item, depth + 1)),
        value => value.number().is_some(),
    }
}

pub(super) fn is_family(text: &[u8]) -> bool {
    text.len() <= MAX_FAMILY
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b" -_.".contains(byte))
}

fn is_char_set(text: &[u8]) -> bool {
    let mut names = text.split(|&byte| byte == b'/');
    names.next().is_none_or(<[u8]>::is_empty) && names.all(|name| name.len() <= 32 && made_up(name))
}

fn is_language(text: &[u8]) -> bool {
    text.len() <= 12 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// A page, and what of it is seen first.
fn is_destination(items: &[Object]) -> bool {
    let [Object::Ref(_), Object::Name(how), rest @ ..] = items else { return false };
    let hows: [&[u8]; 8] = [b"XYZ", b"Fit", b"FitH", b"FitV", b"FitR", b"FitB", b"FitBH", b"FitBV"];
    hows.contains(&&**how)
        && rest.len() <= 4
        && rest.iter().all(|item| *item == Object::Null || item.number().is_some())
}
