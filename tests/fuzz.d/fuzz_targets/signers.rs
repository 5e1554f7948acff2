//! OpenSSH's allowed_signers: a list in which a key was given an end says so, and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::signers::{AllowedSigners, end};
use ssh_key::HashAlg;
use time::macros::datetime;

fuzz_target!(|bytes: &[u8]| {
    let Ok(before) = AllowedSigners::parse(bytes) else { return };
    let (text, at) = (std::str::from_utf8(bytes).unwrap(), datetime!(2026-07-01 12:00 UTC));
    for line in before.lines() {
        let Ok(text) = end(text, &line.key.fingerprint(HashAlg::Sha256).to_string(), at) else {
            continue;
        };
        let after = AllowedSigners::parse(text.as_bytes()).unwrap();
        assert_eq!(after.lines().count(), before.lines().count());
        for (before, after) in before.lines().zip(after.lines()) {
            assert_eq!((&before.principal, &before.namespaces), (&after.principal, &after.namespaces));
            assert_eq!((&before.key, before.valid_after), (&after.key, after.valid_after));
            let ended = if before.key == line.key { Some(at) } else { before.valid_before };
            assert_eq!(after.valid_before, ended);
        }
    }
});
