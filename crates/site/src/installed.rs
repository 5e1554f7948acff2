//! Where workflows and runtimes are installed, as what, and which of them a script means.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sluice_policy::entry::Entry;
use sluice_policy::path::resolve;
use sluice_policy::script::Script;
use sluice_protocol::Filesystem;

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

/// The first format of entries whose workflow may be an image.
const IMAGES: u32 = 2;

/// A workflow or runtime on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Where jobs see it, and where its directory is if it is no image.
    pub at: PathBuf,
    /// The image that holds it.
    pub image: Option<PathBuf>,
}

/// A version of which nobody can say what it is.
#[derive(Debug, thiserror::Error)]
#[error("{one} and {other} are both there; remove what wasn't approved",
    one = .0.display(), other = .1.display())]
pub struct InstalledTwice(PathBuf, PathBuf);

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

    /// An entry's workflow, as it is installed.
    pub fn workflow_installed(&self, entry: &Entry) -> Result<Installed, InstalledTwice> {
        self.installed(self.bundle_of(entry), &entry.name, &entry.version, entry.format)
    }

    /// An entry's runtime, as it is installed, if it has one.
    pub fn runtime_installed(&self, entry: &Entry) -> Result<Option<Installed>, InstalledTwice> {
        let Some(runtime) = &entry.runtime else { return Ok(None) };
        let at = self.runtime(&runtime.name, &runtime.version);
        self.installed(at, &runtime.name, &runtime.version, entry.format).map(Some)
    }

    /// The one thing that a version is: its directory, or an image. What isn't there at all is missed at
    /// the directory's place.
    fn installed(
        &self,
        at: PathBuf,
        name: &str,
        version: &str,
        format: u32,
    ) -> Result<Installed, InstalledTwice> {
        let Some(images) = self.images.as_ref().filter(|_| format >= IMAGES) else {
            return Ok(Installed { at, image: None });
        };
        let images = Filesystem::ALL.map(|filesystem| {
            below(images, name, &format!("{version}.{}", filesystem.extension()))
        });
        let mut found = [at.clone()].into_iter().chain(images).filter(|path| is_there(path));
        match (found.next(), found.next()) {
            (Some(one), Some(other)) => Err(InstalledTwice(one, other)),
            (Some(image), None) if image != at => Ok(Installed { at, image: Some(image) }),
            _ => Ok(Installed { at, image: None }),
        }
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

/// What can't be looked at is there, and will be refused when it is opened.
fn is_there(path: &Path) -> bool {
    let gone = [ErrorKind::NotFound, ErrorKind::NotADirectory];
    fs::symlink_metadata(path).map_or_else(|error| !gone.contains(&error.kind()), |_| true)
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
    fn a_version_is_one_thing_or_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (workflows, images) = (dir.path().join("w"), dir.path().join("i"));
        let mut site = site();
        site.workflows = workflows.clone();
        let at = workflows.join("demo/1.0");
        let found = |site: &Site, format| site.installed(at.clone(), "demo", "1.0", format);
        let directory = Installed { at: at.clone(), image: None };
        let file = |ending: &str| images.join(format!("demo/1.0.{ending}"));

        std::fs::create_dir_all(images.join("demo")).unwrap();
        std::fs::write(file("sqfs"), "").unwrap();
        assert_eq!(found(&site, 2).unwrap(), directory, "no images are configured");
        site.images = Some(images.clone());
        assert_eq!(found(&site, 1).unwrap(), directory, "format 1 knows no images");
        let image = Installed { image: Some(file("sqfs")), ..directory.clone() };
        assert_eq!(found(&site, 2).unwrap(), image);
        std::fs::write(file("erofs"), "").unwrap();
        assert!(found(&site, 2).unwrap_err().to_string().contains("1.0.erofs"));
        std::fs::remove_file(file("sqfs")).unwrap();
        assert_eq!(found(&site, 2).unwrap().image, Some(file("erofs")));
        std::fs::create_dir_all(&at).unwrap();
        found(&site, 2).unwrap_err();
        assert_eq!(found(&site, 1).unwrap(), directory);
        std::fs::remove_file(file("erofs")).unwrap();
        assert_eq!(found(&site, 2).unwrap(), directory);
        std::fs::remove_dir(&at).unwrap();
        // A link that leads nowhere is there, too.
        std::os::unix::fs::symlink("nowhere", file("sqfs")).unwrap();
        assert_eq!(found(&site, 2).unwrap(), image);
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
