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
