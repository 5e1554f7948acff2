//! The part of the shell's language that a batch script may use: words, quotes and `&&`.
//!
//! Whatever else bash would do something with is refused, so that a script means the same to
//! this reader and to bash. Blank lines and comments on lines of their own, `#SBATCH` among
//! them, are skipped, as bash does.

use std::fmt;

/// Largest script, in bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// A batch script, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// First line, without its line end.
    pub shebang: String,
    /// Lines that run something.
    pub lines: Vec<Line>,
}

/// A line that runs something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What stands on it.
    pub tokens: Vec<Token>,
}

/// A word or an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word, without its quotes.
    Word(String),
    /// `&&`.
    And,
}

/// Why a script is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the script has {what}; a batch script here has only words, quotes and &&")]
pub struct ScriptError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What was found.
    pub what: What,
}

/// What is refused in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum What {
    /// The script is larger than [`MAX_BYTES`].
    #[error("more than 64 KiB")]
    TooLarge,
    /// The first line does not start with `#!`.
    #[error("no #! at its very start")]
    NoShebang,
    /// NUL, CR or another control character, even in a comment.
    #[error("a control character")]
    Control,
    /// A byte outside ASCII; what bash makes of it depends on the locale.
    #[error("a character outside ASCII")]
    NotAscii,
    /// A character that means something to the shell.
    #[error("an unquoted {0:?}")]
    Unquoted(char),
    /// A character that means something even in double quotes.
    #[error("{0:?} in double quotes")]
    Expansion(char),
    /// A quote that does not end on its line.
    #[error("a quote that does not end")]
    OpenQuote,
    /// A comment after a command.
    #[error("a comment after a command")]
    TrailingComment,
    /// `&&` without a command before or after it on its line.
    #[error("&& without a command on each side")]
    EmptyCommand,
    /// A command that is a word of the shell's grammar.
    #[error("a control structure of the shell")]
    Reserved,
}

const RESERVED: &[&str] = &[
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "time", "until", "while", "{", "}",
];

impl Script {
    /// Words that contain a `/`.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(|line| &line.tokens).filter_map(|token| match token {
            Token::Word(word) if word.contains('/') => Some(word.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Word(word) => word,
            Self::And => "&&",
        })
    }
}

/// Whether bash takes the ASCII `byte` as itself inside an unquoted word.
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./:,+@%=#".contains(&byte)
}

/// Takes a batch script apart.
pub fn tokenize(script: &[u8]) -> Result<Script, ScriptError> {
    let refuse = |line, what| Err(ScriptError { line, what });
    if script.len() > MAX_BYTES {
        return refuse(1, What::TooLarge);
    }
    if !script.starts_with(b"#!") {
        return refuse(1, What::NoShebang);
    }
    let mut shebang = String::new();
    let mut lines = Vec::new();
    for (line, number) in script.split(|&byte| byte == b'\n').zip(1..) {
        if line.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') {
            return refuse(number, What::Control);
        }
        let start = line.iter().position(|&byte| !is_blank(byte)).unwrap_or(line.len());
        match line.get(start) {
            Some(b'#') if number == 1 && !line.is_ascii() => return refuse(1, What::NotAscii),
            Some(b'#') if number == 1 => {
                shebang = line.iter().map(|&byte| char::from(byte)).collect()
            }
            Some(b'#') | None => {}
            Some(_) => match tokenize_line(&line[start..]) {
                Ok(tokens) => lines.push(Line { number, tokens }),
                Err(what) => return refuse(number, what),
            },
        }
    }
    Ok(Script { shebang, lines })
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn tokenize_line(mut rest: &[u8]) -> Result<Vec<Token>, What> {
    let mut tokens = Vec::new();
    loop {
        match rest {
            [] => break,
            [b' ' | b'\t', after @ ..] => rest = after,
            [b'&', b'&', after @ ..] => {
                tokens.push(Token::And);
                rest = after;
            }
            [b'#', ..] => return Err(What::TrailingComment),
            [b'&', ..] => return Err(What::Unquoted('&')),
            _ => tokens.push(Token::Word(take_word(&mut rest)?)),
        }
    }
    for command in tokens.split(|token| *token == Token::And) {
        match command.first() {
            None | Some(Token::And) => return Err(What::EmptyCommand),
            Some(Token::Word(word)) if RESERVED.contains(&word.as_str()) => {
                return Err(What::Reserved);
            }
            Some(Token::Word(_)) => {}
        }
    }
    Ok(tokens)
}

fn take_word(rest: &mut &[u8]) -> Result<String, What> {
    let mut word = String::new();
    while let [byte, after @ ..] = *rest {
        match byte {
            b' ' | b'\t' | b'&' => break,
            b'\'' | b'"' => {
                let end = after.iter().position(|b| b == byte).ok_or(What::OpenQuote)?;
                word.push_str(quoted(&after[..end], *byte)?);
                *rest = &after[end + 1..];
                continue;
            }
            &byte if is_plain(byte) => word.push(char::from(byte)),
            &byte if byte.is_ascii() => return Err(What::Unquoted(char::from(byte))),
            _ => return Err(What::NotAscii),
        }
        *rest = after;
    }
    Ok(word)
}

fn quoted(text: &[u8], quote: u8) -> Result<&str, What> {
    let text =
        std::str::from_utf8(text).ok().filter(|text| text.is_ascii()).ok_or(What::NotAscii)?;
    match text.find(['$', '`', '\\']) {
        Some(at) if quote == b'"' => Err(What::Expansion(char::from(text.as_bytes()[at]))),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests;
