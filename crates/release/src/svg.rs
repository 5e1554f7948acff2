//! SVG: elements that draw. Scripts, animation, foreign content, links to anywhere else and
//! everything unknown is held.

mod vocabulary;

use std::collections::HashSet;

use base64ct::{Base64, Encoding};

use super::{Fault, HoldCode, png};
use vocabulary::{DOCTYPES, DRAWING, FUNCTIONS, NAMESPACES, PREFIXED, WORDY, is_element};

const PNG_DATA: &str = "data:image/png;base64,";
/// Most bytes of different words that a drawing has and doesn't show.
const MAX_UNSEEN: usize = 16 << 10;

pub(super) fn check(text: &str) -> Result<(), Fault> {
    let mut scanner = Scanner {
        rest: text,
        open: Vec::new(),
        rooted: false,
        unseen: HashSet::new(),
        words: MAX_UNSEEN,
        room: png::MAX_UNFOLDED,
    };
    scanner.document().map_err(|code| {
        let line = text[..text.len() - scanner.rest.len()].lines().count().max(1);
        Fault(code, format!("line {line} is not of a plain drawing"))
    })
}

const MALFORMED: HoldCode = HoldCode::NotSvg;
const ACTIVE: HoldCode = HoldCode::ActiveContent;
const HIDDEN: HoldCode = HoldCode::HiddenContent;
type Outcome<T = ()> = Result<T, HoldCode>;

fn require(holds: bool, code: HoldCode) -> Outcome {
    if holds { Ok(()) } else { Err(code) }
}

struct Scanner<'a> {
    rest: &'a str,
    open: Vec<&'a str>,
    rooted: bool,
    /// Words that aren't drawn; a repeated one says nothing new.
    unseen: HashSet<&'a str>,
    /// Bytes of such words that may still come.
    words: usize,
    /// Bytes that pictures in it may still unfold to.
    room: u64,
}

impl<'a> Scanner<'a> {
    fn document(&mut self) -> Outcome {
        if self.rest.starts_with("<?xml ") {
            let declared = self.until("?>")?.to_ascii_lowercase().replace('\'', "\"");
            let other = declared.replace("encoding=\"utf-8\"", "").contains("encoding");
            require(!other && declared.len() < 100, MALFORMED)?;
        }
        while let Some((before, _)) = self.rest.split_once('<') {
            self.characters(before)?;
            self.rest = &self.rest[before.len()..];
            self.markup()?;
        }
        self.characters(self.rest)?;
        require(self.rooted && self.open.is_empty(), MALFORMED)
    }

    /// Text between tags; only a drawing's own may be more than blanks.
    fn characters(&mut self, text: &'a str) -> Outcome {
        match self.open.last() {
            None => require(text.trim_ascii().is_empty(), MALFORMED),
            Some(&"style") => check_style(text),
            Some(element) if WORDY.contains(element) => self.unseen(text),
            Some(_) => Ok(()),
        }
    }

    fn unseen(&mut self, text: &'a str) -> Outcome {
        let text = text.trim_ascii();
        if self.unseen.insert(text) {
            self.words = self.words.checked_sub(text.len()).ok_or(HIDDEN)?;
        }
        Ok(())
    }

