//! What the decider answers: what the plugin reads of it, it could have been told again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_protocol::{Loaded, Verdict};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(verdict) = serde_json::from_slice::<Verdict>(bytes) {
        let text = serde_json::to_vec(&verdict).unwrap();
        assert_eq!(serde_json::from_slice::<Verdict>(&text).unwrap(), verdict);
    }
    let _ = serde_json::from_slice::<Loaded>(bytes);
});
