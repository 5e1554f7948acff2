//! How coarsely a JPEG's values are stored: tables of the standard (ITU-T T.81, annex K.1) by a quality.

/// In the order in which values are stored.
const LUMINANCE: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
    29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81,
    87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];
/// Likewise, of colour.
const CHROMINANCE: [u16; 64] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];
/// Scales in per cent: qualities 1 to 100 and what lies between.
const SCALES: std::ops::RangeInclusive<u32> = 1..=5000;

/// A table that no block uses, or one of free numbers where all values are zero, would be a text.
pub(super) struct Quantisation {
    /// Of a block's mean.
    pub(super) first: u16,
}

impl Quantisation {
    /// Takes a table of `data`; gives it with its number and what follows.
    pub(super) fn take(data: &[u8]) -> Result<(usize, Self, &[u8]), String> {
        let short = "isn't of 65 or 129 bytes for each table; write the picture anew";
        let (&head, data) = data.split_first().ok_or(short)?;
        let (precision, number) = (head >> 4, usize::from(head & 15));
        if precision > 1 || number > 3 {
            return Err("has a table of no known kind; write the picture anew".into());
        }
        let size = 64 * (1 + usize::from(precision));
        let (bytes, rest) = data.split_at_checked(size).ok_or(short)?;
        let values: Vec<u16> = match precision {
            0 => bytes.iter().map(|&byte| byte.into()).collect(),
            _ => bytes.as_chunks::<2>().0.iter().map(|it| u16::from_be_bytes(*it)).collect(),
        };
        if !is_usual(&values, if precision == 0 { 255 } else { 32767 }) {
            return Err("has quantisation that is of no quality; write the picture anew with one \
                        (Pillow: quality=75)"
                .into());
        }
        Ok((number, Self { first: values[0] }, rest))
    }
}

/// As libjpeg scales a table of the standard.
fn is_usual(values: &[u16], most: u32) -> bool {
    let scaled = |base: u16, scale: u32| ((u32::from(base) * scale + 50) / 100).clamp(1, most);
    [LUMINANCE, CHROMINANCE].iter().any(|table| {
        SCALES.clone().any(|scale| {
            values.iter().zip(table).all(|(&value, &base)| u32::from(value) == scaled(base, scale))
        })
    })
}
