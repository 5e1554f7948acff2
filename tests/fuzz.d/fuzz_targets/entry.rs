//! Entries, and errors about them that are one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_policy::entry::{Entry, is_entry_id};

fuzz_target!(|bytes: &[u8]| match Entry::parse(bytes) {
    Ok(entry) => assert!(is_entry_id(&entry.id())),
    Err(error) => assert!(!error.to_string().contains('\n')),
});
