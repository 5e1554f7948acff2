use super::*;
use crate::testing::flips;
use ::time::macros::datetime;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIhz2GK/XCUj4i6Q5yQJNL1MKMY0RxzPV2QrBqfHrDq";
const OTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

fn refused(text: &str) -> &'static str {
    match AllowedSigners::parse(format!("# first\n{text}\n").as_bytes()) {
        Err(SignersError::Line { line: 2, why }) => why,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn reads_openssh_lines() {
    let text = format!(
        "\n # comment\ncontroller@lab {KEY} a comment\n\
         security@lab\tnamespaces=\"file,sluice-entry@v1\",valid-after=\"20260101Z\",valid-before=\"202701010000Z\" {OTHER}\n\
         controller@lab namespaces=\"sluice-index@v1\" {KEY}"
    );
    let signers = AllowedSigners::parse(text.as_bytes()).unwrap();
    let lines: Vec<_> = signers.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((lines[0].principal.as_str(), &lines[0].namespaces), ("controller@lab", &None));
    assert_eq!(lines[1].namespaces.as_deref().unwrap(), ["file", "sluice-entry@v1"]);
    assert_eq!(lines[1].valid_after, Some(datetime!(2026-01-01 0:00 UTC)));
    assert_eq!(lines[1].valid_before, Some(datetime!(2027-01-01 0:00 UTC)));
    assert_eq!(AllowedSigners::parse(b"").unwrap().lines().count(), 0);
}

#[test]
fn refuses_what_it_would_have_to_guess() {
    let certificate = "ssh-ed25519-cert-v01@openssh.com AAAA";
    for (line, why) in [
        (format!("a@lab cert-authority {KEY}"), "certificate authorities"),
        (format!("a@lab cert-authority,namespaces=\"x\" {KEY}"), "certificate authorities"),
        (format!("*@lab {KEY}"), "one principal"),
        (format!("a@lab,b@lab {KEY}"), "one principal"),
        (format!("!a@lab {KEY}"), "one principal"),
        (format!("\"a b\" {KEY}"), "one principal"),
        (format!("../a {KEY}"), "one principal"),
        (format!(".a {KEY}"), "one principal"),
        (KEY.into(), "no key"),
        ("a@lab".into(), "no key"),
        ("a@lab namespaces=\"x\"".into(), "no key"),
        (format!("a@lab {certificate}"), "key"),
        ("a@lab ssh-ed25519 AAAA".into(), "key cannot be read"),
        (format!("a@lab namespaces=\"*\" {KEY}"), "patterns"),
        (format!("a@lab namespaces=\"\" {KEY}"), "patterns"),
        (format!("a@lab namespaces=x {KEY}"), "name=\"value\""),
        (format!("a@lab namespaces=\"x\",namespaces=\"y\" {KEY}"), "twice"),
        (format!("a@lab no-touch-required {KEY}"), "name=\"value\""),
        (format!("a@lab extra=\"x\" {KEY}"), "unknown option"),
        (format!("a@lab valid-after=\"2026\" {KEY}"), "time"),
        (format!("a@lab valid-after=\"20261301Z\" {KEY}"), "time"),
        (format!("a@lab valid-after=\"+2026101Z\" {KEY}"), "time"),
        (format!("a@lab valid-after=\"2026-01-01\" {KEY}"), "time"),
    ] {
        let found = refused(&line);
        assert!(found.contains(why), "{line}: {found}");
    }
    assert!(matches!(
        AllowedSigners::parse(b"a\xff ssh-ed25519 x"),
        Err(SignersError::Line { line: 1, why: "it is not UTF-8" })
    ));
    assert_eq!(
        AllowedSigners::parse(&vec![b'\n'; MAX_BYTES + 1]).unwrap_err(),
        SignersError::TooLarge
    );
}

#[test]
fn gives_a_key_to_one_principal() {
    let text = format!("a@lab {KEY}\nb@lab {KEY}\n");
    let error = AllowedSigners::parse(text.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("another principal"), "{error}");
}

#[test]
fn refuses_rsa_and_other_curves() {
    let keys = crate::testing::Keys::new();
    let rsa = keys.make("rsa", "rsa");
    assert!(refused(&format!("a@lab {rsa}")).contains("key"));
    let p384 = {
        let path = keys.path("p384");
        let arguments = ["-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f"];
        std::process::Command::new("ssh-keygen").args(arguments).arg(path).status().unwrap();
        keys.public("p384")
    };
    assert!(refused(&format!("a@lab {p384}")).contains("key"));
}

#[test]
fn reads_a_time_without_zone_so_that_it_allows_least() {
    let text = format!("a@lab valid-after=\"20260101\",valid-before=\"20270101\" {KEY}");
    let signers = AllowedSigners::parse(text.as_bytes()).unwrap();
    let line = signers.lines().next().unwrap();
    assert_eq!(line.valid_after, Some(datetime!(2026-01-01 12:00 UTC)));
    assert_eq!(line.valid_before, Some(datetime!(2026-12-31 10:00 UTC)));
}

#[test]
fn knows_principals() {
    assert!(is_principal("controller@lab") && is_principal("A.b+c_d-e"));
    for bad in ["", "-a", ".a", "a/b", "a b", "a*", "ä", "a\n", &"a".repeat(129)] {
        assert!(!is_principal(bad), "{bad:?}");
    }
}

#[test]
fn every_flipped_bit_but_a_comment_s_is_refused_or_says_something_else() {
    let meaning = |bytes: &[u8]| {
        AllowedSigners::parse(bytes).map(|signers| format!("{:?}", signers.lines)).ok()
    };
    let list = format!(
        "a@lab namespaces=\"sluice-entry@v1\",valid-before=\"20270101Z\" {KEY}\nb@lab {OTHER}\n"
    );
    let genuine = meaning(list.as_bytes());
    assert!(genuine.is_some());
    let same = flips(list.as_bytes()).filter(|altered| meaning(altered) == genuine).count();
    assert_eq!(same, 0, "of {} bits", 8 * list.len());
}
