use std::fmt;

use sluice_policy::manifest::{LinkError, NameError};
use sluice_policy::text::shown;

/// Something that may not be in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A path that may not be in a bundle.
    Name(NameError),
    /// A name that isn't UTF-8, or not one name.
    NoName(String),
    /// A link that may not be in a bundle.
    Link {
        /// Why.
        error: LinkError,
        /// Whether it may be with its target made relative.
        mended: bool,
    },
    /// A link whose target isn't UTF-8.
    NoTarget(String),
    /// A setuid or setgid file.
    SetId(String),
    /// An extended attribute of a path, by its name; one for each path.
    Attribute(String, String),
    /// What is neither a file nor a directory nor a link.
    Special(String, &'static str),
}

impl Fault {
    /// Whether an import leaves it out without changing what programs see: owners, set-id bits and
    /// attributes mean nothing where images are mounted, and absolute links lead to the same place.
    /// Overlay's attributes say that a file is another one, or not there.
    pub fn is_mended_by_import(&self) -> bool {
        match self {
            Self::SetId(_) => true,
            Self::Link { mended, .. } => *mended,
            Self::Attribute(_, name) => !is_of_overlay(name),
            Self::Name(_) | Self::NoName(_) | Self::NoTarget(_) | Self::Special(..) => false,
        }
    }
}

/// Whether overlay may read this attribute: `trusted.overlay.*` or `user.overlay.*`.
pub(crate) fn is_of_overlay(name: &str) -> bool {
    name.contains("overlay.")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => write!(f, "{error}"),
            Self::NoName(path) => {
                write!(f, "{}: its name is not UTF-8, or no single name", shown(path))
            }
            Self::Link { error, .. } => write!(f, "{error}"),
            Self::NoTarget(path) => write!(f, "{}: a link whose target is not UTF-8", shown(path)),
            Self::SetId(path) => write!(f, "{}: a setuid or setgid file", shown(path)),
            Self::Attribute(path, name) => {
                write!(f, "{}: the extended attribute {}", shown(path), shown(name))
            }
            Self::Special(path, what) => write!(f, "{}: {what}", shown(path)),
        }
    }
}
