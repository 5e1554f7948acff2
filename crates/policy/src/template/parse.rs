use super::{Element, Item, Part, Template, Word};
use crate::{path, script};

const MAX_BYTES: usize = 64 << 10;
const MAX_DEPTH: usize = 4;
const MAX_ITEMS: usize = 16;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct TemplateError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong and what to write.
    pub why: &'static str,
}

#[derive(Clone, Debug)]
enum Lexeme {
    Word(Word),
    And,
    OpenOptional,
    CloseOptional,
    OpenAnyOrder,
    CloseAnyOrder,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let at = |line| move |why| TemplateError { line, why };
        if text.len() > MAX_BYTES {
            return Err(at(1)("a template has at most 64 KiB"));
        }
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
            return Err(at(1)("a template is plain ASCII"));
        }
        let mut lines = text.lines().zip(1..);
        let shebang = match lines.next() {
            Some((shebang, _)) if shebang.starts_with("#!") => shebang.to_owned(),
            _ => return Err(at(1)("a template starts with #! and the shell")),
        };
        let mut template = Self { shebang, lines: Vec::new(), needs_runtime: false };
        for (line, number) in lines {
            let lexemes = lex(line).map_err(at(number))?;
            check_sources(&lexemes).map_err(at(number))?;
            if lexemes.is_empty() {
                continue;
            }
            template.needs_runtime |= lexemes.iter().any(Lexeme::names_runtime);
            template.lines.push(parse_line(lexemes).map_err(at(number))?);
        }
        match template.lines.is_empty() {
            true => Err(at(1)("a template runs something")),
            false => Ok(template),
        }
    }
}

impl Lexeme {
    fn names_runtime(&self) -> bool {
        matches!(self, Self::Word(word) if word.parts.contains(&Part::Runtime))
    }
}

/// What a script sources runs with the job's rights as much as what it starts.
fn check_sources(lexemes: &[Lexeme]) -> Result<(), &'static str> {
    let sources = |lexeme: &Lexeme| match lexeme {
        Lexeme::Word(word) => matches!(word.spelling.as_str(), "source" | "."),
        _ => false,
    };
    for (at, _) in lexemes.iter().enumerate().filter(|(_, lexeme)| sources(lexeme)) {
        match lexemes.get(at + 1) {
            Some(Lexeme::Word(Word { parts, .. }))
                if matches!(parts[..], [Part::Bundle | Part::Runtime, _, ..]) => {}
            _ => return Err("a sourced file lies in {bundle} or {runtime}"),
        }
    }
    Ok(())
}

fn lex(line: &str) -> Result<Vec<Lexeme>, &'static str> {
    let mut lexemes = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let fixed = [
            ("[", Lexeme::OpenOptional),
            ("]", Lexeme::CloseOptional),
            ("{any-order ", Lexeme::OpenAnyOrder),
            ("&&", Lexeme::And),
        ];
        if rest.is_empty() {
            return Ok(lexemes);
        } else if rest.starts_with('#') {
            return Err("comments are not matched; leave them out of the template");
        } else if let Some((text, lexeme)) =
            fixed.into_iter().find(|(text, _)| rest.starts_with(text))
        {
            lexemes.push(lexeme);
            rest = &rest[text.len()..];
        } else if rest.starts_with('}') && !rest.starts_with("}}") {
            lexemes.push(Lexeme::CloseAnyOrder);
            rest = &rest[1..];
        } else {
            let (word, after) = lex_word(rest)?;
            lexemes.push(Lexeme::Word(word));
            rest = after;
        }
    }
}

/// A word ends at a blank, a `]` or a lone `}`.
fn lex_word(start: &str) -> Result<(Word, &str), &'static str> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = start;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("{{") || rest.starts_with("}}") {
            text.push(c);
            rest = &rest[2..];
        } else if c == '{' {
            let (name, after) = rest[1..].split_once('}').ok_or("a { does not end in }")?;
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(placeholder(name)?);
            rest = after;
        } else if matches!(c, ' ' | '\t' | ']' | '}') {
            break;
        } else if c.is_ascii() && script::is_plain(c as u8) {
            text.push(c);
            rest = &rest[1..];
        } else {
            return Err("a word has a character that the shell would act on, or a quote");
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    check_word(&parts)?;
    let spelling = start[..start.len() - rest.len()].to_owned();
    Ok((Word { parts, spelling }, rest))
}

