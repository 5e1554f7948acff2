//! The tags of the markup.

use super::scan::{Scanner, Step};
use super::vocabulary::is_element;
use super::{ACTIVE, HIDDEN, MALFORMED, Wrong, short, wrong};

const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 64;

impl<'a> Scanner<'a> {
    /// A start tag, behind its `<`.
    pub(super) fn tag(&mut self) -> Step {
        let name = self.name();
        match name {
            "a" => return wrong(ACTIVE, "it has a link, `a`; leave `url`, `href` and `URL` out"),
            "script" => return wrong(ACTIVE, "it has a `script`; leave it out"),
            _ if !is_element(name) => {
                return wrong(
                    ACTIVE,
                    format!("the element {} isn't one that only draws", short(name)),
                );
            }
            _ => {}
        }
        let is_root = !std::mem::replace(&mut self.rooted, true);
        if is_root != self.open.is_empty() || (is_root && name != "svg") {
            return wrong(MALFORMED, "it isn't one `svg` element");
        }
        if self.open.len() >= MAX_DEPTH {
            return wrong(MALFORMED, format!("it is nested deeper than {MAX_DEPTH} elements"));
        }
        if self.open.last().is_some_and(|open| matches!(*open, "title" | "desc" | "style")) {
            return wrong(
                ACTIVE,
                format!(
                    "{} stands in a title or style, where HTML reads it otherwise",
                    short(name)
                ),
            );
        }
        let mut attributes = Vec::new();
        let closed = loop {
            let blank = self.rest.starts_with(|c: char| c.is_ascii_whitespace());
            self.rest = self.rest.trim_ascii_start();
            if let Some(after) = self.rest.strip_prefix("/>") {
                break after;
            } else if let Some(after) = self.rest.strip_prefix('>') {
                self.open.push(name);
                break after;
            } else if !blank {
                return wrong(MALFORMED, format!("the tag {} is no XML", short(name)));
            } else if attributes.len() == MAX_ATTRIBUTES {
                let what = format!("{} has more than {MAX_ATTRIBUTES} attributes", short(name));
                return wrong(MALFORMED, what);
            }
            attributes.push((self.rest, self.attribute(name)?));
        };
        let has = |wanted: &str| attributes.iter().any(|(_, (attribute, _))| *attribute == wanted);
        if has("href") && has("xlink:href") {
            let what =
                "has both `href` and `xlink:href`, and viewers follow one or the other; write one";
            return wrong(HIDDEN, format!("{} {what}", short(name)));
        }
        for (place, (attribute, value)) in attributes {
            self.rest = place;
            self.value(name, attribute, value).map_err(|Wrong(code, what)| {
                let what = format!("the attribute {} of {}: {what}", short(attribute), short(name));
                Wrong(code, what)
            })?;
        }
        self.rest = closed;
        Ok(())
    }

    fn name(&mut self) -> &'a str {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.'));
        let (name, after) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = after;
        name
    }

    fn attribute(&mut self, element: &str) -> Step<(&'a str, &'a str)> {
        let name = self.name();
        let unquoted =
            || Wrong(MALFORMED, format!("{} has an attribute that is no XML", short(element)));
        self.rest = self.rest.trim_ascii_start().strip_prefix('=').ok_or_else(unquoted)?;
        self.rest = self.rest.trim_ascii_start();
        let quote =
            self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(unquoted)?;
        self.rest = &self.rest[1..];
        let value = self.until(quote.encode_utf8(&mut [0; 4]), "an attribute")?;
        match name {
            "" => Err(unquoted()),
            name => Ok((name, value)),
        }
    }
}
