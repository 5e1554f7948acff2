//! A whole PDF: every byte of it belongs to an object, and every object is where the table says.

use std::{cell::RefCell, collections::BTreeMap, ops::Range};

use crate::hold::{Fault, HoldCode};

use super::{
    lexer::Lexer,
    object::{Dict, Object},
    refuse,
    unfold::{MAX_UNFOLDED, Unfolded, unfold},
    xref::{self, Place, Table},
};

/// Most objects in an object stream.
const MAX_WITHIN: usize = 1 << 16;

/// Longest head of an object that says another's length, in bytes.
const MAX_LENGTH: usize = 80;

/// An object of the file.
pub(super) struct Item {
    pub(super) value: Object,
    /// Where its stream is in the file.
    stream: Option<Range<usize>>,
}

pub(super) struct File<'a> {
    content: &'a [u8],
    items: BTreeMap<u32, Item>,
    pub(super) trailer: Dict,
    /// Objects that only hold the file together.
    pub(super) frame: Vec<u32>,
    left: RefCell<usize>,
    /// The first comment or wide space between objects.
    comment: Option<usize>,
}

pub(super) fn broken(number: u32, what: &str) -> Fault {
    Fault(HoldCode::NotPdf, format!("object {number} {what}"))
}

impl<'a> File<'a> {
    pub(super) fn read(content: &'a [u8]) -> Result<Self, Fault> {
        let start = header(content)?;
        let mut lexer = Lexer::new(content, String::new());
        lexer.at = start;
        refuse_linearised(&mut lexer)?;
        let mut left = MAX_UNFOLDED;
        let table = xref::read(content, &mut left)?;
        lexer.at = start;
        let mut file = Self {
            content,
            items: BTreeMap::new(),
            trailer: table.trailer.clone(),
            frame: table.own.into_iter().collect(),
            left: RefCell::new(left),
            comment: None,
        };
        if table.trailer.get("Encrypt").is_some() {
            return Err(Fault(
                HoldCode::ActiveContent,
                "its trailer has /Encrypt: it is encrypted; write it without a password".into(),
            ));
        }
        file.read_objects(&mut lexer, &table)?;
        file.read_streams(&table, lexer.values)?;
        file.comment = lexer.comment;
        Ok(file)
    }

    /// Goes through the file from its header to its table.
    fn read_objects(&mut self, lexer: &mut Lexer<'a>, table: &Table) -> Result<(), Fault> {
        while lexer.skip() && lexer.at < table.stop {
            let at = lexer.at;
            let number = lexer.size()?;
            let number = u32::try_from(number).map_err(|_| lexer.fault("numbers no object"))?;
            if lexer.size()? != 0 {
                return Err(broken(
                    number,
                    "was replaced, and what it had before may still be there",
                ));
            }
            lexer.expect("obj")?;
            let own = table.own == Some(number) && at == table.start;
            if table.places.get(&number) != Some(&Place::At(at)) && !own {
                return Err(broken(number, "is not where the table of objects says"));
            }
            let value = lexer.object()?;
            let mut stream = None;
            if let Object::Dict(dict) = &value
                && lexer.skip()
                && lexer.rest().starts_with(b"stream")
            {
                let length = self.length(dict, table);
                let length =
                    length.ok_or_else(|| broken(number, "has a stream without a /Length"))?;
                stream = Some(lexer.stream(length)?);
            }
            lexer.expect("endobj")?;
            if self.items.insert(number, Item { value, stream }).is_some() {
                return Err(broken(number, "is there twice"));
            }
        }
        if lexer.at != table.stop {
            return Err(lexer.fault("is behind where the table of objects begins"));
        }
        let stated = |(&number, &place): (&u32, &Place)| {
            let there = self.items.contains_key(&number) || matches!(place, Place::Within(..));
            (!there).then_some(number)
        };
        match table.places.iter().find_map(stated) {
            Some(number) => Err(self
                .active()
                .unwrap_or_else(|| broken(number, "is not where the table of objects says"))),
            None => Ok(()),
        }
    }

    /// What acts in a file that can't be read wholly: cairo's tables are wrong if there are links.
    fn active(&self) -> Option<Fault> {
        self.items.iter().find_map(|(number, item)| {
            let (name, what) = refuse::active(self, &item.value, 0, &mut 0)?;
            Some(Fault(HoldCode::ActiveContent, format!("object {number} has {name}: {what}")))
        })
    }

    /// How long a stream is; another object may say it, further down.
    fn length(&mut self, dict: &Dict, table: &Table) -> Option<usize> {
        match dict.get("Length")? {
            Object::Ref(number) => {
                let Some(&Place::At(at)) = table.places.get(number) else { return None };
                // Many may refer to one, so what is read is short, and ends within.
                let rest = self.content.get(at..)?;
                let mut lexer = Lexer::new(&rest[..rest.len().min(MAX_LENGTH)], String::new());
                let head = lexer.size().ok()? == *number as usize && lexer.size().ok()? == 0;
                let length = (head && lexer.take("obj")).then(|| lexer.size().ok())??;
                self.frame.push(*number);
                (lexer.at < MAX_LENGTH).then_some(length)
            }
            length => length.size(),
        }
    }

