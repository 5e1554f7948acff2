//! What pages draw: all of it with known operators, and none of it out of sight.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::hold::{Fault, HoldCode};

use super::{
    file::{File, broken},
    inline,
    lexer::Lexer,
    object::{Dict, Object, shown},
    operator::{fit, operands},
    pages::Page,
    refuse,
    shape::PROPERTIES,
    state::{Matrix, SAME, State, then},
    unfold::Unfolded,
    walk::{Owner, Walk, made_up},
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
    plain: HashSet<u32>,
    running: Vec<u32>,
    /// What was drawn, or chosen to draw with.
    pub(super) used: HashSet<u32>,
    media: Option<[f64; 4]>,
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
            plain: HashSet::new(),
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

    /// Runs a content, and says whether it shows text or a picture.
    fn run(&mut self, content: &Content<'f>, state: State) -> Result<bool, Fault> {
        let mut lexer =
            Lexer::new(&content.bytes, format!("object {} (content), ", content.number));
        self.charge(&lexer, 1 + content.bytes.len() / BYTES)?;
        let mut states = vec![state];
        let mut values = Vec::new();
        let mut shows = false;
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
                    state.picture(self.media).map_err(|what| hidden(content, &lexer, what))?;
                }
                shows = true;
                continue;
            }
            if !operands(operator).is_some_and(|form| fit(form, &values)) {
                let name = String::from_utf8_lossy(&operator[..operator.len().min(8)]).into_owned();
                return Err(lexer.fault(&format!(
                    "ends the operator `{name}`, which isn't known with what is before it"
                )));
            }
            shows |= self.step(content, &lexer, operator, &values, &mut states)?;
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
        Ok(shows)
    }

    fn charge(&mut self, lexer: &Lexer<'_>, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.checked_sub(steps).ok_or_else(|| {
            lexer.fault(&format!(
                "is where more than {MAX_STEPS} values and operators were run; draw less"
            ))
        })?;
        Ok(())
    }

    fn step(
        &mut self,
        content: &Content<'f>,
        lexer: &Lexer<'_>,
        operator: &[u8],
        values: &[Object],
        states: &mut Vec<State>,
    ) -> Result<bool, Fault> {
        let number = |at: usize| values.get(at).and_then(Object::number).unwrap_or(0.0);
        let matrix = || -> Matrix { std::array::from_fn(number) };
        let name = || values.iter().find_map(Object::name).unwrap_or_default();
        let hidden = |what: &str| hidden(content, lexer, what);
        let Some(state) = states.last_mut() else { return Ok(false) };
        let media = self.media;
        match operator {
            b"q" => {
                let state = *state;
                states.push(state);
                if states.len() > MAX_KEPT {
                    return Err(lexer.fault("keeps too many states"));
                }
            }
            b"Q" => {
                if states.len() == 1 {
                    return Err(lexer.fault("takes back a state that nothing kept"));
                }
                states.pop();
            }
            b"cm" => state.place = then(matrix(), state.place),
            b"BT" => state.set_text(SAME),
            b"Tm" => state.set_text(matrix()),
            b"Td" => state.move_text(number(0), number(1)),
            b"TD" => {
                state.leading = -number(1);
                state.move_text(number(0), number(1));
            }
            b"T*" => state.move_text(0.0, -state.leading),
            b"TL" => state.leading = number(0),
            b"Tz" => state.stretch = number(0) / 100.0,
            b"Ts" => state.rise = number(0),
            b"Tr" => state.mode = number(0) as i64,
            b"Tf" => {
                let (em, size) = (self.font(content, name())?, number(1));
                (state.em, state.size) = (em, size);
            }
            b"Tj" | b"'" | b"\"" | b"TJ" => {
                if operator == b"'" || operator == b"\"" {
                    state.move_text(0.0, -state.leading);
                }
                let parts = values
                    .last()
                    .map_or(&[][..], |value| value.array().unwrap_or(std::slice::from_ref(value)));
                for part in parts {
                    match part {
                        Object::Text(text) => state.show(text.len(), media).map_err(hidden)?,
                        part => state.adjust(part.number().unwrap_or(0.0)),
                    }
                }
                return Ok(true);
            }
            b"gs" => self.graphics(content, name(), state)?,
            b"sh" => _ = self.find(content, "Shading", name())?,
            b"Do" => {
                let state = *state;
                return self.object(content, name(), state, hidden);
            }
            b"SCN" | b"scn" if !name().is_empty() => _ = self.find(content, "Pattern", name())?,
            b"CS" | b"cs"
                if !matches!(name(), b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK" | b"Pattern") =>
            {
                _ = self.find(content, "ColorSpace", name())?;
            }
            b"BMC" | b"BDC" => self.marked(content, values)?,
            _ => {}
        }
        Ok(false)
    }

    /// A resource, which counts as used from now on.
    fn find(
        &mut self,
        content: &Content<'f>,
        kind: &str,
        name: &[u8],
    ) -> Result<(&'f Object, Option<u32>), Fault> {
        let file = self.file;
        let resources = content.resources.and_then(|resources| file.get(resources, kind));
        let value = resources.and_then(Object::dict).and_then(|named| named.find(name));
        let (value, number) = value.map(|value| file.resolve(value)).ok_or_else(|| {
            broken(content.number, &format!("draws with {}, which its resources lack", shown(name)))
        })?;
        self.used.extend(number);
        Ok((value, number))
    }

    /// What 1000 units of a font's glyphs are.
    fn font(&mut self, content: &Content<'f>, name: &[u8]) -> Result<f64, Fault> {
        let (font, _) = self.find(content, "Font", name)?;
        let matrix =
            font.dict().and_then(|font| self.file.get(font, "FontMatrix")).and_then(Object::array);
        Ok(match matrix {
            Some([a, b, ..]) => 1000.0 * a.number().unwrap_or(0.0).hypot(b.number().unwrap_or(0.0)),
            _ => 1.0,
        })
    }

    fn graphics(
        &mut self,
        content: &Content<'f>,
        name: &[u8],
        state: &mut State,
    ) -> Result<(), Fault> {
        let (value, _) = self.find(content, "ExtGState", name)?;
        let Some(dict) = value.dict() else { return Ok(()) };
        let alpha = |key| self.file.get(dict, key).and_then(Object::number);
        state.fill_alpha = alpha("ca").unwrap_or(state.fill_alpha);
        state.stroke_alpha = alpha("CA").unwrap_or(state.stroke_alpha);
        let mask = self.file.get(dict, "SMask").and_then(Object::dict);
        let Some(Object::Ref(group)) = mask.and_then(|mask| mask.get("G")) else { return Ok(()) };
        self.used.insert(*group);
        let place = State { fill_alpha: 1.0, stroke_alpha: 1.0, ..*state };
        self.form(*group, place).map(drop)
    }

    fn object(
        &mut self,
        content: &Content<'f>,
        name: &[u8],
        state: State,
        hidden: impl Fn(&str) -> Fault,
    ) -> Result<bool, Fault> {
        let (value, number) = self.find(content, "XObject", name)?;
        let form = value
            .dict()
            .and_then(|dict| dict.get("Subtype"))
            .is_some_and(|kind| kind.is_name("Form"));
        match number {
            Some(number) if form => self.form(number, state),
            _ => state.picture(self.media).map_err(hidden).map(|()| true),
        }
    }

    fn form(&mut self, number: u32, state: State) -> Result<bool, Fault> {
        if self.plain.contains(&number) {
            return Ok(false);
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
        if !shows {
            self.plain.insert(number);
        }
        Ok(shows)
    }

    /// A mark that structures, and says nothing.
    fn marked(&mut self, content: &Content<'f>, values: &[Object]) -> Result<(), Fault> {
        let place = format!("object {} (content)", content.number);
        match values {
            [Object::Name(tag), ..] if &**tag == b"OC" || !made_up(tag) => {
                Err(refuse::key(self.file, &place, tag, &Object::Null))
            }
            [_, Object::Name(name)] => self.find(content, "Properties", name).map(drop),
            [_, Object::Dict(dict)] => {
                // They belong to the content, not to the file.
                let owner = Owner::new(Some(content.number), "content");
                self.walk.inline(owner, dict, &PROPERTIES)
            }
            _ => Ok(()),
        }
    }
}
