//! Revocations that parse can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::revocation::Revoked;

fuzz_target!(|bytes: &[u8]| {
    let Ok(revoked) = Revoked::parse(bytes) else { return };
    let text = revoked.to_toml().unwrap();
    assert_eq!(Revoked::parse(text.as_bytes()).unwrap(), revoked);
});
