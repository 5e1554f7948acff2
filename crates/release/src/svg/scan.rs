//! The markup: a part of XML that an HTML parser reads alike.

use std::collections::HashSet;

use super::value::check_style;
use super::vocabulary::{DOCTYPES, WORDY};
use super::{ACTIVE, HIDDEN, MALFORMED, Outcome, Wrong, png, short, wrong};

/// Most bytes of different words that a drawing has and doesn't show.
const MAX_UNSEEN: usize = 16 << 10;

/// The document without its document type, byte for byte in place.
pub(super) fn scan(text: &str) -> Outcome<String> {
    let mut scanner = Scanner {
        whole: text,
        rest: text,
        open: Vec::new(),
        rooted: false,
        doctype: None,
        unseen: HashSet::new(),
        words: MAX_UNSEEN,
        room: png::MAX_UNFOLDED,
    };
    scanner.document().map_err(|wrong| wrong.at(scanner.at()))?;
    let Some((from, to)) = scanner.doctype else { return Ok(text.to_owned()) };
    let blank = text[from..to].chars().map(|c| if c == '\n' { c } else { ' ' });
    Ok(text[..from].chars().chain(blank).chain(text[to..].chars()).collect())
}

pub(super) type Step<T = ()> = Result<T, Wrong>;

pub(super) struct Scanner<'a> {
    whole: &'a str,
    pub(super) rest: &'a str,
    pub(super) open: Vec<&'a str>,
    pub(super) rooted: bool,
    doctype: Option<(usize, usize)>,
    /// Words that aren't drawn; a repeated one says nothing new.
    unseen: HashSet<&'a str>,
    /// Bytes of such words that may still come.
    words: usize,
    /// Bytes that pictures in it may still unfold to.
    pub(super) room: u64,
}

