use globset::{Error, GlobBuilder, GlobMatcher};

use crate::{entry::Output, manifest::check_name};

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
pub fn is_glob(glob: &str) -> bool {
    compile(glob).is_ok()
}

fn compile(glob: &str) -> Result<GlobMatcher, Error> {
    GlobBuilder::new(glob).literal_separator(true).build().map(|glob| glob.compile_matcher())
}

fn matches(glob: &GlobMatcher, path: &str) -> bool {
    let spelled = |name: &str| glob.glob().glob().split('/').any(|component| component == name);
    glob.is_match(path) && path.split('/').filter(|name| name.starts_with('.')).all(spelled)
}
