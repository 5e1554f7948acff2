//! Audit logs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_site::audit::verify;

fuzz_target!(|bytes: &[u8]| {
    let _ = verify(bytes);
});
