//! Which names and link targets a bundle may have.

use crate::{path, text};

const MAX_PATH: usize = 4096;

/// A path that may not stand in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be in a bundle: {why}; rename it", text::shown(path))]
pub struct NameError {
    /// The path.
    pub path: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A symbolic link whose target a bundle's digest would not cover.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link {} to {} cannot be in a bundle: {why}", text::shown(path), text::shown(target))]
pub struct LinkError {
    /// Where the link stands.
    pub path: String,
    /// Where it points.
    pub target: String,
    /// What is wrong with that.
    pub why: &'static str,
}

/// Accepts clean relative paths of at most 4096 bytes that print as what they are.
pub fn check_name(path: &str) -> Result<(), NameError> {
    let refuse = |why| Err(NameError { path: path.into(), why });
    if path.len() > MAX_PATH {
        refuse("its path is longer than 4096 bytes")
    } else if !path.chars().all(text::is_visible) {
        refuse("it has invisible, control or direction characters")
    } else if !path::is_clean_relative(path) {
        refuse("its path is not relative, or has an empty, `.` or `..` component")
    } else {
        Ok(())
    }
}

/// Accepts links that stay in the tree whatever other links it has, and absolute ones to exactly
/// the `system_links` that the entry declares.
pub fn check_link(path: &str, target: &str, system_links: &[String]) -> Result<(), LinkError> {
    let refuse = |why| Err(LinkError { path: path.into(), target: target.into(), why });
    if target.len() > MAX_PATH || !target.chars().all(text::is_visible) {
        return refuse("its target is longer than 4096 bytes or not printable");
    }
    if target.starts_with('/') {
        return match system_links.iter().any(|declared| declared == target) {
            true => Ok(()),
            false => refuse("its target is absolute and not declared under [system] links"),
        };
    }
    // Resolving from a root of `/` makes leaving the tree the same as climbing above the root.
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    match path::resolve(&format!("/{directory}"), target) {
        Some(_) => Ok(()),
        None => refuse("its target leaves the bundle, or climbs after a name"),
    }
}
