use super::*;
use crate::{
    entry,
    testing::{Keys, flips},
};
use time::macros::datetime;

const WHO: &str = "controller@lab";
const NOW: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);
const MESSAGE: &[u8] = b"format = 1\nname = \"variant-calling\"\n";

fn check(allowed: &str, armored: &[u8]) -> Result<Signer, SignatureError> {
    let signers = AllowedSigners::parse(allowed.as_bytes()).unwrap();
    verify(&signers, WHO, entry::NAMESPACE, MESSAGE, armored, NOW)
}

/// A key of `kind`, a line that allows it, and its signature of [`MESSAGE`].
fn signed(kind: &str) -> (Keys, String, Vec<u8>) {
    let keys = Keys::new();
    let allowed = format!("{WHO} {}\n", keys.make("key", kind));
    let signature = keys.sign("key", entry::NAMESPACE, MESSAGE);
    (keys, allowed, signature)
}

#[test]
fn verifies_what_ssh_keygen_signs() {
    for kind in ["ed25519", "ecdsa"] {
        let (keys, allowed, signature) = signed(kind);
        let signer = check(&allowed, &signature).unwrap();
        assert_eq!(signer.principal, WHO);
        let listing = std::process::Command::new("ssh-keygen")
            .arg("-lf")
            .arg(keys.path("key.pub"))
            .output()
            .unwrap();
        assert!(String::from_utf8(listing.stdout).unwrap().contains(&signer.fingerprint));
        let time = "20260701120000Z";
        let (namespace, message) = (entry::NAMESPACE, MESSAGE);
        assert!(keys.openssh_verifies(&allowed, WHO, namespace, message, &signature, time));
    }
}

#[test]
fn refuses_another_message_namespace_principal_or_key() {
    let (keys, allowed, signature) = signed("ed25519");
    let signers = AllowedSigners::parse(allowed.as_bytes()).unwrap();
    let verify = |who, namespace, message: &[u8], signature: &[u8]| {
        super::verify(&signers, who, namespace, message, signature, NOW)
    };
    let ours = entry::NAMESPACE;
    assert_eq!(verify(WHO, ours, b"other", &signature), Err(SignatureError::Mismatch));
    assert!(matches!(
        verify(WHO, "sluice-index@v1", MESSAGE, &signature),
        Err(SignatureError::Namespace { .. })
    ));
    assert!(matches!(
        verify("security@lab", ours, MESSAGE, &signature),
        Err(SignatureError::UnknownKey { .. })
    ));
    // An attacker who signs everything anew has no key that the site knows.
    keys.make("mallory", "ed25519");
    let forged = keys.sign("mallory", ours, MESSAGE);
    assert!(matches!(verify(WHO, ours, MESSAGE, &forged), Err(SignatureError::UnknownKey { .. })));
}

#[test]
fn refuses_rsa() {
    let (_keys, _, rsa) = signed("rsa");
    let (_other, allowed, _) = signed("ed25519");
    assert!(check(&allowed, &rsa).is_err());
}

#[test]
fn obeys_the_options_of_a_line_as_openssh_does() {
    let (keys, allowed, signature) = signed("ed25519");
    let key = allowed.strip_prefix(WHO).unwrap();
    for (options, expected) in [
        ("namespaces=\"sluice-entry@v1\"", "ok"),
        ("namespaces=\"file,sluice-entry@v1\"", "ok"),
        ("namespaces=\"file\"", "namespace"),
        ("valid-after=\"20260701115900Z\"", "ok"),
        ("valid-after=\"20260701120100Z\"", "time"),
        ("valid-before=\"20260701120100Z\"", "ok"),
        ("valid-before=\"20260701115900Z\"", "time"),
        ("valid-after=\"20250101Z\",valid-before=\"20260101Z\"", "time"),
        ("namespaces=\"sluice-entry@v1\",valid-before=\"20260101Z\"", "time"),
    ] {
        let allowed = format!("{WHO} {options}{key}");
        let found = match check(&allowed, &signature) {
            Ok(_) => "ok",
            Err(SignatureError::NamespaceNotAllowed { .. }) => "namespace",
            Err(SignatureError::NotValidNow(_)) => "time",
            Err(other) => panic!("{options}: {other}"),
        };
        assert_eq!(found, expected, "{options}");
        let (namespace, time) = (entry::NAMESPACE, "20260701120000Z");
        let openssh = keys.openssh_verifies(&allowed, WHO, namespace, MESSAGE, &signature, time);
        assert_eq!(openssh, expected == "ok", "{options}");
    }
}

#[test]
fn refuses_what_is_no_signature() {
    let (_keys, allowed, signature) = signed("ed25519");
    let text = String::from_utf8(signature).unwrap();
    for bad in [
        String::new(),
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n".into(),
        text.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        text[..text.len() / 2].into(),
        format!("{text}{text}"),
        format!("{text}trailing"),
        " ".repeat(MAX_BYTES + 1),
    ] {
        assert_eq!(check(&allowed, bad.as_bytes()), Err(SignatureError::Malformed), "{bad}");
    }
}

#[test]
fn of_all_spellings_of_a_signature_one_is_accepted() {
    let (keys, allowed, signature) = signed("ed25519");
    let text = String::from_utf8(signature).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let wrapped = |width: usize, end: &str| {
        let lines: Vec<&str> =
            body.as_bytes().chunks(width).flat_map(std::str::from_utf8).collect();
        let (first, last) = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----");
        [&[first][..], &lines, &[last, ""]].concat().join(end)
    };
    let mut cases = vec![
        text.trim_end().to_owned(),
        format!("\n{text}"),
        format!(" {text}"),
        format!("preamble\n{text}"),
        format!("{text}\n\n"),
        format!("\u{feff}{text}"),
        text.replace("-----\n", "----- \n"),
        text.replacen('\n', "\n\n", 2),
        text.replace('\n', "\r"),
        text.replace("\n-----END", "=\n-----END"),
        text.replace("\n-----END", "\nComment: x\n-----END"),
        text.replacen("-----\n", "-----\nComment: x\n\n", 1),
    ];
    for width in [1, 4, 63, 64, 65, 72, 76, 77, 1000] {
        cases.extend([wrapped(width, "\n"), wrapped(width, "\r\n")]);
    }
    for case in cases {
        let found = check(&allowed, case.as_bytes());
        assert_eq!(found, Err(SignatureError::Malformed), "{case:?}");
    }
    assert_eq!(wrapped(70, "\n"), text);
    let (namespace, time) = (entry::NAMESPACE, "20260701120000Z");
    assert!(check(&allowed, text.as_bytes()).is_ok());
    assert!(keys.openssh_verifies(&allowed, WHO, namespace, MESSAGE, text.as_bytes(), time));
}

#[test]
fn detects_every_flipped_bit() {
    for kind in ["ed25519", "ecdsa"] {
        let (_keys, allowed, signature) = signed(kind);
        let signers = AllowedSigners::parse(allowed.as_bytes()).unwrap();
        let verify = |message: &[u8], signature: &[u8]| {
            super::verify(&signers, WHO, entry::NAMESPACE, message, signature, NOW)
        };
        assert!(verify(MESSAGE, &signature).is_ok());
        for message in flips(MESSAGE) {
            assert_eq!(verify(&message, &signature), Err(SignatureError::Mismatch));
        }
        let verified: Vec<_> =
            flips(&signature).filter(|altered| verify(MESSAGE, altered).is_ok()).collect();
        let bits = 8 * signature.len();
        assert!(verified.is_empty(), "{kind}: {} of {bits} bits verify", verified.len());
    }
}
