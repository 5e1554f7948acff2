use super::*;
use proptest::prelude::*;

fn file(path: &str, content: &str) -> Item {
    Item::file(path, false, content.len() as u64, Digest::of(content.as_bytes()))
}

fn sample() -> Vec<Item> {
    vec![
        Item::directory("workflow"),
        file("workflow/Snakefile", "rule all:\n"),
        Item::directory("workflow/scripts"),
        Item::file("workflow/scripts/a.sh", true, 3, Digest::of(b"abc")),
        Item::link("workflow/latest", "scripts"),
        file("workflow-notes é.md", ""),
    ]
}

fn manifest(items: Vec<Item>) -> Manifest {
    Manifest::from_items(items).unwrap()
}

/// `-` sorts before `/`; [`RECIPE`] gives the same.
const VECTOR: &str = "sluice-manifest 1
d - - workflow
f 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 workflow-notes é.md
f 10 cb4ed35117dc0ef6d2f1cf0f29dbc108097c341aeace9a054924ce11ba280e0c workflow/Snakefile
l 7 8c5967fd8486f34493710cc39b240aad46536cf4ee421ffd0479e6542db03e36 workflow/latest
d - - workflow/scripts
x 3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad workflow/scripts/a.sh
";

#[test]
fn has_canonical_bytes() {
    assert_eq!(String::from_utf8(manifest(sample()).to_bytes()).unwrap(), VECTOR);
    assert_eq!(manifest(sample()).digest(), Digest::of(VECTOR.as_bytes()));
    let mut backwards = sample();
    backwards.reverse();
    assert_eq!(manifest(backwards), manifest(sample()));
    assert_eq!(Manifest::parse(VECTOR.as_bytes()).unwrap(), manifest(sample()));
    assert_eq!(Manifest::parse(b"sluice-manifest 1\n").unwrap(), Manifest::default());
}

/// What an auditor without Sluice would run.
const RECIPE: &str = r#"
digest='sha256sum <"$1" | cut -c 1-64 | tr "\n" " "'
target='readlink -n "$1" | sha256sum | cut -c 1-64 | tr "\n" " "'
printf 'sluice-manifest 1\n'
{
    find . -mindepth 1 -type d -printf 'd - - %P\n'
    find . -type f ! -perm -u+x -printf 'f %s ' -exec sh -c "$digest" - {} \; -printf '%P\n'
    find . -type f -perm -u+x -printf 'x %s ' -exec sh -c "$digest" - {} \; -printf '%P\n'
    find . -type l -printf 'l %s ' -exec sh -c "$target" - {} \; -printf '%P\n'
} | LC_ALL=C sort -t ' ' -k 4
"#;

#[test]
fn coreutils_give_the_same_bytes() {
    let tree = tempfile::TempDir::new().unwrap();
    let build = "umask 022; mkdir -p workflow/scripts; printf 'rule all:\\n' >workflow/Snakefile
        printf abc >workflow/scripts/a.sh; chmod 700 workflow/scripts/a.sh
        ln -s scripts workflow/latest; : >'workflow-notes é.md'";
    let bash = |script: &str| {
        let mut bash = std::process::Command::new("bash");
        bash.args(["-ec", script]).current_dir(tree.path()).output().unwrap()
    };
    assert!(bash(build).status.success());
    assert_eq!(String::from_utf8(bash(RECIPE).stdout).unwrap(), VECTOR);
}

#[test]
fn reads_one_spelling_only() {
    for (from, to, line) in [
        ("sluice-manifest 1", "sluice-manifest 2", 1),
        ("sluice-manifest 1\n", "", 1),
        ("f 0 ", "f 00 ", 3),
        ("f 0 ", "f +0 ", 3),
        ("f 0 ", "f -0 ", 3),
        ("f 0 ", "f  0 ", 3),
        ("f 0 ", "g 0 ", 3),
        ("f 0 e3", "f 0 E3", 3),
        ("f 0 e3", "f 0 sha256:e3", 3),
        ("f 0 e3", "f - e3", 3),
        ("d - - workflow\n", "d 0 - workflow\n", 2),
        ("d - - workflow\n", "d - -  workflow\n", 2),
        ("d - - workflow\n", "d - - workflow\r\n", 2),
        ("d - - workflow\n", "d - - workflow\n\n", 3),
        ("a.sh\n", "a.sh", 7),
        ("a.sh\n", "a.sh\n\n", 8),
    ] {
        let text = VECTOR.replacen(from, to, 1);
        assert_ne!(text, VECTOR);
        match Manifest::parse(text.as_bytes()) {
            Err(ManifestError::NotCanonical(found)) => assert_eq!(found, line, "{to:?}"),
            Err(ManifestError::Name(_) | ManifestError::Orphan(_)) => {}
            other => panic!("{to:?}: {other:?}"),
        }
    }
    let lines: Vec<&str> = VECTOR.lines().collect();
    let swapped = [lines[0], lines[1], lines[3], lines[2], lines[4], lines[5], lines[6], ""];
    assert_eq!(
        Manifest::parse(swapped.join("\n").as_bytes()),
        Err(ManifestError::NotCanonical(3)),
        "unsorted"
    );
    assert_eq!(
        Manifest::parse(b"sluice-manifest 1\nd - - \xff\n"),
        Err(ManifestError::NotCanonical(2))
    );
}

