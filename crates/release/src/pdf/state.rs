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
    pub(super) text: Matrix,
    /// How far text since the last move may have come: at least, and at most.
    pub(super) least: f64,
    pub(super) most: f64,
}

/// Least opacity of what counts as seen.
const MIN_ALPHA: f64 = 0.02;
/// Least size of text that counts as seen, in points.
const MIN_SIZE: f64 = 0.5;
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

    pub(super) fn is_clear(&self) -> bool {
        self.fill_alpha < MIN_ALPHA
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
        let size = (all[0] * all[3] - all[1] * all[2]).abs().sqrt() * em;
        if size.is_nan() || size < MIN_SIZE {
            return Err("text that is too small to be seen");
        }
        let from = self.least;
        self.most += bytes as f64 * WIDEST * em * self.stretch.abs();
        match media {
            Some(media) if !meets(all, from, self.most, em, media) => Err(
                "text outside the page; matplotlib `savefig(bbox_inches=\"tight\")`, R a larger `width` or margin",
            ),
            _ => Ok(()),
        }
    }
}

/// Whether a line of text from one place to another may be on the page.
fn meets(all: Matrix, from: f64, to: f64, em: f64, media: [f64; 4]) -> bool {
    let (low, high) = (from.min(to), from.max(to));
    let corners = [(low - em, -em), (low - em, em), (high, -em), (high, em)];
    let places =
        corners.map(|(x, y)| (all[0] * x + all[2] * y + all[4], all[1] * x + all[3] * y + all[5]));
    let apart = |axis: fn((f64, f64)) -> f64, low: f64, high: f64| {
        let axis = places.map(axis);
        axis.iter().all(|at| *at < low || at.is_nan()) || axis.iter().all(|at| *at > high)
    };
    !apart(|place| place.0, media[0], media[2]) && !apart(|place| place.1, media[1], media[3])
}
