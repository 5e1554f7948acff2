//! What the plugin tells.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_protocol::Facts;

fuzz_target!(|bytes: &[u8]| {
    let Ok(facts) = serde_json::from_slice::<Facts>(bytes) else { return };
    let text = serde_json::to_vec(&facts).unwrap();
    assert_eq!(serde_json::from_slice::<Facts>(&text).unwrap(), facts);
});
