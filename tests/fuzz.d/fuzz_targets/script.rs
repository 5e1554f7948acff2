//! The closed grammar of batch scripts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::script::tokenize;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(script) = tokenize(bytes) {
        script.paths().for_each(drop);
    }
});
