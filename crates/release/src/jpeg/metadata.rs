//! Segments of a JPEG beside its pixels: two that say how to show them, all others are held by name.

/// Most dots to an inch or a centimetre.
const MAX_DENSITY: u16 = 4800;

/// What follows 0xFF at a segment's start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker(pub(super) u8);

impl Marker {
    pub(super) const END: Self = Self(0xd9);

    /// As the standard has it.
    pub(super) fn name(self) -> String {
        match self.0 {
            0xc4 => "DHT".into(),
            0xcc => "DAC".into(),
            0xc0..=0xcf => format!("SOF{}", self.0 - 0xc0),
            0xd0..=0xd7 => format!("RST{}", self.0 - 0xd0),
            0xd8 => "SOI".into(),
            0xd9 => "EOI".into(),
            0xda => "SOS".into(),
            0xdb => "DQT".into(),
            0xdc => "DNL".into(),
            0xdd => "DRI".into(),
            0xe0..=0xef => format!("APP{}", self.0 - 0xe0),
            0xfe => "COM".into(),
            other => format!("marker {other:#x}"),
        }
    }
}

/// How many dots an inch has, without a small picture of the picture.
pub(super) fn check_jfif(data: &[u8], start: usize) -> Result<(), &'static str> {
    let &[b'J', b'F', b'I', b'F', 0, 1, 0..=2, 0..=2, high_x, low_x, high_y, low_y, across, down] =
        data
    else {
        return Err("isn't the 16 bytes of JFIF 1.0 to 1.2; write those, or none");
    };
    let [x, y] = [[high_x, low_x], [high_y, low_y]].map(u16::from_be_bytes);
    if start != 2 {
        return Err("comes later than at the file's start; write it once, there");
    }
    if (across, down) != (0, 0) {
        return Err("has a thumbnail; write none (jpegtran -copy none)");
    }
    if x != y || !(1..=MAX_DENSITY).contains(&x) {
        return Err("has no usual density; write as many dots across as down, 1 to 4800");
    }
    Ok(())
}

/// Which colours the components are.
pub(super) fn check_adobe(data: &[u8], again: bool) -> Result<(), &'static str> {
    match data {
        _ if again => Err("comes twice; write it once"),
        [b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0..=2] => Ok(()),
        _ => Err("isn't Adobe's 14 bytes as libjpeg writes them; write those, or none (jpegtran \
                  -copy none)"),
    }
}

/// What a segment holds that isn't pixels, and what to write instead.
pub(super) fn held(marker: Marker, data: &[u8]) -> &'static str {
    match (marker.0, data) {
        (0xe1, [b'E', b'x', b'i', b'f', ..]) => {
            "EXIF, what a camera writes; write none (jpegtran -copy none, Pillow: exif=b\"\")"
        }
        (0xe1, [b'h', b't', b't', b'p', ..]) => {
            "XMP, a description; write none (jpegtran -copy none, ImageMagick: -strip)"
        }
        (0xe2, [b'I', b'C', b'C', b'_', ..]) => {
            "a colour profile; write none (jpegtran -copy none, Pillow: icc_profile=None)"
        }
        (0xe2, [b'M', b'P', b'F', ..]) => {
            "further pictures (MPF); write one (jpegtran -copy none, Pillow: save_all=False)"
        }
        (0xed, _) => "what Photoshop writes; write none (jpegtran -copy none, ImageMagick: -strip)",
        (0xe1..=0xef, _) => {
            "what isn't pixels; write none (jpegtran -copy none, ImageMagick: -strip)"
        }
        (0xfe, _) => {
            "a comment; write none (jpegtran -copy none, Pillow: comment=b\"\", ImageMagick: -strip)"
        }
        (0xc9..=0xcf, _) => "arithmetic coding; write Huffman codes (cjpeg without -arithmetic)",
        (0xc3..=0xc8, _) => {
            "pixels of a kind that is rarely read; write a baseline picture (cjpeg)"
        }
        _ => {
            "what a picture of one frame has no use for; write the picture anew (jpegtran -copy none)"
        }
    }
}
