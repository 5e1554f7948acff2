//! What the crawler and `sluice` ask of `sluice-render`: a figure on its standard input, one picture of it
//! as PPM on its standard output.
//!
//! The picture is pixels alone, so that whoever asked makes the file of them: whatever becomes of the
//! program that read the figure, it chooses no other byte. Exit status 0 means that the picture is whole; a
//! [`Flaw`]'s number says what is wrong with the figure.

use std::io::{self, Write};

/// Where packages install the program.
pub const RENDER_PROGRAM: &str = "/usr/libexec/sluice/sluice-render";

/// Pixels on a picture's longest side.
pub const LONGEST_SIDE: u32 = 2048;

/// Largest figure, in bytes.
pub const MAX_FIGURE: u64 = 256 << 20;

/// Largest picture as it is passed on, in bytes: a head and three bytes a pixel.
pub const MAX_PICTURE: usize = 32 + 3 * (LONGEST_SIDE * LONGEST_SIDE) as usize;

/// What a figure is not drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is none, or damaged.
    Damaged = 10,
    /// It refers to a picture in another file, or to one of an unknown kind.
    Elsewhere = 11,
}

impl Flaw {
    /// The one of an exit status.
    pub fn of(status: i32) -> Option<Self> {
        [Self::Damaged, Self::Elsewhere].into_iter().find(|flaw| *flaw as i32 == status)
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Damaged => "it is damaged, or no such drawing at all",
            Self::Elsewhere => "it has a picture that is no PNG or JPEG within the file",
        }
    }
}

/// Pixels, row by row, three bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    rgb: Vec<u8>,
}

/// Why bytes are no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPicture {
    /// They end too early, or begin otherwise.
    Broken,
    /// Another one stands behind it.
    Several,
}

impl Picture {
    /// Rows of `width` pixels; none if they aren't whole, or too many.
    pub fn new(width: u32, rgb: Vec<u8>) -> Option<Self> {
        let side = |length: usize| (1..=LONGEST_SIDE as usize).contains(&length);
        let row = 3 * width as usize;
        let whole = side(width as usize) && rgb.len().is_multiple_of(row) && side(rgb.len() / row);
        whole.then_some(Self { width, rgb })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.rows().len() as u32
    }

    /// The rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rgb.chunks_exact(3 * self.width as usize)
    }

    /// Whether anything is drawn on its white.
    pub fn is_blank(&self) -> bool {
        self.rgb.iter().all(|&level| level == u8::MAX)
    }

    /// Writes it as binary PPM, as pdftoppm does.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        write!(to, "P6\n{} {}\n255\n", self.width, self.height())?;
        to.write_all(&self.rgb)
    }

    /// Reads what [`Self::write`] and pdftoppm write, and nothing else that PPM knows.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoPicture> {
        let rest = bytes.strip_prefix(b"P6\n").ok_or(NoPicture::Broken)?;
        let (width, rest) = number(rest, b' ')?;
        let (height, rest) = number(rest, b'\n')?;
        let rest = rest.strip_prefix(b"255\n").ok_or(NoPicture::Broken)?;
        let rgb = rest.get(..3 * (width * height) as usize).ok_or(NoPicture::Broken)?;
        match rgb.len() == rest.len() {
            true => Self::new(width, rgb.to_vec()).ok_or(NoPicture::Broken),
            false => Err(NoPicture::Several),
        }
    }
}

/// A side's length and what stands behind `end`.
fn number(bytes: &[u8], end: u8) -> Result<(u32, &[u8]), NoPicture> {
    let at = bytes.iter().take(5).position(|&byte| byte == end).ok_or(NoPicture::Broken)?;
    let (digits, rest) = (&bytes[..at], &bytes[at + 1..]);
    let value = digits.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'))
    });
    match value {
        Some(value @ 1..=LONGEST_SIDE) => Ok((value, rest)),
        _ => Err(NoPicture::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let picture = Picture::new(2, vec![7; 18]).unwrap();
        let mut bytes = Vec::new();
        picture.write(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"P6\n2 3\n255\n"));
        assert_eq!(Picture::parse(&bytes), Ok(picture));
        let broken = |bytes: &[u8]| Picture::parse(bytes).err();
        for end in 0..bytes.len() {
            assert_eq!(broken(&bytes[..end]), Some(NoPicture::Broken), "{end}");
        }
        assert_eq!(broken(&[&*bytes, b"P6"].concat()), Some(NoPicture::Several));
    }

    #[test]
    fn other_heads_are_none() {
        for head in [
            "P5\n1 1\n255\n",
            "P6\n0 1\n255\n",
            "P6\n1 0\n255\n",
            "P6\n+1 1\n255\n",
            "P6\n1  1\n255\n",
            "P6\n2049 1\n255\n",
            "P6\n1 99999999999\n255\n",
            "P6\n1 1\n65535\n",
            "P6\n#x\n1 1\n255\n",
        ] {
            let bytes = [head.as_bytes(), &[0; 3 * 2049]].concat();
            assert_eq!(Picture::parse(&bytes).err(), Some(NoPicture::Broken), "{head:?}");
        }
        assert!(Picture::new(0, Vec::new()).is_none() && Picture::new(1, vec![0; 4]).is_none());
    }
}
