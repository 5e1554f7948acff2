//! The host's own notes on sets: nobody signs them, so each is told to be as it was written by the
//! digest in front of it. That finds what a disk or a hand altered; against root it is no protection.

use sluice_policy::digest::Digest;

/// `bytes` behind their digest.
pub(super) fn note(bytes: &[u8]) -> Vec<u8> {
    [format!("{}\n", Digest::of(bytes)).as_bytes(), bytes].concat()
}

/// What was noted, if that is all that stands there.
pub(super) fn noted(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let (digest, noted) = (&bytes[..end], &bytes[end + 1..]);
    (digest == Digest::of(noted).to_string().as_bytes()).then_some(noted)
}
