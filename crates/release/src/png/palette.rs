//! The colours that a PNG's pixels name by number: all of them used, no two alike.

use super::header::{Colour, Header};

type Outcome = Result<(), String>;

/// Transparent to the eye.
const CLEAR: u8 = 0;
const OPAQUE: u8 = 255;

#[derive(Default)]
pub(super) struct Palette {
    colours: Vec<[u8; 3]>,
    alpha: Vec<u8>,
    used: Vec<bool>,
}

impl Palette {
    /// Without a palette of its own, a picture's would only be a suggestion.
    pub(super) fn set(&mut self, data: &[u8], header: Header) -> Outcome {
        let (colours, rest) = data.as_chunks::<3>();
        let most = 1 << header.depth.min(8);
        if header.colour != Colour::Palette {
            return Err("holds a palette that its pixels don't use; write none".into());
        }
        if !rest.is_empty() || !(1..=most).contains(&colours.len()) {
            return Err(format!("holds no palette; write 3 bytes for each of 1 to {most} colours"));
        }
        self.colours = colours.to_vec();
        self.used = vec![false; colours.len()];
        Ok(())
    }

    /// How transparent each colour is.
    pub(super) fn set_alpha(&mut self, data: &[u8]) -> Outcome {
        if !(1..=self.colours.len()).contains(&data.len()) {
            return Err(
                "isn't one byte for each colour of the palette before it, or fewer; write those"
                    .into(),
            );
        }
        self.alpha = data.to_vec();
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.colours.len()
    }

    /// Marks a colour as used; gives it the first time if it isn't seen. An error says that there is none.
    pub(super) fn take(&mut self, number: usize) -> Result<Option<[u8; 3]>, ()> {
        let used = self.used.get_mut(number).ok_or(())?;
        let first = !std::mem::replace(used, true);
        Ok((first && self.alpha_of(number) == CLEAR).then(|| self.colours[number]))
    }

    fn alpha_of(&self, number: usize) -> u8 {
        self.alpha.get(number).copied().unwrap_or(OPAQUE)
    }

    /// After the last pixel.
    pub(super) fn end(&self) -> Outcome {
        let all = (0..self.len()).map(|number| (self.colours[number], self.alpha_of(number)));
        let (mut used, unused): (Vec<_>, Vec<_>) =
            all.zip(&self.used).partition(|(_, used)| **used);
        // Programs fill up with black, and say which colour is the transparent one though no pixel has it.
        let clear = unused.iter().filter(|((_, alpha), _)| *alpha != OPAQUE).count();
        let filled = unused
            .iter()
            .all(|((colour, alpha), _)| *colour == [0; 3] && matches!(*alpha, CLEAR | OPAQUE));
        if !filled || clear > 1 {
            return Err(
                "its palette has colours that no pixel has; write those of its pixels alone \
                        (Pillow: convert(\"RGB\"))"
                    .into(),
            );
        }
        used.sort_unstable();
        match used.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            true => Err("its palette has a colour twice, so that pixels differ which look alike; \
                         write each once"
                .into()),
            false => Ok(()),
        }
    }
}