fn placeholder(name: &str) -> Result<Part, &'static str> {
    match name.split_once(':') {
        None => match name {
            "bundle" => Ok(Part::Bundle),
            "runtime" => Ok(Part::Runtime),
            "rundir" => Ok(Part::RunDir),
            "run-id" => Ok(Part::RunId),
            _ => Err("unknown placeholder; a literal brace is written twice"),
        },
        Some(("int", range)) => {
            let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
                true => text.parse::<u64>().ok(),
                false => None,
            };
            let (low, high) = range.split_once("..").ok_or("a range is written {int:1..64}")?;
            match (number(low), number(high)) {
                (Some(low), Some(high)) if low <= high => Ok(Part::Int(low..=high)),
                _ => Err("a range is written {int:1..64}"),
            }
        }
        Some(("one-of", texts)) => {
            let texts: Vec<String> = texts.split('|').map(str::to_owned).collect();
            let plain = |text: &String| !text.is_empty() && text.bytes().all(script::is_plain);
            if texts.iter().all(plain) {
                Ok(Part::OneOf(texts))
            } else {
                Err("a choice is written {one-of:a|b}")
            }
        }
        Some(("file", extension)) => match extension.strip_prefix('.') {
            Some(rest)
                if !rest.is_empty() && super::is_file_name(&format!("x{extension}"), extension) =>
            {
                Ok(Part::File(extension.to_owned()))
            }
            _ => Err("a file is written with its ending, {file:.yaml}"),
        },
        Some(_) => Err("unknown placeholder; a literal brace is written twice"),
    }
}

fn check_word(parts: &[Part]) -> Result<(), &'static str> {
    let is_place = |part: &Part| matches!(part, Part::Bundle | Part::Runtime | Part::RunDir);
    if parts.iter().skip(1).any(is_place) {
        return Err("{bundle}, {runtime} and {rundir} stand at the start of a word");
    }
    if parts.len() > 1 && parts.iter().any(|part| matches!(part, Part::File(_))) {
        return Err("{file:…} is a word of its own");
    }
    if parts.len() > 1 && is_place(&parts[0]) {
        let rest = parts[1..].iter().map(|part| match part {
            Part::Text(text) => text,
            _ => "x",
        });
        let rest: String = rest.collect();
        if rest == "/" || !path::is_clean_absolute(&rest) {
            return Err("behind {bundle}, {runtime} or {rundir} stands nothing or a clean path");
        }
    }
    Ok(())
}

fn parse_line(lexemes: Vec<Lexeme>) -> Result<Vec<Element>, &'static str> {
    let mut lexemes = lexemes.into_iter();
    let (elements, end) = parse_elements(&mut lexemes, 0)?;
    match end {
        Some(_) => Err("a ] or } closes nothing"),
        None if !elements.iter().any(is_required) => Err("not all of a line can be optional"),
        None => Ok(elements),
    }
}

fn is_required(element: &Element) -> bool {
    match element {
        Element::Word(_) => true,
        Element::And | Element::Optional(_) => false,
        Element::AnyOrder(items) => items.iter().any(|item| !item.optional),
    }
}

/// Elements up to the end of the line or the lexeme that closes their group.
fn parse_elements(
    lexemes: &mut impl Iterator<Item = Lexeme>,
    depth: usize,
) -> Result<(Vec<Element>, Option<Lexeme>), &'static str> {
    if depth > MAX_DEPTH {
        return Err("groups are nested too deeply");
    }
    let mut elements = Vec::new();
    while let Some(lexeme) = lexemes.next() {
        elements.push(match lexeme {
            Lexeme::Word(word) => Element::Word(word),
            Lexeme::And => Element::And,
            Lexeme::OpenOptional => match parse_elements(lexemes, depth + 1)? {
                (group, Some(Lexeme::CloseOptional)) if group.iter().any(is_required) => {
                    Element::Optional(group)
                }
                (_, Some(Lexeme::CloseOptional)) => return Err("a [ ] holds nothing required"),
                _ => return Err("a [ does not end in ]"),
            },
            Lexeme::OpenAnyOrder => match parse_elements(lexemes, depth + 1)? {
                (group, Some(Lexeme::CloseAnyOrder)) => Element::AnyOrder(split_items(group)?),
                _ => return Err("an {any-order does not end in }"),
            },
            close @ (Lexeme::CloseOptional | Lexeme::CloseAnyOrder) => {
                return Ok((elements, Some(close)));
            }
        });
    }
    Ok((elements, None))
}

fn split_items(elements: Vec<Element>) -> Result<Vec<Item>, &'static str> {
    let mut items: Vec<Item> = Vec::new();
    for element in elements {
        match element {
            Element::Optional(elements) => items.push(Item { elements, optional: true }),
            Element::Word(word) if word.spelling.starts_with('-') => {
                items.push(Item { elements: vec![Element::Word(word)], optional: false });
            }
            Element::Word(word) => match items.last_mut() {
                Some(item) if !item.optional => item.elements.push(Element::Word(word)),
                _ => return Err("in {any-order …} each option starts with - or is a [ ]"),
            },
            Element::And | Element::AnyOrder(_) => {
                return Err("in {any-order …} stand only words and [ ]");
            }
        }
    }
    match items.len() {
        1..=MAX_ITEMS => Ok(items),
        _ => Err("an {any-order …} has 1 to 16 options"),
    }
}
