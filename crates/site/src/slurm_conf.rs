//! Slurm's configuration, as far as Sluice has to know it.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sluice_sys::read_limited;

/// Upper bound of a file, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// Files may include others this deep.
const MAX_DEPTH: u32 = 8;
/// Where it lies: of packages, of a configless node.
const KNOWN: [&str; 2] = ["/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf"];

/// Keys, in lower case, and the values that were given last.
#[derive(Debug, Default)]
pub struct SlurmConf(BTreeMap<String, String>);

impl SlurmConf {
    /// This host's slurm.conf: the one that the environment names, or that is there.
    pub fn locate() -> Option<PathBuf> {
        let named = env::var_os("SLURM_CONF").map(PathBuf::from);
        named.into_iter().chain(KNOWN.map(PathBuf::from)).find(|path| path.is_file())
    }

    /// Reads a file and those that it includes.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut conf = Self::default();
        conf.add(path, MAX_DEPTH)?;
        Ok(conf)
    }

    /// A key's value, whatever the case of the key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(&key.to_ascii_lowercase()).map(String::as_str)
    }

    /// Whether a comma-separated value has a word.
    pub fn lists(&self, key: &str, word: &str) -> bool {
        self.get(key).is_some_and(|value| {
            value.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(word))
        })
    }

    fn add(&mut self, path: &Path, depth: u32) -> io::Result<()> {
        let bytes = read_limited(File::open(path)?.into(), MAX_BYTES)?;
        // A backslash at its end joins a line with the next.
        let text = String::from_utf8_lossy(&bytes).replace("\\\n", " ");
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            if let Some(included) = included(line) {
                let Some(depth) = depth.checked_sub(1) else {
                    return Err(io::Error::other("files include each other"));
                };
                self.add(&path.with_file_name(included), depth)?;
            } else {
                self.0.extend(pairs(line));
            }
        }
        Ok(())
    }
}

/// The file that an include line names.
fn included(line: &str) -> Option<&str> {
    let (word, file) = line.split_once(char::is_whitespace)?;
    word.eq_ignore_ascii_case("include").then_some(file.trim())
}

/// `Key=value` pairs of a line; a value may be in quotes.
fn pairs(line: &str) -> impl Iterator<Item = (String, String)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        rest = left;
        Some((key.trim().to_ascii_lowercase(), value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_quotes_comments_and_includes() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("slurm.conf");
        let text = "# none\nTaskEpilog = /a b=c\ninclude more.conf\nNodeName=n1 CPUs=4 # x\n\
                    SlurmdParameters=a,\\\nConTain_Spank\nPart=\"x y\" Z=1\n";
        std::fs::write(&main, text).unwrap();
        std::fs::write(dir.path().join("more.conf"), "USEPAM=1\n").unwrap();
        let conf = SlurmConf::read(&main).unwrap();
        assert_eq!(conf.get("taskepilog"), Some("/a"));
        assert_eq!(conf.get("UsePam"), Some("1"));
        assert_eq!(conf.get("CPUS"), Some("4"));
        assert_eq!((conf.get("part"), conf.get("z")), (Some("x y"), Some("1")));
        assert_eq!(conf.get("none"), None);

        std::fs::write(&main, "SlurmdParameters=config_overrides,Contain_Spank\n").unwrap();
        assert!(SlurmConf::read(&main).unwrap().lists("SlurmdParameters", "contain_spank"));
        std::fs::write(&main, "include slurm.conf\n").unwrap();
        assert!(SlurmConf::read(&main).is_err());
        std::fs::write(&main, "include missing.conf\n").unwrap();
        assert!(SlurmConf::read(&main).is_err());
    }
}
