//! Attributes: which there may be, and what they may say.

use base64ct::{Base64, Encoding};

use super::scan::{Scanner, Step};
use super::value::{check_functions, check_numbers, check_style, is_plain, is_transform};
use super::vocabulary::{CONDITIONS, DRAWING, NAMESPACES, PLACED, is_free};
use super::{ACTIVE, Fault, HIDDEN, Wrong, jpeg, png, short, wrong};

const PNG_DATA: &str = "data:image/png;base64,";
const JPEG_DATA: &str = "data:image/jpeg;base64,";

impl<'a> Scanner<'a> {
    pub(super) fn value(&mut self, element: &str, name: &str, value: &'a str) -> Step {
        if value.contains('<') {
            return wrong(ACTIVE, "it has a `<`; write `&lt;`");
        }
        if is_free(name) {
            return self.unseen(value);
        }
        // Numbered characters would spell out what the checks below look for.
        let quotes = if name == "style" {
            value.replace("&quot;", "\"").replace("&apos;", "'")
        } else {
            value.into()
        };
        if quotes.contains('&') {
            return wrong(ACTIVE, "it has a `&`; write the characters themselves");
        }
        match name {
            "href" | "xlink:href" => self.check_reference(element, value),
            _ if name == "xmlns" || name.starts_with("xmlns:") => match NAMESPACES
                .contains(&(name, value))
            {
                true => Ok(()),
                false => wrong(ACTIVE, format!("{} isn't a name space of drawings", short(value))),
            },
            _ if name.len() >= 2 && name[..2].eq_ignore_ascii_case("on") => {
                wrong(ACTIVE, "it runs a script; leave it out")
            }
            _ if CONDITIONS.contains(&name) => {
                wrong(HIDDEN, "it may leave the element undrawn; leave it out")
            }
            "style" => {
                self.count_style(value)?;
                check_style(&quotes)
            }
            "type" if element == "style" => match value {
                "text/css" | "" => Ok(()),
                _ => wrong(ACTIVE, "it is not `text/css`"),
            },
            _ => {
                check_functions(value)?;
                check_numbers(value)?;
                self.drawing(element, name, value)
            }
        }
    }

    fn drawing(&mut self, element: &str, name: &str, value: &'a str) -> Step {
        if name.contains(':') && name != "xml:space" {
            return wrong(ACTIVE, "it isn't one that drawings have; leave it out");
        }
        if !DRAWING.contains(&name) {
            return wrong(HIDDEN, "it isn't one that drawings have; leave it out");
        }
        if PLACED.iter().any(|(placed, elements)| *placed == name && !elements.contains(&element)) {
            return wrong(HIDDEN, "the element doesn't use it, so nothing shows it; leave it out");
        }
        let counted = match name {
            // What follows the drawing reads these wholly.
            "d" | "points" => true,
            "x" | "y" | "dx" | "dy" => matches!(element, "text" | "tspan"),
            "transform" => is_transform(value),
            _ => false,
        };
        match counted || is_plain(value) {
            true => Ok(()),
            false => self.unseen(value),
        }
    }

    /// Words of a style attribute or sheet that are no colours or numbers.
    pub(super) fn count_style(&mut self, style: &'a str) -> Step {
        for declaration in style.split([';', '{', '}']) {
            let value = declaration.split_once(':').map_or(declaration, |(_, value)| value);
            if !is_plain(value) {
                self.unseen(value)?;
            }
        }
        Ok(())
    }

    fn check_reference(&mut self, element: &str, value: &str) -> Step {
        let picture = |data: &str| {
            let data: String = data.split_ascii_whitespace().collect();
            let decoded = Base64::decode_vec(&data);
            decoded.map_err(|_| Wrong(ACTIVE, "its picture is no base64".into()))
        };
        let held =
            |Fault(_, what)| Wrong(ACTIVE, format!("its picture is more than pixels: {what}"));
        let (as_png, as_jpeg) = (value.strip_prefix(PNG_DATA), value.strip_prefix(JPEG_DATA));
        match (element, as_png, as_jpeg) {
            ("image", Some(data), _) => png::check(&picture(data)?, &mut self.room).map_err(held),
            ("image", _, Some(data)) => jpeg::check(&picture(data)?, &mut self.room).map_err(held),
            ("image", ..) => wrong(
                ACTIVE,
                "a picture within is a PNG or JPEG of pixels alone, as `data:image/png;base64,…`",
            ),
            _ if value.starts_with('#') => Ok(()),
            _ => wrong(
                ACTIVE,
                "it refers to something outside of the file; draw it in the file, or leave it out",
            ),
        }
    }
}
