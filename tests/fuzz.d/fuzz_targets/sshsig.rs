//! No signature of anything else counts for this message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::signature::verify;
use sluice_policy::signers::AllowedSigners;
use time::macros::datetime;

const SIGNERS: &str = "a@b ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDeoLcTjN1Y7hhduKgtTmqYfTNTzOHUxyH5Lrc+ows/i\n";

fuzz_target!(|bytes: &[u8]| {
    let signers = AllowedSigners::parse(SIGNERS.as_bytes()).unwrap();
    let now = datetime!(2026-07-01 12:00 UTC);
    let message = b"never signed by anybody";
    assert!(verify(&signers, "a@b", "sluice-entry@v1", message, bytes, now).is_err());
});