#[test]
fn refuses_what_is_no_tree() {
    let duplicate = vec![file("a", "x"), Item::directory("a")];
    assert_eq!(Manifest::from_items(duplicate), Err(ManifestError::Duplicate("a".into())));
    for parent in [None, Some(file("a", "x")), Some(Item::link("a", "b"))] {
        let items = parent.into_iter().chain([file("a/b", "y")]).collect();
        assert_eq!(Manifest::from_items(items), Err(ManifestError::Orphan("a/b".into())));
    }
}

#[test]
fn refuses_names_that_deceive() {
    for good in ["a", ".snakemake", "a b/ü", "…", "a\\b", "日本", "..a", "a.", "-rf"] {
        assert_eq!(check_name(good), Ok(()), "{good}");
    }
    let long = "a/".repeat(2048) + "b";
    for bad in [
        "",
        ".",
        "..",
        "./a",
        "/a",
        "a/",
        "a//b",
        "a/./b",
        "a/../b",
        "../a",
        "a/..",
        "a\nb",
        "a\0b",
        "a\tb",
        "a\rb",
        "a\x1b[2K",
        "a\x7f",
        "a\u{85}",
        "a\u{202a}",
        "a\u{202e}txt",
        "a\u{2066}",
        "a\u{2069}",
        "a\u{2028}",
        "a\u{2029}",
        "a\u{200f}",
        "\u{feff}a",
        "a\u{ad}",
        "a\u{200b}",
        "a\u{2060}b",
        "a\u{fe0f}",
        "a\u{3164}",
        "a\u{e0041}",
        &long,
    ] {
        let error = check_name(bad).unwrap_err();
        let shown = error.to_string();
        assert!(shown.chars().all(crate::text::is_visible), "{shown:?}");
        assert!(Manifest::from_items(vec![file(bad, "")]).is_err(), "{bad:?}");
    }
}

#[test]
fn refuses_links_that_leave() {
    let system = vec!["/usr/bin/python3.11".to_string()];
    for (path, target) in [
        ("env/bin/python", "/usr/bin/python3.11"),
        ("env/bin/python3", "python"),
        ("env/lib64", "lib"),
        ("a/b/c", "../../d"),
        ("a/b/c", "../.."),
        ("a", "."),
        ("a", "b/./c"),
    ] {
        assert_eq!(check_link(path, target, &system), Ok(()), "{path} -> {target}");
    }
    for (path, target) in [
        ("workflow/scripts/lib", "/tmp/outside"),
        ("a", "/usr/bin/python3.11/"),
        ("a", "/usr/bin/../bin/python3.11"),
        ("a", "/usr/bin/python3.12"),
        ("a", "/"),
        ("a", ".."),
        ("a", "../a"),
        ("a/b", "../.."),
        ("a/b", "./../../c"),
        ("a/b/c", "../../../d"),
        // Whether these stay depends on what other links say.
        ("a", "b/.."),
        ("a", "b/../../c"),
        ("a", ""),
        ("a", "b\nc"),
        ("a", "b\u{202e}c"),
    ] {
        assert!(check_link(path, target, &system).is_err(), "{path} -> {target:?}");
    }
}

#[test]
fn no_two_bundles_share_a_digest() {
    let base = manifest(sample());
    let alter = |change: &dyn Fn(&mut Vec<Item>)| {
        let mut items = sample();
        change(&mut items);
        manifest(items)
    };
    let differs = |what: &str, other: Manifest, expected: &[(&str, Change)]| {
        assert_ne!(base.digest(), other.digest(), "{what}");
        let found = base.compare(&other);
        let found: Vec<_> = found.iter().map(|d| (d.path.as_str(), d.change)).collect();
        assert_eq!(found, expected, "{what}");
    };
    let pyc = "workflow/scripts/__pycache__";
    differs(
        "an added file",
        alter(&|items| {
            items.push(Item::directory(pyc));
            items.push(file("workflow/scripts/__pycache__/a.pyc", "x"));
        }),
        &[(pyc, Change::Added), ("workflow/scripts/__pycache__/a.pyc", Change::Added)],
    );
    differs(
        "an added empty directory",
        alter(&|items| items.push(Item::directory("z"))),
        &[("z", Change::Added)],
    );
    differs(
        "a removed file",
        alter(&|items| drop(items.remove(1))),
        &[("workflow/Snakefile", Change::Missing)],
    );
    differs(
        "another content",
        alter(&|items| items[1] = file("workflow/Snakefile", "rule alL:\n")),
        &[("workflow/Snakefile", Change::Content)],
    );
    differs(
        "chmod +x",
        alter(&|items| {
            items[1] = Item::file("workflow/Snakefile", true, 10, Digest::of(b"rule all:\n"));
        }),
        &[("workflow/Snakefile", Change::Executable)],
    );
    differs(
        "another target",
        alter(&|items| items[4] = Item::link("workflow/latest", "script5")),
        &[("workflow/latest", Change::Link)],
    );
    differs(
        "a link become its target's text",
        alter(&|items| {
            items[4] = file("workflow/latest", "scripts");
        }),
        &[("workflow/latest", Change::Type)],
    );
    differs(
        "a renamed file",
        alter(&|items| items[5].path = "z".into()),
        &[("workflow-notes é.md", Change::Missing), ("z", Change::Added)],
    );
    assert_eq!(base.compare(&base), []);
}

