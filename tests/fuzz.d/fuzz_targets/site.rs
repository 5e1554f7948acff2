//! sluice.toml, and errors about it that are one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_site::Site;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = Site::parse(bytes) {
        assert!(!error.to_string().contains('\n'));
    }
});
