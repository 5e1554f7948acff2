//! What pages draw: all of it with known operators, and none of it out of sight.

mod step;

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::hold::{Fault, HoldCode};

use super::{
    file::{File, broken},
    idle::{Balance, Idle},
    inline,
    lexer::Lexer,
    object::{Dict, Object},
    operator::{fit, operands},
    pages::Page,
    refuse,
    state::{Matrix, SAME, State, then},
    unfold::Unfolded,
    walk::Walk,
};

/// Most values and operators that a file may run, each form as often as it is drawn.
const MAX_STEPS: usize = 1 << 23;
/// Bytes of content that count as much as a value.
const BYTES: usize = 16;
/// Deepest nesting of forms, and of kept states.
const MAX_FORMS: usize = 16;
const MAX_KEPT: usize = 512;
/// Most values before an operator.
const MAX_OPERANDS: usize = 16;

/// Runs contents.
pub(super) struct Drawing<'w, 'f> {
    walk: &'w mut Walk<'f>,
    file: &'f File<'f>,
    steps: usize,
    contents: HashMap<u32, Rc<Vec<u8>>>,
    /// Forms that show no text and no picture, wherever they are drawn.
    plain: HashMap<u32, Shows>,
    /// Contents whose values were counted, and what they came to.
    counted: HashSet<u32>,
    balance: Balance,
    running: Vec<u32>,
    /// What was drawn, or chosen to draw with.
    used: HashSet<u32>,
    media: Option<[f64; 4]>,
}

/// What a content shows at most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shows {
    Nothing,
    Lines,
    /// Text, or a picture.
    Words,
}

/// A content, with what it draws from.
struct Content<'f> {
    number: u32,
    bytes: Rc<Vec<u8>>,
    resources: Option<&'f Dict>,
}

fn hidden(content: &Content<'_>, lexer: &Lexer<'_>, what: &str) -> Fault {
    let object = content.number;
    Fault(
        HoldCode::HiddenContent,
        format!("object {object} (content), byte {} shows {what}", lexer.at),
    )
}

impl<'w, 'f> Drawing<'w, 'f> {
    pub(super) fn new(walk: &'w mut Walk<'f>) -> Self {
        let file = walk.file;
        Self {
            walk,
            file,
            steps: MAX_STEPS,
            contents: HashMap::new(),
            plain: HashMap::new(),
            counted: HashSet::new(),
            balance: Balance::default(),
            running: Vec::new(),
            used: HashSet::new(),
            media: None,
        }
    }

