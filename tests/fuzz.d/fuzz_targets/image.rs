//! Images and SIFs: what is listed is a manifest, and listing it ends.
#![no_main]

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;

use libfuzzer_sys::fuzz_target;
use sluice_image::{Contents, open};
use sluice_policy::manifest::Manifest;

thread_local! {
    static FILE: RefCell<File> = RefCell::new(tempfile::tempfile().unwrap());
}

fuzz_target!(|bytes: &[u8]| FILE.with_borrow(|file| {
    file.set_len(bytes.len() as u64).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    let Ok((_, part)) = open(file) else { return };
    let Ok(contents) = Contents::of(part) else { return };
    let Ok(faults) = contents.faults(&[]) else { return };
    contents.departures().unwrap_or_default();
    if !faults.is_empty() {
        return;
    }
    let Ok(manifest) = contents.manifest(&mut drop) else { return };
    assert_eq!(Manifest::parse(&manifest.to_bytes()).unwrap(), manifest);
}));