    /// Reads the objects that are in streams.
    fn read_streams(&mut self, table: &Table, mut values: usize) -> Result<(), Fault> {
        let mut within: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
        for (&number, &place) in &table.places {
            if let Place::Within(container, index) = place {
                within.entry(container).or_default().push((index, number));
            }
        }
        for (container, mut stated) in within {
            stated.sort_unstable();
            let plain = self.items.get(&container).and_then(|item| item.value.dict());
            let kind = plain.and_then(|dict| dict.get("Type"));
            if !kind.is_some_and(|kind| kind.is_name("ObjStm")) {
                return Err(broken(container, "is no stream of objects"));
            }
            let Some(Unfolded::Bytes(content)) = self.unfold(container)? else {
                return Err(broken(container, "is no stream of objects"));
            };
            let size = |key| plain_size(&self.items[&container], key);
            let (Some(count), Some(first), None) = (size("N"), size("First"), size("Extends"))
            else {
                return Err(broken(container, "is no stream of objects that is read here"));
            };
            if count > MAX_WITHIN || count != stated.len() {
                return Err(broken(container, "has objects that the table doesn't know"));
            }
            let mut head = Lexer::new(&content, format!("object {container}, "));
            let mut body = Lexer::new(&content, format!("object {container}, "));
            body.at = first;
            body.values = values;
            for (place, &(index, number)) in stated.iter().enumerate() {
                let (own, offset) = (head.size()?, head.size()?);
                body.skip();
                if place != index
                    || own != number as usize
                    || first.checked_add(offset) != Some(body.at)
                {
                    return Err(broken(number, "is not where the table of objects says"));
                }
                let item = Item { value: body.object()?, stream: None };
                if self.items.insert(number, item).is_some() {
                    return Err(broken(number, "is there twice"));
                }
            }
            head.skip();
            if head.at != first || body.skip() || head.comment.or(body.comment).is_some() {
                return Err(broken(container, "has something that is no object"));
            }
            values = body.values;
            self.frame.push(container);
        }
        Ok(())
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.items.keys().copied()
    }

    /// The object of that number; one that isn't there is null.
    pub(super) fn item(&self, number: u32) -> &Object {
        self.items.get(&number).map_or(&Object::Null, |item| &item.value)
    }

    /// What a value stands for, and the number of its object if it is one.
    pub(super) fn resolve<'v>(&'v self, value: &'v Object) -> (&'v Object, Option<u32>) {
        match value {
            Object::Ref(number) => (self.item(*number), Some(*number)),
            value => (value, None),
        }
    }

    /// The value of a key, or what it refers to.
    pub(super) fn get<'v>(&'v self, dict: &'v Dict, key: &str) -> Option<&'v Object> {
        let value = self.resolve(dict.get(key)?).0;
        (*value != Object::Null).then_some(value)
    }

    pub(super) fn is_stream(&self, number: u32) -> bool {
        self.items.get(&number).is_some_and(|item| item.stream.is_some())
    }

    /// The content of an object's stream, if it has one.
    pub(super) fn unfold(&self, number: u32) -> Result<Option<Unfolded>, Fault> {
        let Some(Item { value: Object::Dict(dict), stream: Some(range) }) = self.items.get(&number)
        else {
            return Ok(None);
        };
        let raw = &self.content[range.clone()];
        let content = unfold(dict, raw, &mut self.left.borrow_mut());
        content.map(Some).map_err(|what| broken(number, &format!("{what}; draw it as PNG")))
    }

    /// Refuses what stands between objects.
    pub(super) fn check_comments(&self) -> Result<(), Fault> {
        let Some(at) = self.comment else { return Ok(()) };
        let what = match self.content[at..].starts_with(b"%%Invocation") {
            true => {
                "Ghostscript's command line, which no page shows; `pdftocairo -pdf IN OUT` leaves it out"
            }
            false => "a comment or a wide gap that no page shows; write it anew: `qpdf IN OUT`",
        };
        Err(Fault(HoldCode::HiddenContent, format!("byte {at} begins {what}")))
    }
}

fn plain_size(item: &Item, key: &str) -> Option<usize> {
    item.value.dict()?.get(key)?.size()
}

/// Where the first object may be.
fn header(content: &[u8]) -> Result<usize, Fault> {
    let no = |what: &str| Fault(HoldCode::NotPdf, what.into());
    let known = matches!(content, [b'%', b'P', b'D', b'F', b'-', b'1', b'.', b'0'..=b'7', ..])
        || content.starts_with(b"%PDF-2.0");
    if !known {
        return Err(no("it does not start as a PDF, 1.0 to 2.0"));
    }
    let mut lines = content[8..].split_inclusive(|byte| b"\r\n".contains(byte));
    if lines.next().is_none_or(|line| line.trim_ascii() != b"") {
        return Err(no("it has something behind the number of its version"));
    }
    // A line of bytes that are no text tells programs that the file is none.
    let mut at = 9;
    if content[at..].starts_with(b"\n") {
        at += 1;
    }
    let line = content[at..].split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
    let marks = line.strip_prefix(b"%").map(|marks| marks.strip_suffix(b"\\r").unwrap_or(marks));
    let known = marks.is_some_and(|marks| {
        marks.len() <= 9 && marks.iter().all(|&byte| byte >= 0x80 || byte == b' ')
    }) || line == b"% created by Pillow PDF driver";
    Ok(if known { at + line.len() } else { at })
}

fn refuse_linearised(lexer: &mut Lexer<'_>) -> Result<(), Fault> {
    let start = lexer.at;
    let head = lexer.size().is_ok() && lexer.size().is_ok() && lexer.take("obj");
    let first = head.then(|| lexer.object().ok()).flatten();
    let linearised = first
        .is_some_and(|first| first.dict().is_some_and(|dict| dict.get("Linearized").is_some()));
    lexer.at = start;
    lexer.comment = None;
    match linearised {
        true => Err(Fault(
            HoldCode::NotPdf,
            "it is linearised for the web, with two tables of objects; write it plainly: `qpdf IN OUT`, \
             or without `-dFastWebView`"
                .into(),
        )),
        false => Ok(()),
    }
}
