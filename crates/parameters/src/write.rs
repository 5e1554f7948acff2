//! JSON in a spelling that every YAML reader understands the same.

use serde_json::Value;

/// JSON whose numbers YAML 1.1 reads as numbers, too: with a point and a signed exponent.
pub(super) fn write(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (name, item)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                string(out, name);
                out.push_str(": ");
                write(out, item);
            }
            out.push('}');
        }
        Value::Number(number) => {
            let text = number.to_string();
            match text.split_once('e') {
                Some((mantissa, exponent)) => {
                    let point = if mantissa.contains('.') { "" } else { ".0" };
                    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
                    out.push_str(&format!("{mantissa}{point}e{sign}{exponent}"));
                }
                None => out.push_str(&text),
            }
        }
        Value::String(text) => string(out, text),
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

/// In ASCII, since YAML forbids some characters that JSON allows; but what JSON's escapes would split
/// in two, which YAML doesn't put together again, as it is.
fn string(out: &mut String, text: &str) {
    for c in Value::String(text.to_owned()).to_string().chars() {
        match c {
            ' '..='~' | '\u{10000}'.. => out.push(c),
            _ => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
}
