//! The parameter file of a run: checked against the bundle's JSON Schema, completed with its
//! defaults, and written anew.
//!
//! What is written is JSON, which every YAML reader takes: so the workflow's own parser can't read
//! anything else out of the user's spelling than what was checked. The schema is of draft 2020-12
//! unless its `$schema` says otherwise; `$ref` reaches only within it; `pattern` is matched by an
//! engine that needs time in proportion to the text. Defaults count where they stand in
//! `properties`, at any depth.
#![forbid(unsafe_code)]

mod write;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};
use sluice_policy::entry::Syntax;

use write::write;

/// Largest schema, in bytes.
pub const MAX_SCHEMA: usize = 256 << 10;
/// Largest parameter file, in bytes.
pub const MAX_FILE: usize = 1 << 20;
/// Deepest nesting of both.
const MAX_DEPTH: usize = 64;

/// A bundle's parameter schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    schema: Value,
}

/// Why a schema can't be used, or a file doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Longer than a limit.
    #[error("{what} is longer than {max} bytes")]
    TooLarge {
        /// The schema or the parameters.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// No JSON, or no JSON Schema.
    #[error("the parameter schema is not valid: {0}")]
    Schema(String),
    /// No JSON or YAML with plain data.
    #[error("the parameters cannot be read: {0}")]
    Malformed(String),
    /// A value is not what the schema asks for.
    #[error("parameter {field}: {why}")]
    Field {
        /// Where, as `a.b[0]`; `(all)` for the whole file.
        field: String,
        /// What is wrong.
        why: String,
    },
}

impl Schema {
    /// Reads a schema.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParameterError> {
        limit("the parameter schema", bytes, MAX_SCHEMA)?;
        let invalid = |error: &dyn std::fmt::Display| {
            ParameterError::Schema(error.to_string().replace('\n', " "))
        };
        let schema: Value = serde_json::from_slice(bytes).map_err(|error| invalid(&error))?;
        check_depth(&schema, 0).map_err(|why| invalid(&why))?;
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true)
            .build(&schema)
            .map_err(|error| invalid(&error))?;
        Ok(Self { validator, schema })
    }

    /// The file that the run gets: what the user wrote, with the defaults of what is left out.
    pub fn apply(&self, file: &[u8], syntax: Syntax) -> Result<Vec<u8>, ParameterError> {
        limit("the parameter file", file, MAX_FILE)?;
        let mut value = match syntax {
            Syntax::Json => serde_json::from_slice(file)
                .map_err(|error| ParameterError::Malformed(error.to_string()))?,
            Syntax::Yaml => yaml(file)?,
        };
        // An empty YAML file sets nothing.
        if value.is_null() {
            value = Value::Object(Map::new());
        }
        check_depth(&value, 0).map_err(|why| ParameterError::Malformed(why.into()))?;
        fill(&mut value, &self.schema);
        if let Some(error) = self.validator.iter_errors(&value).next() {
            return Err(ParameterError::Field {
                field: field(&error.instance_path().to_string()),
                why: error.to_string().replace('\n', " "),
            });
        }
        let mut out = String::new();
        write(&mut out, &value);
        out.push('\n');
        Ok(out.into_bytes())
    }
}

fn limit(what: &'static str, bytes: &[u8], max: usize) -> Result<(), ParameterError> {
    if bytes.len() > max { Err(ParameterError::TooLarge { what, max }) } else { Ok(()) }
}

fn yaml(file: &[u8]) -> Result<Value, ParameterError> {
    let malformed = |why: String| ParameterError::Malformed(why.replace('\n', " "));
    let text = std::str::from_utf8(file).map_err(|_| malformed("they are not UTF-8".into()))?;
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| malformed(error.to_string()))
}

fn check_depth(value: &Value, depth: usize) -> Result<(), &'static str> {
    if depth > MAX_DEPTH {
        return Err("it is nested more than 64 deep");
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check_depth(item, depth + 1)),
        Value::Object(map) => map.values().try_for_each(|item| check_depth(item, depth + 1)),
        _ => Ok(()),
    }
}

/// Sets what `value` leaves out and the schema has a default for.
fn fill(value: &mut Value, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let Value::Object(map) = value else { return };
    for (name, property) in properties {
        if !map.contains_key(name) {
            if let Some(default) = property.get("default") {
                map.insert(name.clone(), default.clone());
            } else if property.get("properties").is_some() {
                // An object that is left out may consist of defaults.
                let mut inner = Value::Object(Map::new());
                fill(&mut inner, property);
                if inner.as_object().is_some_and(|inner| !inner.is_empty()) {
                    map.insert(name.clone(), inner);
                }
            }
        }
        if let Some(inner) = map.get_mut(name) {
            fill(inner, property);
        }
    }
}

