//! What the plugin tells, and what the decider answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_protocol::{Facts, Verdict};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(facts) = serde_json::from_slice::<Facts>(bytes) {
        let text = serde_json::to_vec(&facts).unwrap();
        assert_eq!(serde_json::from_slice::<Facts>(&text).unwrap(), facts);
    }
    let _ = serde_json::from_slice::<Verdict>(bytes);
});