impl<'a> Scanner<'a> {
    fn at(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    fn document(&mut self) -> Step {
        self.declaration()?;
        while let Some((before, _)) = self.rest.split_once('<') {
            self.characters(before)?;
            self.rest = &self.rest[before.len()..];
            self.markup()?;
        }
        self.characters(self.rest)?;
        if !self.rooted {
            return wrong(MALFORMED, "it has no `svg` element");
        }
        self.rest = "";
        match self.open.last() {
            Some(open) => wrong(MALFORMED, format!("{} is not closed", short(open))),
            None => Ok(()),
        }
    }

    fn declaration(&mut self) -> Step {
        if !self.rest.starts_with("<?xml ") {
            return Ok(());
        }
        let declared = self.until("?>", "the XML declaration")?;
        let mut words = declared[5..].split_ascii_whitespace();
        let quoted = |word: &str, name: &str, values: &[&str]| {
            let value = word.strip_prefix(name).and_then(|word| word.strip_prefix('='));
            let value = value.unwrap_or_default();
            let inner = ['"', '\''].iter().find_map(|&quote| {
                value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote))
            });
            inner.is_some_and(|inner| values.contains(&inner.to_ascii_lowercase().as_str()))
        };
        let version = words.next().is_some_and(|word| quoted(word, "version", &["1.0"]));
        let mut next = words.next();
        if next.is_some_and(|word| word.starts_with("encoding")) {
            if !next.is_some_and(|word| quoted(word, "encoding", &["utf-8"])) {
                return wrong(MALFORMED, "it declares an encoding other than UTF-8; write UTF-8");
            }
            next = words.next();
        }
        if next.is_some_and(|word| quoted(word, "standalone", &["yes", "no"])) {
            next = words.next();
        }
        match version && next.is_none() {
            true => Ok(()),
            false => wrong(
                MALFORMED,
                "its XML declaration is not `<?xml version=\"1.0\" encoding=\"UTF-8\"?>`",
            ),
        }
    }

    /// Text between tags; only a drawing's own may be more than blanks.
    fn characters(&mut self, text: &'a str) -> Step {
        if text.contains("]]>") {
            return wrong(MALFORMED, "it has `]]>` in a text; write `]]&gt;`");
        }
        match self.open.last() {
            None if text.trim_ascii().is_empty() => Ok(()),
            None => wrong(MALFORMED, "it has text outside of the `svg` element"),
            Some(&"style") => {
                check_style(text)?;
                self.count_style(text)
            }
            Some(element) if WORDY.contains(element) => self.unseen(text),
            Some(&("text" | "tspan")) => Ok(()),
            Some(_) if text.trim_ascii().is_empty() => Ok(()),
            Some(element) => wrong(
                HIDDEN,
                format!(
                    "{} has text, which is not shown there; write it in a `text`",
                    short(element)
                ),
            ),
        }
    }

    pub(super) fn unseen(&mut self, text: &'a str) -> Step {
        let text = text.trim_ascii();
        if self.unseen.insert(text) {
            self.words = self.words.checked_sub(text.len()).ok_or_else(|| {
                let what = format!(
                    "it has more than {MAX_UNSEEN} bytes of words that the picture doesn't show, in \
                     comments, titles, descriptions, names and classes; leave them out"
                );
                Wrong(HIDDEN, what)
            })?;
        }
        Ok(())
    }

    pub(super) fn until(&mut self, end: &str, what: &str) -> Step<&'a str> {
        let Some((before, after)) = self.rest.split_once(end) else {
            return wrong(MALFORMED, format!("{what} doesn't end"));
        };
        self.rest = after;
        Ok(before)
    }

    fn markup(&mut self) -> Step {
        if self.rest.starts_with("<!--") {
            self.comment()
        } else if self.rest.starts_with("<![CDATA[") && self.rooted {
            self.rest = &self.rest[9..];
            let text = self.until("]]>", "a CDATA section")?;
            // Where HTML knows no such sections, this one ends with the first `>`.
            match text.contains('<') || (text.contains('>') && self.open.last() != Some(&"style")) {
                true => wrong(
                    ACTIVE,
                    "it has a CDATA section with `<` or `>`, which HTML reads otherwise; write `&lt;`",
                ),
                false => self.characters(text),
            }
        } else if self.rest.starts_with("<!DOCTYPE") && !self.rooted && self.doctype.is_none() {
            self.document_type()
        } else if self.rest.starts_with("</") {
            self.rest = &self.rest[2..];
            let name = self.until(">", "an end tag")?.trim_ascii_end();
            match self.open.pop() == Some(name) {
                true => Ok(()),
                false => {
                    wrong(MALFORMED, format!("the end tag {} ends another element", short(name)))
                }
            }
        } else if self.rest.starts_with("<?") {
            let name = self.rest[2..].split([' ', '?', '\n']).next().unwrap_or_default();
            wrong(ACTIVE, format!("it has a processing instruction, {}; leave it out", short(name)))
        } else if self.rest.starts_with("<!") {
            wrong(ACTIVE, "it has a declaration or a second document type; leave it out")
        } else {
            self.rest = &self.rest[1..];
            self.tag()
        }
    }

    fn comment(&mut self) -> Step {
        self.rest = &self.rest[4..];
        let comment = self.until("-->", "a comment")?;
        // HTML ends such a comment earlier than XML does.
        if comment.starts_with(['>', '-']) || comment.contains("--") || comment.ends_with('-') {
            return wrong(
                ACTIVE,
                "it has a comment with `--` or `>` where HTML ends it; leave it out",
            );
        }
        self.unseen(comment)
    }

    /// A subset in brackets could define entities, another document type anything.
    fn document_type(&mut self) -> Step {
        let from = self.at();
        let doctype = self.until(">", "the document type")?;
        self.doctype = Some((from, self.at()));
        let known = doctype.strip_prefix("<!DOCTYPE svg").is_some_and(|doctype| {
            let quoted: Vec<_> = doctype.trim_ascii().split('"').collect();
            match *quoted {
                [""] => true,
                ["PUBLIC ", id, between, url, ""] => {
                    between.trim_ascii().is_empty() && DOCTYPES.contains(&[id, url])
                }
                _ => false,
            }
        });
        match known {
            true => Ok(()),
            false => wrong(
                ACTIVE,
                "it has a document type other than W3C's of SVG 1.0 and 1.1, or defines entities; leave it out",
            ),
        }
    }
}
