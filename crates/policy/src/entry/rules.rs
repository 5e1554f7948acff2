use std::fmt;

use globset::{Error, GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use super::Output;
use crate::manifest::check_name;

/// One rule as its entry has it. It can be made from an entry alone, so nothing in it is of a job's
/// choosing but which of the rules it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    number: usize,
    glob: String,
    review: bool,
}

impl Rule {
    /// The rule at `index` of an entry's outputs.
    pub fn of(outputs: &[Output], index: usize) -> Option<Self> {
        let output = outputs.get(index)?;
        let glob = output.glob.clone();
        Some(Self { number: index + 1, glob, review: output.needs_review() })
    }

    /// Whether a person decides, whatever the content is.
    pub fn needs_review(&self) -> bool {
        self.review
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({:?})", self.number, self.glob)
    }
}

/// The globs of an entry's outputs.
#[derive(Clone, Debug)]
pub struct Rules {
    globs: Vec<Option<GlobMatcher>>,
}

impl Rules {
    /// Compiles the globs; one that is no pattern matches nothing.
    pub fn new(outputs: &[Output]) -> Self {
        Self { globs: outputs.iter().map(|output| compile(&output.glob).ok()).collect() }
    }

    /// Position of the first rule whose glob matches the relative `path`.
    ///
    /// A component that starts with a dot matches only where the glob spells it out: what tools
    /// keep for themselves, the job's standard output among it, is not a result by accident. A
    /// path that could not be in a bundle either matches nothing.
    pub fn rule_for(&self, path: &str) -> Option<usize> {
        check_name(path).ok()?;
        self.globs.iter().position(|glob| glob.as_ref().is_some_and(|glob| matches(glob, path)))
    }
}

/// Whether `glob` is a pattern.
pub(super) fn is_glob(glob: &str) -> bool {
    compile(glob).is_ok()
}

fn compile(glob: &str) -> Result<GlobMatcher, Error> {
    GlobBuilder::new(glob).literal_separator(true).build().map(|glob| glob.compile_matcher())
}

fn matches(glob: &GlobMatcher, path: &str) -> bool {
    let spelled = |name: &str| glob.glob().glob().split('/').any(|component| component == name);
    glob.is_match(path) && path.split('/').filter(|name| name.starts_with('.')).all(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::ContentKind;

    fn output(glob: &str) -> Output {
        Output::new(glob, ContentKind::Text, 4096)
    }

    #[test]
    fn rules_choose_by_path() {
        let globs =
            ["results.csv", "plots/*.svg", "deep/**/x.txt", "**/*.log", ".sluice/stdout", "["];
        let outputs: Vec<_> = globs.iter().map(|glob| output(glob)).collect();
        let rules = Rules::new(&outputs);
        for (path, expected) in [
            ("results.csv", Some(0)),
            ("Results.csv", None),
            ("a/results.csv", None),
            ("plots/a.svg", Some(1)),
            ("plots/a/b.svg", None),
            ("plots/.a.svg", None),
            ("deep/x.txt", Some(2)),
            ("deep/a/b/x.txt", Some(2)),
            ("deep/.a/x.txt", None),
            ("a.log", Some(3)),
            ("a/b.log", Some(3)),
            (".snakemake/log/a.log", None),
            (".sluice/stdout", Some(4)),
            (".sluice/stderr", None),
            ("[", None),
            ("plots/a\u{202e}.svg", None),
            ("plots/a\n.svg", None),
            ("./results.csv", None),
            ("plots/../a.log", None),
            ("/a.log", None),
            ("", None),
        ] {
            assert_eq!(rules.rule_for(path), expected, "{path}");
        }
        assert!(is_glob("*.csv") && !is_glob("["));
    }
}
