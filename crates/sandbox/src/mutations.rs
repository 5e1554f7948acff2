//! Protections that a test build leaves out, so that the attacks can be shown to need them.
//!
//! Only with the feature `mutations`, which an optimised build refuses to have; without it
//! nothing is ever left out, and nothing is read.

#[cfg(all(feature = "mutations", not(debug_assertions)))]
compile_error!("the feature `mutations` opens the sandbox: it is for test builds only");

/// Root's file of the protections to leave out, a word each.
#[cfg(feature = "mutations")]
const WORDS: &str = "/run/sluice/mutations";

/// Whether this protection is left out.
#[cfg(feature = "mutations")]
pub fn dropped(protection: &str) -> bool {
    words().split_whitespace().any(|word| word == protection)
}

/// Whether this protection is left out: never, outside test builds.
#[cfg(not(feature = "mutations"))]
pub const fn dropped(_protection: &str) -> bool {
    false
}

/// Read once, in slurmstepd's first hook: inside the sandbox the file is not there.
#[cfg(feature = "mutations")]
fn words() -> &'static str {
    static READ: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    READ.get_or_init(|| std::fs::read_to_string(WORDS).unwrap_or_default())
}

/// Places of the host that are shown although no verdict names them.
#[cfg(feature = "mutations")]
pub fn shown() -> impl Iterator<Item = &'static std::path::Path> {
    words()
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("show="))
        .map(std::path::Path::new)
}

/// Places of the host that are shown although no verdict names them: none, outside test builds.
#[cfg(not(feature = "mutations"))]
pub fn shown() -> impl Iterator<Item = &'static std::path::Path> {
    std::iter::empty()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use crate::confine;

    /// Arguments of all calls of `dropped` below a directory, up to the closing parenthesis.
    fn calls(directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(calls(&path));
            } else if !path.ends_with("mutations.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let parts = text.split("dropped(").skip(1);
                found.extend(parts.map(|part| part.split(')').next().unwrap().to_owned()));
            }
        }
        found
    }

    /// The first two columns of the list from which tests/escapes/run takes what it leaves out.
    fn listed() -> Vec<(&'static str, &'static str)> {
        let lines = include_str!("../../../tests/escapes/mutations").lines();
        let rules = lines.filter(|line| !line.starts_with('#'));
        rules
            .map(|line| {
                let mut columns = line.split('|').map(str::trim);
                (columns.next().unwrap(), columns.next().unwrap())
            })
            .collect()
    }

    #[test]
    fn every_protection_is_left_out_by_a_test_and_nothing_else_is() {
        let sources = ["src", "../../spank-plugin/src"]
            .map(|place| calls(&Path::new(env!("CARGO_MANIFEST_DIR")).join(place)));
        let (named, mut computed): (Vec<_>, Vec<_>) =
            sources.into_iter().flatten().partition(|argument| argument.starts_with('"'));
        computed.sort();
        assert_eq!(computed, ["&name(right", "name", "name"], "add its names to confine::rules");
        let code: BTreeSet<String> = named
            .iter()
            .map(|it| it.trim_matches('"').to_owned())
            .chain(confine::rules())
            .collect();

        // Beside protections, what the host shows and how the node is set.
        let of_plugin = |word: &&str| !word.starts_with("show=") && !word.ends_with("-of-node");
        let rules = listed().into_iter().map(|(rule, _)| rule);
        assert_eq!(rules.filter(of_plugin).map(str::to_owned).collect::<BTreeSet<_>>(), code);

        let beside = ["NAMESPACES", "network=slurm"];
        for word in listed().iter().flat_map(|(_, others)| others.split_whitespace()) {
            assert!(code.contains(word) || !of_plugin(&word) || beside.contains(&word), "{word}");
        }
    }
}
