//! Where content draws, and how.

/// A change of place: `x' = a x + c y + e`, `y' = b x + d y + f`.
pub(super) type Matrix = [f64; 6];

pub(super) const SAME: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `one`, then `other`.
pub(super) fn then(one: Matrix, other: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [p, q, r, s, t, u] = other;
    [
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    ]
}

/// What `q` keeps and `Q` brings back, and the place of text.
#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) place: Matrix,
    pub(super) fill_alpha: f64,
    pub(super) stroke_alpha: f64,
    /// What 1000 units of the font's glyphs are.
    pub(super) em: f64,
    pub(super) size: f64,
    pub(super) mode: i64,
    pub(super) leading: f64,
    pub(super) stretch: f64,
    pub(super) rise: f64,
    pub(super) text: Matrix,
    /// How far text since the last move may have come: at least, and at most.
    pub(super) least: f64,
    pub(super) most: f64,
}

/// Least opacity of what counts as seen.
const MIN_ALPHA: f64 = 0.02;
/// Least size of text that counts as seen, in points.
const MIN_SIZE: f64 = 0.5;
/// Least long and short side of a picture that counts as seen, in points; lines may be thin.
const MIN_SIDES: [f64; 2] = [0.5, 0.1];
/// Most pixels of a picture to a point (1/72 inch), along a side.
const MAX_DENSITY: f64 = 16.0;
/// Widest glyph, in ems.
const WIDEST: f64 = 2.0;

impl State {
    pub(super) fn new(place: Matrix) -> Self {
        Self {
            place,
            fill_alpha: 1.0,
            stroke_alpha: 1.0,
            em: 1.0,
            size: 0.0,
            mode: 0,
            leading: 0.0,
            stretch: 1.0,
            rise: 0.0,
            text: SAME,
            least: 0.0,
            most: 0.0,
        }
    }

    pub(super) fn move_text(&mut self, x: f64, y: f64) {
        self.set_text(then([1.0, 0.0, 0.0, 1.0, x, y], self.text));
    }

    pub(super) fn set_text(&mut self, text: Matrix) {
        (self.text, self.least, self.most) = (text, 0.0, 0.0);
    }

    /// Moves on as the numbers between texts do.
    pub(super) fn adjust(&mut self, by: f64) {
        let by = -by / 1000.0 * self.size * self.stretch;
        self.least += by;
        self.most += by;
    }

    /// Says why nobody sees a picture of so many pixels here: the unit square.
    pub(super) fn picture(
        &self,
        media: Option<[f64; 4]>,
        pixels: [f64; 2],
    ) -> Result<(), &'static str> {
        if self.fill_alpha < MIN_ALPHA {
            return Err("a picture that is wholly transparent");
        }
        let [wide, high] = sides(self.place);
        // The measure of what may come to stand anywhere isn't known.
        let [long, short] = if media.is_some() { MIN_SIDES } else { [f64::MIN_POSITIVE; 2] };
        let seen = wide.max(high) >= long && wide.min(high) >= short;
        if !seen {
            return Err("a picture that is too small to be seen");
        }
        let dense = pixels[0] > MAX_DENSITY * wide || pixels[1] > MAX_DENSITY * high;
        if media.is_some() && dense {
            return Err(
                "a picture of far more pixels than are seen; draw it larger, or with fewer",
            );
        }
        let square = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)];
        match media {
            Some(media) if !meets(self.place, square, media) => {
                Err("a picture outside the page; leave it out, or move it onto the page")
            }
            _ => Ok(()),
        }
    }

    /// The corners of a line of text that begins there.
    fn line(&self, from: f64, em: f64) -> [(f64, f64); 4] {
        let (left, right) = (from.min(self.most) - em, from.max(self.most));
        let (low, high) = (self.rise - em, self.rise + em);
        [(left, low), (left, high), (right, low), (right, high)]
    }

    /// Shows so many bytes of text, or says why nobody sees them.
    pub(super) fn show(
        &mut self,
        bytes: usize,
        media: Option<[f64; 4]>,
    ) -> Result<(), &'static str> {
        if bytes == 0 {
            return Ok(());
        }
        let alpha = match self.mode {
            0 | 4 => self.fill_alpha,
            1 | 5 => self.stroke_alpha,
            2 | 6 => self.fill_alpha.max(self.stroke_alpha),
            _ => return Err("text in an invisible mode (Tr)"),
        };
        if alpha < MIN_ALPHA {
            return Err(
                "text that is wholly transparent; vl-convert writes it so: save as SVG or PNG",
            );
        }
        let all = then(self.text, self.place);
        let em = (self.size * self.em).abs();
        let [wide, high] = sides(all);
        let size = (wide * self.stretch.abs()).min(high) * em;
        if size.is_nan() || size < MIN_SIZE {
            return Err("text that is too small to be seen");
        }
        let from = self.least;
        self.most += bytes as f64 * WIDEST * em * self.stretch.abs();
        match media {
            Some(media) if !meets(all, self.line(from, em), media) => Err(
                "text outside the page: if a label is cut off at the edge, matplotlib `savefig(bbox_inches=\"tight\")`, R a larger `width` or margin",
            ),
            _ => Ok(()),
        }
    }
}

/// How wide and how high a unit square becomes, each across the other side.
fn sides([a, b, c, d, ..]: Matrix) -> [f64; 2] {
    let area = (a * d - b * c).abs();
    [area / c.hypot(d), area / a.hypot(b)]
}

/// Whether what has these corners may be on the page.
fn meets(all: Matrix, corners: [(f64, f64); 4], media: [f64; 4]) -> bool {
    let places =
        corners.map(|(x, y)| (all[0] * x + all[2] * y + all[4], all[1] * x + all[3] * y + all[5]));
    let apart = |axis: fn((f64, f64)) -> f64, low: f64, high: f64| {
        let axis = places.map(axis);
        axis.iter().all(|at| *at < low || at.is_nan()) || axis.iter().all(|at| *at > high)
    };
    !apart(|place| place.0, media[0], media[2]) && !apart(|place| place.1, media[1], media[3])
}
