//! Where workflows and runtimes are installed, and which of them a script means.

use std::path::{Path, PathBuf};

use sluice_policy::entry::Entry;
use sluice_policy::path::resolve;
use sluice_policy::script::Script;

use crate::config::Site;

/// One version of a workflow or runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its name, as the path has it.
    pub name: String,
    /// Its version, as the path has it.
    pub version: String,
}

/// What paths mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// None of them lies below the place.
    Nothing,
    /// All that do lie in this one.
    One(Version),
    /// They lie in several, or one ends above all versions.
    Several,
}

impl Version {
    /// `NAME@VERSION`.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

impl Meant {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, meant) | (meant, Self::Nothing) => meant,
            (Self::One(one), Self::One(other)) if one == other => Self::One(one),
            _ => Self::Several,
        }
    }
}

impl Site {
    /// Where the workflow NAME in VERSION is installed.
    pub fn bundle(&self, name: &str, version: &str) -> PathBuf {
        below(&self.workflows, name, version)
    }

    /// Where the runtime NAME in VERSION is installed.
    pub fn runtime(&self, name: &str, version: &str) -> PathBuf {
        below(&self.runtimes, name, version)
    }

    /// Where an entry's workflow is installed.
    pub fn bundle_of(&self, entry: &Entry) -> PathBuf {
        self.bundle(&entry.name, &entry.version)
    }

    /// Where an entry's runtime is, if it has one.
    pub fn runtime_of(&self, entry: &Entry) -> Option<PathBuf> {
        let runtime = entry.runtime.as_ref()?;
        Some(self.runtime(&runtime.name, &runtime.version))
    }

    /// The workflow that `word` lies in, as a process in the directory `dir` means it.
    pub fn workflow_of(&self, dir: &str, word: &str) -> Meant {
        meant(&self.workflows, dir, word)
    }

    /// The workflow that a script in the directory `dir` starts.
    pub fn workflow_in(&self, script: &Script, dir: &str) -> Meant {
        meant_by_all(&self.workflows, script, dir)
    }

    /// The runtime that a script in the directory `dir` uses.
    pub fn runtime_in(&self, script: &Script, dir: &str) -> Meant {
        meant_by_all(&self.runtimes, script, dir)
    }
}

fn below(place: &Path, name: &str, version: &str) -> PathBuf {
    place.join(name).join(version)
}

fn meant_by_all(place: &Path, script: &Script, dir: &str) -> Meant {
    script.paths().map(|word| meant(place, dir, word)).fold(Meant::Nothing, Meant::and)
}

fn meant(place: &Path, dir: &str, word: &str) -> Meant {
    let resolved = resolve(dir, word).map(PathBuf::from);
    let Some(Ok(inside)) = resolved.as_ref().map(|path| path.strip_prefix(place)) else {
        return Meant::Nothing;
    };
    let mut parts = inside.iter().filter_map(|part| part.to_str()).map(str::to_owned);
    match (parts.next(), parts.next()) {
        (Some(name), Some(version)) => Meant::One(Version { name, version }),
        _ => Meant::Several,
    }
}

#[cfg(test)]
mod tests {
    use sluice_policy::script::tokenize;

    use super::*;

    fn site() -> Site {
        let text = "format = 1\ncluster = \"c\"\nworkflows = \"/srv/w\"\nruntimes = \"/srv/r\"\n\
                    runs = \"/srv/runs\"\nsealed-root = \"/s\"\nattestations = \"/a\"\n\
                    status = \"/t\"\n[policy]\n[[policy.controller]]\nprincipal = \"c@lab\"\n";
        Site::parse(text.as_bytes()).unwrap()
    }

    fn one(name: &str, version: &str) -> Meant {
        Meant::One(Version { name: name.into(), version: version.into() })
    }

    #[test]
    fn a_path_means_the_version_that_it_lies_in() {
        let site = site();
        for (word, expected) in [
            ("/srv/w/demo/1.0/main.sh", one("demo", "1.0")),
            ("/srv/w/demo/1.0", one("demo", "1.0")),
            ("/srv//w/./demo/1.0/", one("demo", "1.0")),
            ("../../w/demo/1.0/main.sh", one("demo", "1.0")),
            ("/srv/w/demo", Meant::Several),
            ("/srv/w", Meant::Several),
            ("/srv/wider/demo/1.0", Meant::Nothing),
            ("/srv/r/demo/1.0", Meant::Nothing),
            ("main.sh", Meant::Nothing),
            // A link before the `..` could lead anywhere.
            ("/srv/w/demo/1.0/../2.0/main.sh", Meant::Nothing),
            ("x/../../../w/demo/1.0", Meant::Nothing),
            ("", Meant::Nothing),
        ] {
            assert_eq!(site.workflow_of("/srv/runs/a", word), expected, "{word}");
        }
        assert_eq!(site.bundle("demo", "1.0"), Path::new("/srv/w/demo/1.0"));
        assert_eq!(site.runtime("py", "3"), Path::new("/srv/r/py/3"));
    }

    #[test]
    fn a_script_means_one_workflow_or_none() {
        let site = site();
        for (lines, workflow, runtime) in [
            ("cd /tmp", Meant::Nothing, Meant::Nothing),
            ("/srv/w/a/1/x /srv/w/a/1/y", one("a", "1"), Meant::Nothing),
            ("source /srv/r/py/3/activate\n/srv/w/a/1/x", one("a", "1"), one("py", "3")),
            ("/srv/w/a/1/x /srv/w/a/2/y", Meant::Several, Meant::Nothing),
            ("/srv/w/a/1/x /srv/w", Meant::Several, Meant::Nothing),
            ("/srv/r/py/3/bin /srv/r/py/4/bin", Meant::Nothing, Meant::Several),
        ] {
            let script = tokenize(format!("#!/bin/bash\n{lines}\n").as_bytes()).unwrap();
            assert_eq!(site.workflow_in(&script, "/srv/runs/a"), workflow, "{lines}");
            assert_eq!(site.runtime_in(&script, "/srv/runs/a"), runtime, "{lines}");
        }
        assert_eq!(Version { name: "a".into(), version: "1".into() }.id(), "a@1");
    }
}
