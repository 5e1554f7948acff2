//! OpenSSH's allowed_signers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::signers::AllowedSigners;

fuzz_target!(|bytes: &[u8]| {
    let _ = AllowedSigners::parse(bytes);
});
