//! Paths as text. Nothing is looked up, so only what no symbolic link can change is resolved.

/// Resolves `word`, as a process in the absolute directory `base` would mean it.
///
/// `.` and empty components vanish; `..` climbs only at the start of a relative word. After a
/// named component it would mean another place if that component were a symbolic link, so the
/// answer is `None`, as it is for an empty word, a climb above `/`, a NUL, and a `base` that is
/// not absolute and clean. For the answer to hold on disk `base` must be free of links.
pub fn resolve(base: &str, word: &str) -> Option<String> {
    if word.is_empty() || word.contains('\0') || !is_clean_absolute(base) {
        return None;
    }
    let mut resolved: Vec<&str> =
        if word.starts_with('/') { Vec::new() } else { components(base).collect() };
    let mut climbing = !word.starts_with('/');
    for component in components(word) {
        match component {
            "." => {}
            ".." if climbing => drop(resolved.pop()?),
            ".." => return None,
            name => {
                climbing = false;
                resolved.push(name);
            }
        }
    }
    Some(format!("/{}", resolved.join("/")))
}

/// Whether `path` is absolute and has no empty, `.` or `..` component; `/` is clean.
pub fn is_clean_absolute(path: &str) -> bool {
    match path.strip_prefix('/') {
        Some("") => true,
        Some(relative) => is_clean_relative(relative),
        None => false,
    }
}

/// Whether `path` is relative and has no empty, `.` or `..` component and no NUL.
pub fn is_clean_relative(path: &str) -> bool {
    !path.contains('\0') && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
}

/// Whether a shell that meets `path` without quotes takes it for one word and nothing else, and Slurm
/// in a file's name for itself: letters and digits of any script, and `. _ - + @ = : , /`.
pub fn is_plain_word(path: &str) -> bool {
    path.chars().all(|c| c.is_alphanumeric() || "._-+@=:,/".contains(c))
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|component| !component.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_one_word_to_a_shell() {
        for plain in ["/srv/runs/c19c/c19c2843-1f", "a+b=c@d:f,g", "übung", "-dash"] {
            assert!(is_plain_word(plain), "{plain}");
        }
        for other in
            ["$(touch x)", "%2e", ";", "a\nb", "a b", "`x`", "{a,b}", "a*", "~x", "q'", "\u{202e}"]
        {
            assert!(!is_plain_word(other), "{other:?}");
        }
    }

    #[test]
    fn resolves_like_the_kernel_without_links() {
        let run = "/srv/runs/c19c/c19c2843";
        for (word, expected) in [
            ("../../../workflows/x/1.0/Snakefile", "/srv/workflows/x/1.0/Snakefile"),
            ("./a//b/.", "/srv/runs/c19c/c19c2843/a/b"),
            (".", run),
            ("..", "/srv/runs/c19c"),
            ("./../x", "/srv/runs/c19c/x"),
            ("../../../..", "/"),
            ("/a/./b/", "/a/b"),
            ("/", "/"),
            ("...", "/srv/runs/c19c/c19c2843/..."),
        ] {
            assert_eq!(resolve(run, word).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn declines_what_a_link_could_change() {
        for word in ["a/..", "../a/../b", "/a/..", "/..", "./a/./../b", "", "a\0b"] {
            assert_eq!(resolve("/srv/runs", word), None, "{word:?}");
        }
        assert_eq!(resolve("/srv", "../../x"), None, "above the root");
        for base in ["", "srv", "/srv/", "/srv/../x", "//srv", "/srv/."] {
            assert_eq!(resolve(base, "x"), None, "{base:?}");
        }
    }

    #[test]
    fn knows_clean_paths() {
        assert!(is_clean_absolute("/") && is_clean_absolute("/a/b") && is_clean_relative("a/.b"));
        for path in ["", "/a", "a/", "a//b", "./a", "a/..", "a\0"] {
            assert!(!is_clean_relative(path), "{path:?}");
        }
    }
}
