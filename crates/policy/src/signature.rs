//! Detached SSHSIG signatures, as `ssh-keygen -Y sign` makes them.

use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig, public::KeyData};
use time::OffsetDateTime;

use crate::{openssh, signers::AllowedSigners};

/// Largest signature, in bytes.
pub const MAX_BYTES: usize = 16 << 10;
/// Bit of a security key's flags: a person touched it.
const USER_PRESENT: u8 = 1;

/// Whose signature verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Principal of the line in `allowed_signers`.
    pub principal: String,
    /// OpenSSH's `SHA256:…` fingerprint of the key.
    pub fingerprint: String,
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not an armored SSHSIG of at most 16 KiB, spelled as `ssh-keygen -Y sign` does.
    #[error(
        "it is no SSH signature as `ssh-keygen -Y sign` writes one; sign with it, copy the file whole"
    )]
    Malformed,
    /// Made by a security key that nobody touched.
    #[error("its security key was not touched; sign without -O no-touch-required")]
    NotTouched,
    /// Made for another purpose.
    #[error("it was made for {found:?}, not {expected:?}; sign with -n {expected}")]
    Namespace {
        /// Its namespace.
        found: String,
        /// The one asked for.
        expected: String,
    },
    /// Made by a key that `allowed_signers` does not give to the principal.
    #[error("the key {fingerprint} is not {principal}'s in allowed_signers")]
    UnknownKey {
        /// The one asked for.
        principal: String,
        /// The key that signed.
        fingerprint: String,
    },
    /// Made by a key that may not sign in this namespace.
    #[error("the key {fingerprint} may not sign {namespace} after allowed_signers")]
    NamespaceNotAllowed {
        /// The key that signed.
        fingerprint: String,
        /// The one asked for.
        namespace: String,
    },
    /// Made by a key outside its validity.
    #[error("the key {0} is not valid now after allowed_signers")]
    NotValidNow(String),
    /// Not a signature of these bytes by this key.
    #[error("it does not fit the signed bytes: one of the two was altered")]
    Mismatch,
}

/// Verifies that `armored` is the signature of `message` in `namespace` by a key that `signers`
/// gives to `principal` now. Whether the key was taken back is the caller's to ask.
pub fn verify(
    signers: &AllowedSigners,
    principal: &str,
    namespace: &str,
    message: &[u8],
    armored: &[u8],
    now: OffsetDateTime,
) -> Result<Signer, SignatureError> {
    let signature = parse(armored)?;
    if signature.namespace() != namespace {
        return Err(SignatureError::Namespace {
            found: signature.namespace().escape_debug().to_string(),
            expected: namespace.into(),
        });
    }
    let key = signature.public_key();
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    check_allowed(signers, principal, namespace, key, &fingerprint, now)?;
    PublicKey::from(key.clone())
        .verify(namespace, message, &signature)
        .map_err(|_| SignatureError::Mismatch)?;
    Ok(Signer { principal: principal.into(), fingerprint })
}

fn parse(armored: &[u8]) -> Result<SshSig, SignatureError> {
    if armored.len() > MAX_BYTES {
        return Err(SignatureError::Malformed);
    }
    let signature = openssh::signature(armored).ok_or(SignatureError::Malformed)?;
    match is_attended(&signature) {
        true => Ok(signature),
        false => Err(SignatureError::NotTouched),
    }
}

/// A security key signs a byte of flags along; without a touch nobody meant to sign.
fn is_attended(signature: &SshSig) -> bool {
    match signature.algorithm() {
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => {
            let bytes = signature.signature_bytes();
            bytes.len().checked_sub(5).is_some_and(|flags| bytes[flags] & USER_PRESENT != 0)
        }
        _ => true,
    }
}

fn check_allowed(
    signers: &AllowedSigners,
    principal: &str,
    namespace: &str,
    key: &KeyData,
    fingerprint: &str,
    now: OffsetDateTime,
) -> Result<(), SignatureError> {
    let fingerprint = fingerprint.to_owned();
    let lines: Vec<_> =
        signers.lines().filter(|line| line.principal == principal && line.key == *key).collect();
    if lines.is_empty() {
        return Err(SignatureError::UnknownKey { principal: principal.into(), fingerprint });
    }
    let mut allowed = lines
        .iter()
        .filter(|line| {
            line.namespaces.as_ref().is_none_or(|names| names.iter().any(|name| name == namespace))
        })
        .peekable();
    if allowed.peek().is_none() {
        let namespace = namespace.into();
        return Err(SignatureError::NamespaceNotAllowed { fingerprint, namespace });
    }
    let valid = allowed.any(|line| line.is_valid(now));
    if valid { Ok(()) } else { Err(SignatureError::NotValidNow(fingerprint)) }
}

#[cfg(test)]
mod security_keys;
#[cfg(test)]
mod tests;
