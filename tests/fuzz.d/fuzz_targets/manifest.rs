//! A manifest is its canonical bytes: what parses, writes itself back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::manifest::Manifest;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::parse(bytes) else { return };
    assert_eq!(manifest.to_bytes(), bytes);
    assert!(manifest.compare(&manifest).is_empty());
    assert_eq!(manifest.difference(&manifest), "sluice-diff 1\n");
    let empty = Manifest::default();
    assert_eq!(empty.compare(&manifest).len(), manifest.items().len());
});
