//! SIFs made by hand, and images by mksquashfs.

use std::process::{Command, Stdio};

/// Whether mksquashfs is there; else the calling test is left out.
pub fn have_mksquashfs() -> bool {
    let have = Command::new("mksquashfs").arg("-version").stdout(Stdio::null()).status().is_ok();
    if !have {
        crate::leave_out("squashfs-tools");
    }
    have
}

/// One object of a SIF.
#[derive(Clone)]
pub struct Object {
    /// Its type; 0x4004 is a partition.
    pub kind: i32,
    /// Of a partition; 1 is squashfs.
    pub file_system: i32,
    /// Of a partition; 2 is the primary system.
    pub usage: i32,
    /// Of a partition.
    pub architecture: [u8; 3],
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The architecture that tests run on.
pub const HERE: [u8; 3] = if cfg!(target_arch = "aarch64") { *b"04\0" } else { *b"02\0" };

/// A primary partition of squashfs.
pub fn primary(content: &[u8]) -> Object {
    Object { kind: 0x4004, file_system: 1, usage: 2, architecture: HERE, content: content.to_vec() }
}

/// Where descriptors begin.
pub const TABLE: usize = 4096;
/// Bytes of a descriptor.
pub const DESCRIPTOR: usize = 585;

/// A SIF as apptainer lays it out, with room for 48 objects.
///
/// # Panics
/// If its header has a wrong length.
pub fn sif(objects: &[Object]) -> Vec<u8> {
    let mut bytes = b"#!/usr/bin/env run-singularity\n\0SIF_MAGIC\x0001\x00".to_vec();
    bytes.extend(HERE);
    bytes.extend([7; 16]);
    let table = 48 * DESCRIPTOR as u64;
    for number in [1, 1, 48 - objects.len() as u64, 48, TABLE as u64, table, 32_768, 0] {
        bytes.extend(number.to_le_bytes());
    }
    assert_eq!(bytes.len(), 128);
    bytes.resize(TABLE, 0);
    let mut data = vec![0; 32_768];
    for (number, object) in (1_u32..).zip(objects) {
        data.resize(data.len().next_multiple_of(4096), 0);
        let end = bytes.len() + DESCRIPTOR;
        bytes.extend(object.kind.to_le_bytes());
        bytes.push(1);
        for word in [number, 0xf000_0001, 0] {
            bytes.extend(word.to_le_bytes());
        }
        let size = object.content.len() as u64;
        for long in [data.len() as u64, size, size, 0, 0, 0, 0] {
            bytes.extend(long.to_le_bytes());
        }
        bytes.extend([0; 128]);
        bytes.extend(object.file_system.to_le_bytes());
        bytes.extend(object.usage.to_le_bytes());
        bytes.extend(object.architecture);
        bytes.resize(end, 0);
        data.extend(&object.content);
    }
    bytes.resize(32_768, 0);
    bytes.extend(&data[32_768..]);
    bytes
}