/// `/a/b/0` as people write it.
fn field(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            out += &format!("[{part}]");
        } else {
            out += if out.is_empty() { "" } else { "." };
            out += &part;
        }
    }
    if out.is_empty() { "(all)".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{
        "type": "object",
        "additionalProperties": false,
        "required": ["sample"],
        "properties": {
            "sample": {"type": "string", "pattern": "^[a-z]+$", "default": "patient"},
            "quality": {"type": "integer", "minimum": 0, "maximum": 60, "default": 20},
            "fast": {"type": "boolean"},
            "ratio": {"type": "number"},
            "names": {"type": "array", "items": {"$ref": "#/$defs/name"}},
            "filter": {"type": "object", "properties": {"depth": {"type": "integer", "default": 8}}}
        },
        "$defs": {"name": {"type": "string", "maxLength": 3}}
    }"##;

    fn apply(text: &str, syntax: Syntax) -> Result<String, String> {
        Schema::parse(SCHEMA.as_bytes())
            .unwrap()
            .apply(text.as_bytes(), syntax)
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_filled_in_and_spelling_doesn_t_matter() {
        let expected = "{\"filter\": {\"depth\": 8}, \"quality\": 30, \"sample\": \"patient\"}\n";
        for (text, syntax) in [
            ("quality: 30\n", Syntax::Yaml),
            ("{\"quality\": 30}", Syntax::Yaml),
            ("{\"quality\": 30}", Syntax::Json),
            ("---\n'quality': 0x1e # hex\n", Syntax::Yaml),
        ] {
            assert_eq!(apply(text, syntax).unwrap(), expected, "{text}");
        }
        assert!(apply("", Syntax::Yaml).unwrap().contains("\"quality\": 20"));
        assert!(apply("{}\n", Syntax::Yaml).unwrap().contains("\"depth\": 8"));
    }

    #[test]
    fn errors_name_the_field() {
        for (text, says) in [
            ("quality: high\n", "parameter quality: "),
            ("quality: 61\n", "parameter quality: "),
            ("sample: A1\n", "parameter sample: "),
            ("names: [abc, abcd]\n", "parameter names[1]: "),
            ("filter: {depth: x}\n", "parameter filter.depth: "),
            ("surprise: 1\n", "parameter (all): "),
            ("fast: no\n", "parameter fast: "),
            ("quality: 1\nquality: 2\n", "cannot be read"),
            ("a: &x 1\n<<: *x\n", "cannot be read"),
            ("a: [", "cannot be read"),
            ("1: 2\n? [a]\n: b\n", ""),
        ] {
            let error = apply(text, Syntax::Yaml).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        assert!(apply(&"[".repeat(100), Syntax::Yaml).is_err());
        let bomb: String = (1..20).fold("a0: &a0 [x]\n".into(), |text, n| {
            let refs = format!("*a{0}, ", n - 1).repeat(9);
            format!("{text}a{n}: &a{n} [{refs}]\n")
        });
        assert!(apply(&bomb, Syntax::Yaml).is_err());
    }

    #[test]
    fn numbers_stay_numbers_for_yaml_1_1() {
        for (text, out) in [("1e20", "1.0e+20"), ("1.5e-7", "1.5e-7"), ("0.5", "0.5"), ("3", "3")] {
            let found = apply(&format!("{{\"ratio\": {text}}}"), Syntax::Json).unwrap();
            assert!(found.contains(&format!("\"ratio\": {out},")), "{found}");
        }
    }

    #[test]
    fn texts_read_the_same_in_json_and_yaml() {
        let schema = Schema::parse(br#"{"type": "object"}"#).unwrap();
        let text =
            r#"{"a": "\ud83d\ude00 \u00e9\u0085\u2028\ufeff\u007f\\ \"", "\ud83d\ude00": 1}"#;
        let written = schema.apply(text.as_bytes(), Syntax::Json).unwrap();
        let written = std::str::from_utf8(&written).unwrap();
        assert!(written.contains('\u{1f600}') && !written.contains("\\ud83d"), "{written}");
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::from_str::<Value>(written).unwrap(), expected);
        assert_eq!(yaml(written.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn schemas_reach_nowhere_else() {
        for bad in [
            "",
            "{",
            "{\"type\": \"strange\"}",
            "{\"$ref\": \"https://example.org/schema.json\"}",
            "{\"$ref\": \"file:///etc/passwd\"}",
            "{\"properties\": {\"a\": {\"pattern\": \"(\"}}}",
            "{\"properties\": {\"a\": {\"pattern\": \"(?=x)\"}}}",
        ] {
            assert!(Schema::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Schema::parse(&vec![b' '; MAX_SCHEMA + 1]).is_err());
    }
}
