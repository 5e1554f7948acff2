//! Style sheets, of simple selectors alone, and what they say about an element.

use roxmltree::{Document, Node};

use super::draw::spend;
use super::property;
use super::vocabulary::PROPERTIES;
use super::{HIDDEN, MALFORMED, Outcome, Wrong, short, wrong};

/// Most rules of all style sheets: each is held against each element.
const MAX_RULES: usize = 64;
/// Most declarations of all rules, those of one name in one rule being one.
const MAX_DECLARATIONS: usize = 1024;

/// What an element costs, in steps, before its attributes.
const ENTERING: u64 = 4;

/// The rules of a drawing, the weakest first.
pub(super) struct Sheet<'a>(Vec<Rule<'a>>);

struct Rule<'a> {
    selector: Vec<Compound<'a>>,
    declarations: Vec<(&'a str, &'a str)>,
}

/// One element of a selector, as `text.label#a`.
#[derive(Default)]
struct Compound<'a> {
    name: Option<&'a str>,
    classes: Vec<&'a str>,
    id: Option<&'a str>,
}

/// Properties of one element, each once, the last that was set last.
pub(super) struct Style<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Sheet<'a> {
    pub(super) fn of(tree: &'a Document<'_>) -> Outcome<Self> {
        let mut rules = Vec::new();
        for sheet in tree
            .descendants()
            .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "style")))
        {
            for text in sheet.children().filter_map(|node| node.text()) {
                read(text, &mut rules).map_err(|wrong| wrong.at(sheet.range().start))?;
            }
        }
        rules.sort_by_key(Rule::weight);
        Ok(Self(rules))
    }

    /// What is set for an element.
    pub(super) fn style(&self, node: Node<'a, '_>, steps: &mut u64) -> Result<Style<'a>, Wrong> {
        spend(steps, ENTERING)?;
        for attribute in node.attributes() {
            let length = attribute.value().len() as u64;
            // How long each kind takes to read; the points of a path are counted, too.
            let apart = match attribute.name() {
                "transform" => 4,
                "style" => 8,
                "d" | "points" => 64,
                _ => 16,
            };
            spend(steps, 1 + length / apart)?;
        }
        let attributes = node.attributes().filter(|it| it.namespace().is_none());
        let mut values: Vec<_> = attributes
            .map(|it| (it.name(), it.value()))
            .filter(|(name, _)| PROPERTIES.contains(name))
            .collect();
        for (name, value) in &values {
            property::check(name, value, false)?;
        }
        for rule in &self.0 {
            if !rule.matches(node, steps)? {
                continue;
            }
            for &(name, value) in &rule.declarations {
                spend(steps, 1 + value.len() as u64 / 16)?;
                set(&mut values, name, value);
            }
        }
        if let Some(text) = node.attribute("style") {
            declarations(text, &mut values)?;
        }
        Ok(Style(values))
    }
}

impl<'a> Style<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.one_of(&[name]).map(|(_, value)| value)
    }

    /// The last of some properties that say the same.
    pub(super) fn one_of(&self, names: &[&str]) -> Option<(&'a str, &'a str)> {
        self.0
            .iter()
            .rfind(|(name, _)| names.contains(name))
            .map(|&(name, value)| (name, value.trim_ascii()))
    }
}

fn read<'a>(mut text: &'a str, rules: &mut Vec<Rule<'a>>) -> Result<(), Wrong> {
    while !text.trim_ascii().is_empty() {
        let parts = text.split_once('{').and_then(|(selectors, rest)| {
            rest.split_once('}').map(|(body, after)| (selectors, body, after))
        });
        let Some((selectors, body, after)) = parts else {
            return wrong(MALFORMED, "its style sheet has a rule without `{…}`");
        };
        let mut found = Vec::new();
        declarations(body, &mut found)?;
        for selector in selectors.split(',') {
            let compounds: Option<Vec<_>> =
                selector.split_ascii_whitespace().map(Compound::read).collect();
            match compounds {
                Some(selector) if !selector.is_empty() => {
                    rules.push(Rule { selector, declarations: found.clone() });
                }
                _ => {
                    return wrong(
                        HIDDEN,
                        format!(
                            "its style sheet has the selector {}; only names, classes and ids are understood",
                            short(selector.trim_ascii())
                        ),
                    );
                }
            }
            let declared: usize = rules.iter().map(|rule| rule.declarations.len()).sum();
            if rules.len() > MAX_RULES || declared > MAX_DECLARATIONS {
                let what = format!(
                    "its style sheets have more than {MAX_RULES} rules or {MAX_DECLARATIONS} declarations"
                );
                return wrong(MALFORMED, what);
            }
        }
        text = after;
    }
    Ok(())
}

