//! Characters that don't show as themselves: what they are, and what to write instead.

use sluice_policy::text;

/// Most combining marks on one character: what living scripts need.
const MAX_MARKS: u32 = 4;

/// Looks for hidden characters in a text that comes in pieces.
#[derive(Default)]
pub(crate) struct Watch {
    /// Marks on the last character.
    marks: u32,
    /// Whether the last character is one that a mark may sit on.
    base: bool,
}

impl Watch {
    /// Says why `c` may not come next, if so. Line ends and tabs are the caller's to allow.
    pub(crate) fn see(&mut self, c: char) -> Option<String> {
        if c.is_ascii_graphic() || c == ' ' {
            (self.marks, self.base) = (0, true);
            return None;
        }
        match Shape::of(c) {
            Shape::Shown => (self.marks, self.base) = (0, true),
            Shape::Mark => self.marks += 1,
            Shape::Hidden => return Some(reason(c)),
        }
        let code = u32::from(c);
        if !self.base {
            return Some(format!(
                "U+{code:04X} (a combining mark) with no letter below it; write the letter first"
            ));
        }
        (self.marks > MAX_MARKS).then(|| {
            format!(
                "U+{code:04X}, one of more than {MAX_MARKS} combining marks on one letter; \
                     write fewer"
            )
        })
    }

    /// A line, a cell or the like begins.
    pub(crate) fn begin(&mut self) {
        *self = Self::default();
    }

    /// Letters, digits and the like went by.
    pub(crate) fn pass_plain(&mut self) {
        (self.marks, self.base) = (0, true);
    }
}

enum Shape {
    Shown,
    Mark,
    Hidden,
}

impl Shape {
    /// The standard library knows what has a shape: it escapes spaces, unassigned and private code
    /// points and format characters, and a mark only where it has no letter to sit on.
    fn of(c: char) -> Self {
        let mut on_letter = *b"a____";
        let length = c.encode_utf8(&mut on_letter[1..]).len();
        let on_letter = std::str::from_utf8(&on_letter[..=length]).unwrap_or_default();
        if !text::is_visible(c) {
            Self::Hidden
        } else if c.escape_debug().next() == Some(c) {
            Self::Shown
        } else if on_letter.escape_debug().nth(1) == Some(c) {
            Self::Mark
        } else {
            Self::Hidden
        }
    }
}

/// What a hidden character is, and what to write instead.
pub(crate) fn reason(c: char) -> String {
    let (what, instead) = match c {
        '\0' => ("NUL, as in UTF-16 or no text at all", "write UTF-8"),
        '\x08' => ("a backspace, which overwrites", "write lines that stay as they are"),
        '\x0b' | '\x0c' => ("a form feed or vertical tab", "write a line end"),
        '\r' => (
            "a carriage return without a line feed, as of a progress bar: it overwrites the line",
            "write LF or CRLF, and no progress bar",
        ),
        '\x1b' | '\u{9b}' => (
            "an ANSI escape sequence, as for colours in a terminal",
            "write without colours: NO_COLOR=1 or --no-color",
        ),
        '\u{85}' | '\u{2028}' | '\u{2029}' => ("a line end that few programs know", "write LF"),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            ("a bidirectional control, which changes the order in which text shows", LEAVE_OUT)
        }
        '\u{ad}' => ("a soft hyphen", "write a hyphen, or none"),
        '\u{feff}' => ("a byte order mark", "write it at the very start of a file or not at all"),
        '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{34f}' => {
            ("a character of no width", LEAVE_OUT)
        }
        '\u{180b}'..='\u{180d}'
        | '\u{180f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => ("a variation selector, as in emoji", LEAVE_OUT),
        '\u{e0000}'..='\u{e0fff}' => ("a tag character, which nothing shows", LEAVE_OUT),
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}'
        | '\u{ffa0}' | '\u{16fe4}' | '\u{1d159}' => {
            ("a filler, which looks like a space", "write a space")
        }
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => {
            ("for private use: what it shows is not agreed", "write a character of Unicode's")
        }
        c if c.is_whitespace() => ("a space of another width", "write an ordinary space"),
        c if c.is_control() => ("a control character", LEAVE_OUT),
        _ => ("with no shape of its own", LEAVE_OUT),
    };
    format!("U+{:04X} ({what}); {instead}", u32::from(c))
}

const LEAVE_OUT: &str = "leave it out";
