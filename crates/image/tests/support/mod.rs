//! Images made by mksquashfs.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses its part

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use sluice_image::{Contents, ImageError, open};

/// A squashfs of `dir`.
pub fn squashfs(dir: &Path, options: &[&str]) -> Vec<u8> {
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("mksquashfs");
    command.arg(dir).arg(out.path()).args(["-noappend", "-quiet", "-no-progress"]).args(options);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(out.path()).unwrap()
}

/// A temporary file with these bytes.
pub fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// The manifest of what these bytes hold, or else the first fault.
pub fn manifest(bytes: &[u8]) -> Result<String, String> {
    let read = || -> Result<Result<String, String>, ImageError> {
        let file = file(bytes);
        let contents = Contents::of(open(&file)?.1)?;
        if let Some(fault) = contents.faults(&[])?.first() {
            return Ok(Err(fault.to_string()));
        }
        Ok(Ok(String::from_utf8(contents.manifest(&mut drop)?.to_bytes()).unwrap()))
    };
    read().unwrap_or_else(|error| Err(error.to_string()))
}
