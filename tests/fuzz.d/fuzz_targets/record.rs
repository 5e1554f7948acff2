//! Records of jobs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_site::record::Record;

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = Record::parse(bytes) else { return };
    let text = record.to_json().unwrap();
    assert_eq!(Record::parse(&text).unwrap(), record);
});
