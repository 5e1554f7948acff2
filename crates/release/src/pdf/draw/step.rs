//! What single operators do.

use crate::hold::Fault;

use super::{Content, Drawing, MAX_KEPT, Shows, hidden};
use crate::pdf::{
    file::broken,
    lexer::Lexer,
    object::{Object, shown},
    refuse,
    shape::PROPERTIES,
    state::{Matrix, SAME, State, then},
    walk::Owner,
};

/// Names of marks: kinds of structure as programs write them.
const TAGS: [&str; 31] = [
    "Artifact",
    "Document",
    "Part",
    "Sect",
    "Div",
    "Caption",
    "TOC",
    "TOCI",
    "NonStruct",
    "P",
    "H",
    "H1",
    "H2",
    "H3",
    "H4",
    "L",
    "LI",
    "Lbl",
    "LBody",
    "Table",
    "TR",
    "TH",
    "TD",
    "THead",
    "TBody",
    "Span",
    "Note",
    "Figure",
    "Formula",
    "Reference",
    "Standard",
];

impl<'f> Drawing<'_, 'f> {
    /// Does what an operator says, and tells what it shows beside paths.
    pub(super) fn step(
        &mut self,
        content: &Content<'f>,
        lexer: &Lexer<'_>,
        operator: &[u8],
        values: &[Object],
        states: &mut Vec<State>,
    ) -> Result<Shows, Fault> {
        let number = |at: usize| values.get(at).and_then(Object::number).unwrap_or(0.0);
        let matrix = || -> Matrix { std::array::from_fn(number) };
        let name = || values.iter().find_map(Object::name).unwrap_or_default();
        let hidden = |what: &str| hidden(content, lexer, what);
        let Some(state) = states.last_mut() else { return Ok(Shows::Nothing) };
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
                return Ok(Shows::Words);
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
        Ok(Shows::Nothing)
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
    ) -> Result<Shows, Fault> {
        let (value, number) = self.find(content, "XObject", name)?;
        let form = value
            .dict()
            .and_then(|dict| dict.get("Subtype"))
            .is_some_and(|kind| kind.is_name("Form"));
        match number {
            Some(number) if form => self.form(number, state),
            _ => {
                let side = |key| {
                    let side = value.dict().and_then(|dict| self.file.get(dict, key));
                    side.and_then(Object::number).unwrap_or(0.0)
                };
                let pixels = [side("Width"), side("Height")];
                state.picture(self.media, pixels).map_err(hidden).map(|()| Shows::Words)
            }
        }
    }

    /// A mark that structures, and says nothing.
    fn marked(&mut self, content: &Content<'f>, values: &[Object]) -> Result<(), Fault> {
        let place = format!("object {} (content)", content.number);
        match values {
            [Object::Name(tag), ..] if !TAGS.iter().any(|known| known.as_bytes() == &**tag) => {
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
