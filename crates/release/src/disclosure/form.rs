//! How a column writes what can be written in two ways: which one it is could say something.

use super::cell::word;

const WORD: &str =
    "has another word for a suppressed number than a row above; write one in all rows";
const ZERO: &str = "has a whole number with `.0` where a row above has one without, or the other way round; \
                    write all in one form";

/// What the cells of one column have in common.
#[derive(Default)]
pub(super) struct Form {
    /// What stands for a suppressed number.
    word: Option<String>,
    /// Whether whole numbers have `.0` behind them.
    zero: Option<bool>,
}

impl Form {
    /// Whether a further cell that has been read is written as those above; else what is wrong.
    pub(super) fn fit(&mut self, cell: &str) -> Result<(), &'static str> {
        if let Some(word) = word(cell) {
            let known = self.word.get_or_insert_with(|| word.to_owned());
            return if known == word { Ok(()) } else { Err(WORD) };
        }
        let zero = match cell.trim_matches(' ').split_once('.') {
            None => false,
            Some((_, "0")) => true,
            Some(_) => return Ok(()),
        };
        if *self.zero.get_or_insert(zero) == zero { Ok(()) } else { Err(ZERO) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_one_form() {
        for (fits, cells) in [
            (Ok(()), ["20", " 21", "", "22"]),
            (Ok(()), ["20.0", "NaN", "21.0", "22.0"]),
            (Ok(()), ["20.5", "21", "21.50", "22"]),
            (Err(ZERO), ["20", "21.0", "22", "23"]),
            (Err(ZERO), ["20.0", "20.5", "22", "23.0"]),
            (Err(WORD), ["20", "NA", "*", "23"]),
        ] {
            let mut form = Form::default();
            assert_eq!(cells.iter().try_for_each(|cell| form.fit(cell)), fits, "{cells:?}");
        }
    }
}
