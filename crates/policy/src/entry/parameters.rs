use serde::{Deserialize, Serialize};

/// What a run's parameters must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Path of the JSON Schema in the bundle.
    pub schema: String,
}

/// How a parameter file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `.json`.
    Json,
    /// `.yaml` or `.yml`.
    Yaml,
}

impl Syntax {
    /// By the ending of a file's name.
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_the_syntax() {
        assert_eq!(Syntax::of("a.yaml"), Some(Syntax::Yaml));
        assert_eq!(Syntax::of("a.b.yml"), Some(Syntax::Yaml));
        assert_eq!(Syntax::of("a.json"), Some(Syntax::Json));
        assert_eq!(Syntax::of("a.sh"), None);
        assert_eq!(Syntax::of("json"), None);
    }
}
