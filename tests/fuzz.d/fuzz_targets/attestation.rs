//! No envelope made by chance is believed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::attestation::Envelope;
use ssh_key::PublicKey;
use time::macros::datetime;

const CLUSTER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDeoLcTjN1Y7hhduKgtTmqYfTNTzOHUxyH5Lrc+ows/i";

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(bytes) else { return };
    let cluster = PublicKey::from_openssh(CLUSTER).unwrap();
    assert!(envelope.open(&cluster, datetime!(2026-07-01 12:00 UTC)).is_err());
});
