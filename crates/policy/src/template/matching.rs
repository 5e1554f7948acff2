use std::collections::HashSet;

use super::{Element, Item, Match, Part, Places, Template, Word, is_file_name};
use crate::{
    path,
    script::{Script, Token},
};

/// The first place where a script differs from a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the script: expected {expected}, found {found}")]
pub struct Mismatch {
    /// Number of the line in the script, from 1.
    pub line: usize,
    /// What the template has for the words before, in their order.
    pub fits: Vec<String>,
    /// What the template wants there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl Template {
    /// Matches the whole of `script`.
    pub fn matches(&self, script: &Script, places: &Places<'_>) -> Result<Match, Mismatch> {
        if script.shebang != self.shebang {
            return Err(mismatch(1, &[], &self.shebang, &script.shebang));
        }
        let mut matched = Match::default();
        for (template, line) in self.lines.iter().zip(&script.lines) {
            let mut scan =
                Scan { tokens: &line.tokens, places, furthest: Vec::new(), expected: "" };
            match scan.whole(template) {
                Some(files) => matched.files.extend(files),
                None => {
                    let found = line.tokens.get(scan.furthest.len()).map(ToString::to_string);
                    let found = found.as_deref().unwrap_or("the end of the line");
                    return Err(mismatch(line.number, &scan.furthest, scan.expected, found));
                }
            }
        }
        let end = script.lines.last().map_or(1, |line| line.number);
        match script.lines.get(self.lines.len()) {
            Some(line) => Err(mismatch(line.number, &[], "the end of the script", "another line")),
            None if script.lines.len() < self.lines.len() => {
                Err(mismatch(end, &[], "another line", "the end of the script"))
            }
            None => Ok(matched),
        }
    }
}

fn mismatch(line: usize, fits: &[&str], expected: &str, found: &str) -> Mismatch {
    let fits = fits.iter().map(|word| (*word).into()).collect();
    Mismatch { line, fits, expected: expected.into(), found: found.chars().take(80).collect() }
}

/// One way to have matched the tokens before [`Self::at`].
#[derive(Clone)]
struct State<'a> {
    /// What the template has for each of them.
    fits: Vec<&'a str>,
    files: Vec<String>,
}

impl State<'_> {
    fn at(&self) -> usize {
        self.fits.len()
    }
}

/// Follows all ways to match at once, so no template makes it search for long.
struct Scan<'a> {
    tokens: &'a [Token],
    places: &'a Places<'a>,
    /// What fits on the way that got furthest.
    furthest: Vec<&'a str>,
    expected: &'a str,
}

impl<'a> Scan<'a> {
    fn whole(&mut self, elements: &'a [Element]) -> Option<Vec<String>> {
        let states = self.sequence(elements, vec![State { fits: Vec::new(), files: Vec::new() }]);
        for state in states {
            if state.at() == self.tokens.len() {
                return Some(state.files);
            }
            // Where the template is satisfied, surplus words explain more than optional ones.
            if state.at() >= self.furthest.len() {
                (self.furthest, self.expected) = (state.fits, "the end of the line");
            }
        }
        None
    }

    fn note(&mut self, state: State<'a>, expected: &'a str) {
        if state.at() > self.furthest.len() || self.expected.is_empty() {
            (self.furthest, self.expected) = (state.fits, expected);
        }
    }

    fn sequence(&mut self, elements: &'a [Element], mut states: Vec<State<'a>>) -> Vec<State<'a>> {
        for element in elements {
            states = match element {
                Element::Word(word) => self.each(states, |scan, state| scan.word(word, state)),
                Element::And => self.each(states, |scan, state| scan.and(state)),
                Element::Optional(group) => {
                    let mut either = self.sequence(group, states.clone());
                    either.append(&mut states);
                    let mut seen = HashSet::new();
                    either.retain(|state| seen.insert(state.at()));
                    either
                }
                Element::AnyOrder(items) => self.any_order(items, states),
            };
        }
        states
    }

    fn each(
        &mut self,
        states: Vec<State<'a>>,
        step: impl Fn(&mut Self, State<'a>) -> Option<State<'a>>,
    ) -> Vec<State<'a>> {
        states.into_iter().filter_map(|state| step(self, state)).collect()
    }

    fn any_order(&mut self, items: &'a [Item], states: Vec<State<'a>>) -> Vec<State<'a>> {
        let mut done: Vec<State<'a>> = Vec::new();
        let mut seen = HashSet::new();
        let mut open: Vec<(State<'a>, u32)> = states.into_iter().map(|state| (state, 0)).collect();
        while let Some((state, used)) = open.pop() {
            let unused = || (0..).zip(items).filter(move |(bit, _)| used & (1 << bit) == 0);
            for (bit, item) in unused() {
                for next in self.sequence(&item.elements, vec![state.clone()]) {
                    if seen.insert((next.at(), used | 1 << bit)) {
                        open.push((next, used | 1 << bit));
                    }
                }
            }
            if unused().all(|(_, item)| item.optional) && done.iter().all(|s| s.at() != state.at())
            {
                done.push(state);
            }
        }
        done
    }

    fn and(&mut self, mut state: State<'a>) -> Option<State<'a>> {
        match self.tokens.get(state.at()) {
            Some(Token::And) => {
                state.fits.push("&&");
                Some(state)
            }
            _ => {
                self.note(state, "&&");
                None
            }
        }
    }

    fn word(&mut self, word: &'a Word, mut state: State<'a>) -> Option<State<'a>> {
        match self.tokens.get(state.at()) {
            Some(Token::Word(text)) if word.matches(text, self.places) => {
                if let [Part::File(_)] = word.parts[..] {
                    state.files.push(text.clone());
                }
                state.fits.push(&word.spelling);
                Some(state)
            }
            _ => {
                self.note(state, &word.spelling);
                None
            }
        }
    }
}

impl Word {
    fn matches(&self, text: &str, places: &Places<'_>) -> bool {
        let Some((first, rest)) = self.parts.split_first() else {
            return false;
        };
        match (first, first.place(places)) {
            (_, Some(None)) => false,
            // A word without a slash is a command to search for rather than a path.
            (_, Some(Some(place))) => {
                (text.contains('/') || matches!(text, "." | ".."))
                    && path::resolve(places.rundir, text)
                        .and_then(|path| Some(parts_match(rest, path.strip_prefix(place)?, places)))
                        .unwrap_or(false)
            }
            (Part::File(extension), None) => is_file_name(text, extension),
            (_, None) => parts_match(&self.parts, text, places),
        }
    }
}

fn parts_match(parts: &[Part], text: &str, places: &Places<'_>) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let behind = |prefix: &str| {
        text.strip_prefix(prefix).is_some_and(|text| parts_match(rest, text, places))
    };
    match part {
        Part::Text(prefix) => behind(prefix),
        Part::RunId => behind(places.run_id),
        Part::OneOf(prefixes) => prefixes.iter().any(|prefix| behind(prefix)),
        Part::Int(range) => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).take(20).count();
            (1..=digits).any(|length| {
                let number = &text[..length];
                (length == 1 || !number.starts_with('0'))
                    && number.parse().is_ok_and(|number| range.contains(&number))
                    && behind(number)
            })
        }
        Part::Bundle | Part::Runtime | Part::RunDir | Part::File(_) => false,
    }
}