    pub(super) fn page(&mut self, page: &Page<'f>) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        for &part in &page.contents {
            let fresh = self.walk.reached.insert(part);
            if !fresh && page.contents.len() > 1 {
                return Err(broken(part, "is content that is drawn twice"));
            }
            self.check_content_keys(part)?;
            match self.file.unfold(part)? {
                Some(Unfolded::Bytes(content)) => bytes.extend_from_slice(&content),
                _ => return Err(broken(part, "is no content")),
            }
            bytes.push(b'\n');
        }
        let number = page.contents.first().copied().unwrap_or(page.number);
        self.media = Some(page.media);
        let content = Content { number, bytes: Rc::new(bytes), resources: page.resources };
        self.run(&content, State::new(SAME)).map(drop)
    }

    /// Runs a tile or a glyph, wherever it may come to stand.
    pub(super) fn apart(&mut self, number: u32, resources: Option<&'f Dict>) -> Result<(), Fault> {
        self.media = None;
        let content = Content { number, bytes: self.content(number)?, resources };
        self.run(&content, State::new(SAME)).map(drop)
    }

    fn check_content_keys(&self, number: u32) -> Result<(), Fault> {
        let keys = self.file.item(number).dict().map_or(&[][..], |dict| &dict.0);
        match keys.iter().find(|(key, _)| !matches!(&**key, b"Length" | b"Filter" | b"DecodeParms"))
        {
            Some((key, value)) => {
                Err(refuse::key(self.file, &format!("object {number} (content)"), key, value))
            }
            None => Ok(()),
        }
    }

    fn content(&mut self, number: u32) -> Result<Rc<Vec<u8>>, Fault> {
        if let Some(content) = self.contents.get(&number) {
            return Ok(content.clone());
        }
        let Some(Unfolded::Bytes(bytes)) = self.file.unfold(number)? else {
            return Err(broken(number, "is no content"));
        };
        let bytes = Rc::new(bytes);
        self.contents.insert(number, bytes.clone());
        Ok(bytes)
    }

    /// Runs a content, and says what it shows.
    fn run(&mut self, content: &Content<'f>, state: State) -> Result<Shows, Fault> {
        let mut lexer =
            Lexer::new(&content.bytes, format!("object {} (content), ", content.number));
        self.charge(&lexer, 1 + content.bytes.len() / BYTES)?;
        let mut states = vec![state];
        let mut idle = Idle::new();
        let mut values = Vec::new();
        let mut shows = Shows::Nothing;
        while lexer.skip() {
            // A form that ran meanwhile took of the same.
            lexer.values = self.steps;
            let Some(operator) = lexer.operator() else {
                values.push(lexer.object()?);
                self.steps = lexer.values;
                if values.len() > MAX_OPERANDS {
                    return Err(lexer.fault("ends more values than an operator has"));
                }
                continue;
            };
            self.charge(&lexer, 1)?;
            if operator == b"BI" && values.is_empty() {
                inline::read(&mut lexer)?;
                self.steps = self.steps.min(lexer.values);
                if let Some(state) = states.last() {
                    state
                        .picture(self.media, [0.0; 2])
                        .map_err(|what| hidden(content, &lexer, what))?;
                }
                shows = Shows::Words;
                idle.draw(1);
                continue;
            }
            if !operands(operator).is_some_and(|form| fit(form, &values)) {
                let name = String::from_utf8_lossy(&operator[..operator.len().min(8)]).into_owned();
                return Err(lexer.fault(&format!(
                    "ends the operator `{name}`, which isn't known with what is before it"
                )));
            }
            let shown = self.step(content, &lexer, operator, &values, &mut states)?;
            match operator {
                b"Do" if shown == Shows::Nothing => idle.waste(values.len()),
                _ => idle.see(operator, &values),
            }
            shows = shows.max(shown);
            values.clear();
        }
        if lexer.comment.is_some() || !values.is_empty() {
            return Err(Fault(
                HoldCode::HiddenContent,
                format!(
                    "object {} (content) has a comment or values that draw nothing",
                    content.number
                ),
            ));
        }
        shows = match idle.has_drawn() {
            true => shows.max(Shows::Lines),
            // At most a text of no letters.
            false => Shows::Nothing,
        };
        if self.counted.insert(content.number) {
            idle.end(&mut self.balance);
        }
        Ok(shows)
    }

    /// What was used, once all is drawn.
    pub(super) fn end(self) -> Result<HashSet<u32>, Fault> {
        match self.balance.is_sound() {
            true => Ok(self.used),
            false => Err(Fault(
                HoldCode::HiddenContent,
                "its content has more values that draw nothing than values that do: paths that aren't \
                 painted, states that nothing is drawn with; leave them out"
                    .into(),
            )),
        }
    }

    fn charge(&mut self, lexer: &Lexer<'_>, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.checked_sub(steps).ok_or_else(|| {
            lexer.fault(&format!(
                "is where more than {MAX_STEPS} values and operators were run; draw less"
            ))
        })?;
        Ok(())
    }

    fn form(&mut self, number: u32, state: State) -> Result<Shows, Fault> {
        if let Some(&shows) = self.plain.get(&number) {
            return Ok(shows);
        }
        if self.running.contains(&number) || self.running.len() == MAX_FORMS {
            return Err(broken(number, "is a form that draws itself, or is nested too deep"));
        }
        let Some(dict) = self.file.item(number).dict() else {
            return Err(broken(number, "is no form"));
        };
        let matrix = self.file.get(dict, "Matrix").and_then(Object::array).unwrap_or_default();
        let matrix: Matrix = match matrix.len() {
            6 => std::array::from_fn(|at| matrix[at].number().unwrap_or(0.0)),
            _ => SAME,
        };
        let content = Content {
            number,
            bytes: self.content(number)?,
            resources: self.file.get(dict, "Resources").and_then(Object::dict),
        };
        self.running.push(number);
        let shows = self.run(&content, State { place: then(matrix, state.place), ..state })?;
        self.running.pop();
        if shows < Shows::Words {
            self.plain.insert(number, shows);
        }
        Ok(shows)
    }
}
