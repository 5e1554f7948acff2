//! What a PDF is made of.

/// A value of a PDF.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(Box<[u8]>),
    Name(Box<[u8]>),
    Array(Vec<Object>),
    Dict(Dict),
    /// The object of that number.
    Ref(u32),
}

/// Names and values, by name, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dict(pub(super) Vec<(Box<[u8]>, Object)>);

impl Dict {
    pub(super) fn get(&self, key: &str) -> Option<&Object> {
        self.find(key.as_bytes())
    }

    pub(super) fn find(&self, key: &[u8]) -> Option<&Object> {
        let at = self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        Some(&self.0[at].1)
    }
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// A whole number that counts or measures something.
    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Self::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        self.name() == Some(name.as_bytes())
    }

    pub(super) fn array(&self) -> Option<&[Object]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }
}

/// A name as a message shows it.
pub(super) fn shown(name: &[u8]) -> String {
    let mut shown: String = name.iter().take(32).map(|&byte| char::from(byte)).collect();
    shown.retain(|c| c.is_ascii_graphic());
    if name.len() > 32 {
        shown.push('…');
    }
    format!("/{shown}")
}
