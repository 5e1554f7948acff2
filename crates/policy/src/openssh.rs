//! OpenSSH's formats in their one spelling: what is read is what would be written again.
//!
//! The decoders leave out some of the lengths that an encoding repeats, and OpenSSH leaves out
//! others, so bytes that two readers understand differently, or that somebody altered, could pass
//! for what was signed. Comments are kept as they stand: they say nothing.

use base64ct::{Base64, Encoding};
use ssh_key::{Algorithm, Certificate, PublicKey, SshSig};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// Characters on a line of `ssh-keygen -Y sign`.
const WIDTH: usize = 70;
/// A security key's flags and counter, behind its signature.
const TRAILER: usize = 5;

/// Reads a public key: type, Base64, and any comment.
pub fn public_key(text: &str) -> Option<PublicKey> {
    // Only what ends a line of a file, not all that is blank somewhere.
    let text = text.trim_ascii();
    let key = PublicKey::from_openssh(text).ok()?;
    (key.to_openssh().ok()? == text).then_some(key)
}

/// Reads a certificate: type, Base64, and any comment.
pub fn certificate(text: &str) -> Option<Certificate> {
    let text = text.trim_ascii();
    let certificate = Certificate::from_openssh(text).ok()?;
    (certificate.to_openssh().ok()? == text).then_some(certificate)
}

/// Reads a signature as `ssh-keygen -Y sign` writes it.
pub fn signature(armored: &[u8]) -> Option<SshSig> {
    let signature = SshSig::from_pem(armored).ok()?;
    (armor(&signature)?.as_bytes() == armored).then_some(signature)
}

/// By hand, since the crate writes those of ECDSA security keys otherwise than it reads them. The
/// version is 1 and the reserved field empty: OpenSSH verifies over these whatever stands there.
fn armor(signature: &SshSig) -> Option<String> {
    let key = PublicKey::from(signature.public_key().clone()).to_bytes().ok()?;
    let bytes = signature.signature_bytes();
    let split = match signature.algorithm() {
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => {
            bytes.len().checked_sub(TRAILER)?
        }
        _ => bytes.len(),
    };
    let (raw, trailer) = bytes.split_at(split);
    let mut inner = Vec::new();
    string(&mut inner, signature.algorithm().as_str().as_bytes())?;
    string(&mut inner, raw)?;
    inner.extend_from_slice(trailer);

    let mut blob = b"SSHSIG".to_vec();
    blob.extend_from_slice(&SshSig::VERSION.to_be_bytes());
    string(&mut blob, &key)?;
    string(&mut blob, signature.namespace().as_bytes())?;
    string(&mut blob, b"")?;
    string(&mut blob, signature.hash_alg().as_str().as_bytes())?;
    string(&mut blob, &inner)?;

    let encoded = Base64::encode_string(&blob);
    let mut text = BEGIN.to_owned();
    for line in encoded.as_bytes().chunks(WIDTH) {
        text.push_str(std::str::from_utf8(line).ok()?);
        text.push('\n');
    }
    text.push_str(END);
    Some(text)
}

/// A string of RFC 4251: its length, then its bytes.
fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    out.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_be_bytes());
    out.extend_from_slice(bytes);
    Some(())
}
