//! WESkit's log.json, which the job's user can write.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::weskit::Log;

fuzz_target!(|bytes: &[u8]| {
    let Ok(log) = Log::parse(bytes) else { return };
    // What follows the object would be a second opinion.
    let mut twice = bytes.to_vec();
    twice.extend_from_slice(bytes);
    assert!(Log::parse(&twice).is_err(), "{}", log.exit_code);
});