#[test]
fn neighbours_cannot_share_bytes() {
    let pair = |a: &str, b: &str| manifest(vec![file("a", a), file("b", b)]).digest();
    let base = pair("one", "two");
    assert_ne!(base, pair("onet", "wo"), "bytes moved to the neighbour");
    assert_ne!(base, pair("two", "one"), "contents swapped");
    assert_ne!(base, pair("onetwo", ""), "one file took all");
    assert_ne!(base, manifest(vec![file("a", "one"), file("b2", "two")]).digest());
    // A name that looks like the next line is no name.
    let line = format!("a\nf 3 {} b", Digest::of(b"two").hex());
    assert!(Manifest::from_items(vec![file(&line, "one")]).is_err());
}

proptest! {
    #[test]
    fn a_flipped_bit_is_another_bundle(at in 0..VECTOR.len(), bit in 0..8) {
        let mut bytes = VECTOR.as_bytes().to_vec();
        bytes[at] ^= 1u8 << bit;
        prop_assert_ne!(Digest::of(&bytes), Digest::of(VECTOR.as_bytes()));
        if let Ok(other) = Manifest::parse(&bytes) {
            prop_assert_ne!(other.digest(), manifest(sample()).digest());
            prop_assert!(!manifest(sample()).compare(&other).is_empty());
        }
    }

    #[test]
    fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = [b"sluice-manifest 1\n".as_slice(), &bytes].concat();
        if let Ok(manifest) = Manifest::parse(&text) {
            prop_assert_eq!(manifest.to_bytes(), text);
        }
    }
}

#[test]
fn the_difference_is_canonical_and_tells_any_two_apart() {
    let manifest = |items: &[Item]| Manifest::from_items(items.to_vec()).unwrap();
    let same = Item::directory("d");
    let old = manifest(&[
        same.clone(),
        Item::file("a", false, 1, Digest::of(b"1")),
        Item::link("d/gone", "x"),
    ]);
    let new = manifest(&[
        same,
        Item::file("a", true, 1, Digest::of(b"1")),
        Item::file("d/new", false, 0, Digest::of(b"")),
    ]);
    let line = |kind: char, size: u64, of: &[u8], path: &str| {
        format!("{kind} {size} {} {path}\n", Digest::of(of).hex())
    };
    let expected = [
        "sluice-diff 1\n".to_owned(),
        format!("-{}", line('f', 1, b"1", "a")),
        format!("-{}", line('l', 1, b"x", "d/gone")),
        format!("+{}", line('x', 1, b"1", "a")),
        format!("+{}", line('f', 0, b"", "d/new")),
    ]
    .concat();
    assert_eq!(old.difference(&new), expected);
    assert_eq!(old.difference(&old), "sluice-diff 1\n");
    assert_eq!(Manifest::default().difference(&old).lines().count(), 4);
}

/// The blocks of the reference page that follow a digest, and that digest.
fn documented() -> Vec<(String, Digest)> {
    let page = include_str!("../../../../docs/reference/manifest.md");
    let (_, vectors) = page.split_once("## Test vectors").unwrap();
    vectors
        .split("`sha256:")
        .skip(1)
        .map(|part| {
            let (hex, rest) = part.split_once('`').unwrap();
            let block = rest.split_once("```text\n").unwrap().1.split_once("```").unwrap().0;
            (block.to_owned(), Digest::from_hex(hex).unwrap())
        })
        .collect()
}

#[test]
fn the_documented_vectors_hold() {
    let vectors = documented();
    assert_eq!(vectors.len(), 4);
    let manifests: Vec<Manifest> = vectors[..3]
        .iter()
        .map(|(text, digest)| {
            let manifest = Manifest::parse(text.as_bytes()).unwrap();
            assert_eq!(manifest.digest(), *digest);
            manifest
        })
        .collect();
    assert_eq!(manifests[1].get("with space").unwrap().path, "with space");
    let difference = manifests[1].difference(&manifests[2]);
    assert_eq!((&difference, Digest::of(difference.as_bytes())), (&vectors[3].0, vectors[3].1));
}