/// The declarations of a rule or of a style attribute.
fn declarations<'a>(text: &'a str, into: &mut Vec<(&'a str, &'a str)>) -> Result<(), Wrong> {
    if text.contains(['{', '}', '!']) {
        return wrong(HIDDEN, "its style has braces within, or `!important`; leave them out");
    }
    let mut stated = Vec::new();
    for declaration in text.split(';').map(str::trim_ascii).filter(|it| !it.is_empty()) {
        let Some((name, value)) = declaration.split_once(':') else {
            return wrong(MALFORMED, format!("{} is no property and value", short(declaration)));
        };
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        if !PROPERTIES.contains(&name) {
            return wrong(
                HIDDEN,
                format!("the style property {} isn't one that drawings have", short(name)),
            );
        }
        // A `;` in quotes or brackets parts declarations here, and not in a browser.
        if !property::is_closed(value) {
            return wrong(
                MALFORMED,
                format!("the value of {} has an open quote or bracket", short(name)),
            );
        }
        if stated.contains(&name) {
            let what = format!("the style property {} stands twice; write it once", short(name));
            return wrong(HIDDEN, what);
        }
        stated.push(name);
        property::check(name, value, true)?;
        set(into, name, value);
    }
    Ok(())
}

/// The last of a name counts, and `font` says what `font-size` does: so order stays.
fn set<'a>(values: &mut Vec<(&'a str, &'a str)>, name: &'a str, value: &'a str) {
    values.retain(|(known, _)| *known != name);
    values.push((name, value));
}

impl Rule<'_> {
    /// As CSS has it: ids, then classes, then names.
    fn weight(&self) -> [usize; 3] {
        let sum = |of: fn(&Compound<'_>) -> usize| self.selector.iter().map(of).sum();
        [
            sum(|it| it.id.iter().count()),
            sum(|it| it.classes.len()),
            sum(|it| it.name.iter().count()),
        ]
    }

    fn matches(&self, node: Node<'_, '_>, steps: &mut u64) -> Result<bool, Wrong> {
        let Some((last, above)) = self.selector.split_last() else { return Ok(false) };
        if !last.matches(node, steps)? {
            return Ok(false);
        }
        let mut wanted = above.iter().rev();
        let mut next = wanted.next();
        for ancestor in node.ancestors().skip(1) {
            let Some(compound) = next else { break };
            if compound.matches(ancestor, steps)? {
                next = wanted.next();
            }
        }
        Ok(next.is_none())
    }
}

impl<'a> Compound<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut compound = Self::default();
        let is_name = |it: &str| {
            !it.is_empty()
                && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let end = text.find(['.', '#']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        match name {
            "" | "*" => {}
            name => compound.name = Some(Some(name).filter(|it| is_name(it))?),
        }
        while let Some(mark) = rest.chars().next() {
            let end = rest[1..].find(['.', '#']).map_or(rest.len(), |at| at + 1);
            let (word, after) = (&rest[1..end], &rest[end..]);
            match mark {
                '.' if is_name(word) => compound.classes.push(word),
                '#' if is_name(word) && compound.id.is_none() => compound.id = Some(word),
                _ => return None,
            }
            rest = after;
        }
        (!text.is_empty()).then_some(compound)
    }

    fn matches(&self, node: Node<'_, '_>, steps: &mut u64) -> Result<bool, Wrong> {
        let class = node.attribute("class").unwrap_or_default();
        spend(steps, 1 + self.classes.len() as u64 * (1 + class.len() as u64 / 16))?;
        Ok(node.is_element()
            && self.name.is_none_or(|name| node.tag_name().name() == name)
            && self.id.is_none_or(|id| node.attribute("id") == Some(id))
            && self.classes.iter().all(|it| class.split_ascii_whitespace().any(|one| one == *it)))
    }
}
