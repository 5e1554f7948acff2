//! An index that parses can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::index::Index;

fuzz_target!(|bytes: &[u8]| {
    let Ok(index) = Index::parse(bytes) else { return };
    let text = index.to_toml().unwrap();
    assert_eq!(Index::parse(text.as_bytes()).unwrap(), index);
});
