//! The elements, attributes, properties and functions that a drawing may have.

mod attributes;
mod elements;
mod styles;

pub(super) use attributes::{CONDITIONS, DRAWING, PLACED, is_free};
pub(super) use elements::{DOCTYPES, NAMESPACES, WORDY, is_element};
pub(super) use styles::{FUNCTIONS, PROPERTIES};