    fn until(&mut self, end: &str) -> Outcome<&'a str> {
        let (before, after) = self.rest.split_once(end).ok_or(MALFORMED)?;
        self.rest = after;
        Ok(before)
    }

    fn markup(&mut self) -> Outcome {
        if self.rest.starts_with("<!--") {
            self.rest = &self.rest[4..];
            let comment = self.until("-->")?;
            // HTML ends such a comment earlier than XML does.
            require(!comment.starts_with(['>', '-']) && !comment.contains("--"), ACTIVE)?;
            self.unseen(comment)
        } else if self.rest.starts_with("<![CDATA[") && !self.open.is_empty() {
            self.rest = &self.rest[9..];
            let text = self.until("]]>")?;
            self.characters(text)
        } else if self.rest.starts_with("<!DOCTYPE svg") && !self.rooted {
            // A subset in brackets could define entities, another document type anything.
            self.rest = &self.rest["<!DOCTYPE svg".len()..];
            let doctype = self.until(">")?.trim_ascii();
            let quoted: Vec<_> = doctype.split('"').collect();
            let known = match *quoted {
                [""] => true,
                ["PUBLIC ", id, between, url, ""] => {
                    between.trim_ascii().is_empty() && DOCTYPES.contains(&[id, url])
                }
                _ => false,
            };
            require(known, ACTIVE)
        } else if self.rest.starts_with("</") {
            self.rest = &self.rest[2..];
            let name = self.until(">")?.trim_ascii_end();
            require(self.open.pop() == Some(name), MALFORMED)
        } else if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            Err(ACTIVE)
        } else {
            self.rest = &self.rest[1..];
            self.tag()
        }
    }

    fn tag(&mut self) -> Outcome {
        let name = self.name();
        require(is_element(name), ACTIVE)?;
        let is_root = !std::mem::replace(&mut self.rooted, true);
        require(is_root == self.open.is_empty(), MALFORMED)?;
        require(!is_root || name == "svg", MALFORMED)?;
        loop {
            let blank = self.rest.starts_with(|c: char| c.is_ascii_whitespace());
            self.rest = self.rest.trim_ascii_start();
            if let Some(after) = self.rest.strip_prefix("/>") {
                self.rest = after;
                return Ok(());
            } else if let Some(after) = self.rest.strip_prefix('>') {
                self.rest = after;
                self.open.push(name);
                return Ok(());
            }
            require(blank, MALFORMED)?;
            self.attribute(name)?;
        }
    }

    fn name(&mut self) -> &'a str {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.'));
        let (name, after) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = after;
        name
    }

    fn attribute(&mut self, element: &str) -> Outcome {
        let name = self.name();
        self.rest = self.rest.trim_ascii_start().strip_prefix('=').ok_or(MALFORMED)?;
        self.rest = self.rest.trim_ascii_start();
        let quote =
            self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(MALFORMED)?;
        self.rest = &self.rest[1..];
        let value = self.until(quote.encode_utf8(&mut [0; 4]))?;
        // Numbered characters would spell out what the checks below look for.
        require(!value.contains('<') && !value.contains("&#"), ACTIVE)?;
        match name {
            "" => Err(MALFORMED),
            "href" | "xlink:href" => self.check_reference(element, value),
            "display" => require(value.trim_ascii() != "none", HIDDEN),
            "visibility" => require(!matches!(value.trim_ascii(), "hidden" | "collapse"), HIDDEN),
            _ if name.starts_with("xmlns") => require(NAMESPACES.contains(&(name, value)), ACTIVE),
            _ if name.contains(':') && !PREFIXED.contains(&name) => Err(ACTIVE),
            _ if name.len() >= 2 && name[..2].eq_ignore_ascii_case("on") => Err(ACTIVE),
            "style" => check_style(value),
            _ => {
                check_functions(value)?;
                if DRAWING.contains(&name) { Ok(()) } else { self.unseen(value) }
            }
        }
    }

    fn check_reference(&mut self, element: &str, value: &str) -> Outcome {
        match value.strip_prefix(PNG_DATA) {
            Some(data) if element == "image" => {
                let data: String = data.split_ascii_whitespace().collect();
                let image = Base64::decode_vec(&data).map_err(|_| ACTIVE)?;
                png::check(&image, &mut self.room).map_err(|_| ACTIVE)
            }
            _ => require(value.starts_with('#'), ACTIVE),
        }
    }
}

/// A style sheet or style attribute: no `@import`, no escapes that spell out something else.
fn check_style(style: &str) -> Outcome {
    require(!style.contains(['@', '\\', '&']), ACTIVE)?;
    let close: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let hides = ["display:none", "visibility:hidden", "visibility:collapse", "/*"];
    require(!hides.iter().any(|hiding| close.contains(hiding)), HIDDEN)?;
    check_functions(style)
}

fn check_functions(value: &str) -> Outcome {
    for (at, _) in value.match_indices('(') {
        let (before, after) = (&value[..at], value[at + 1..].trim_ascii_start());
        let ends = |c: char| !c.is_ascii_alphanumeric() && c != '-';
        let name = before.rsplit(ends).next().unwrap_or_default();
        require(FUNCTIONS.contains(&name), ACTIVE)?;
        require(name != "url" || after.trim_start_matches(['"', '\'']).starts_with('#'), ACTIVE)?;
    }
    Ok(())
}
