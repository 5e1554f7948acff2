use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use ssh_key::{
    Certificate, HashAlg, PrivateKey, PublicKey, certificate::CertType, public::KeyData,
};
use time::{Duration, OffsetDateTime};

use super::{AttestationError, Predicate, Statement};
use crate::openssh;

/// DSSE `payloadType` of an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

const MAX_BYTES: usize = 64 << 20;
/// How far clocks of node and reader may differ.
const CLOCK_SKEW: Duration = Duration::minutes(5);

/// A DSSE envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// [`PAYLOAD_TYPE`].
    pub payload_type: String,
    /// The statement's bytes in Base64.
    pub payload: String,
    /// Exactly one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// The node's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// OpenSSH's `SHA256:…` fingerprint of the node's key.
    pub keyid: String,
    /// Ed25519 signature of DSSE's pre-authentication encoding, in Base64.
    pub sig: String,
    /// The node's OpenSSH host certificate. Sealed without its comment, which nobody signs; older
    /// attestations have one.
    pub cert: String,
}

/// Signs `payload` with the node's Ed25519 `key`, whose host certificate is `cert`.
pub fn sign(payload: &[u8], key: &PrivateKey, cert: &str) -> Result<Envelope, AttestationError> {
    let pair = key.key_data().ed25519().ok_or(AttestationError::KeyType("the node's key"))?;
    let key =
        SigningKey::try_from(pair).map_err(|_| AttestationError::KeyType("the node's key"))?;
    let certificate = parse_certificate(cert)?;
    if certificate.public_key().ed25519().map(|public| public.0)
        != Some(*key.verifying_key().as_bytes())
    {
        return Err(AttestationError::Certificate("it is not for the node's key"));
    }
    let signature = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, payload));
    Ok(Envelope {
        payload_type: PAYLOAD_TYPE.into(),
        payload: Base64::encode_string(payload),
        signatures: vec![EnvelopeSignature {
            keyid: fingerprint(certificate.public_key()),
            sig: Base64::encode_string(&signature.to_bytes()),
            cert: without_comment(cert),
        }],
    })
}

impl Envelope {
    /// Reads an envelope as [`Self::to_bytes`] writes it; [`Self::open`] verifies it.
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestationError> {
        if bytes.len() > MAX_BYTES {
            return Err(AttestationError::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        match envelope.to_bytes()? == bytes {
            true => Ok(envelope),
            false => Err(malformed("its JSON is not written as Sluice writes it")),
        }
    }

    /// The envelope as a file.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AttestationError> {
        serde_json::to_vec(self).map_err(malformed)
    }

    /// Returns the statement if the node that it names signed it with a key that `ca` had
    /// certified for that node when the job ended, and that was not after `now`.
    pub fn open(&self, ca: &PublicKey, now: OffsetDateTime) -> Result<Statement, AttestationError> {
        let [signature] = self.signatures.as_slice() else {
            return Err(AttestationError::Malformed("it needs exactly one signature".into()));
        };
        if self.payload_type != PAYLOAD_TYPE {
            return Err(AttestationError::Malformed("its payload has another type".into()));
        }
        let payload = Base64::decode_vec(&self.payload).map_err(malformed)?;
        let certificate = parse_certificate(&signature.cert)?;
        verify_signature(&payload, signature, certificate.public_key())?;
        let statement = Statement::parse(&payload)?;
        check_certificate(&certificate, ca, &statement.predicate)?;
        if statement.predicate.end.ended > now + CLOCK_SKEW {
            return Err(AttestationError::Contradiction("its job ends in the future"));
        }
        Ok(statement)
    }
}

fn malformed(error: impl ToString) -> AttestationError {
    AttestationError::Malformed(error.to_string())
}

fn parse_certificate(text: &str) -> Result<Certificate, AttestationError> {
    openssh::certificate(text).ok_or(AttestationError::Certificate(
        "it is no OpenSSH certificate with an end of validity",
    ))
}

/// Its type and Base64.
fn without_comment(certificate: &str) -> String {
    certificate.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// DSSE's PAE: what is signed says how long its parts are.
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

fn verify_signature(
    payload: &[u8],
    signature: &EnvelopeSignature,
    key: &KeyData,
) -> Result<(), AttestationError> {
    let public = key.ed25519().ok_or(AttestationError::KeyType("the node's key"))?;
    if signature.keyid != fingerprint(key) {
        return Err(AttestationError::Contradiction("keyid is not the certified key"));
    }
    let bytes = Base64::decode_vec(&signature.sig).map_err(malformed)?;
    let detached = Signature::from_slice(&bytes).map_err(|_| AttestationError::Signature)?;
    VerifyingKey::from_bytes(&public.0)
        .and_then(|key| {
            key.verify_strict(&pre_authentication_encoding(PAYLOAD_TYPE, payload), &detached)
        })
        .map_err(|_| AttestationError::Signature)
}

fn check_certificate(
    certificate: &Certificate,
    ca: &PublicKey,
    predicate: &Predicate,
) -> Result<(), AttestationError> {
    let refuse = |why| Err(AttestationError::Certificate(why));
    if ca.key_data().ed25519().is_none() {
        return Err(AttestationError::KeyType("the cluster's key"));
    }
    if certificate.signature_key() != ca.key_data() || certificate.verify_signature().is_err() {
        return refuse("the cluster's key did not sign it");
    }
    if certificate.cert_type() != CertType::Host || !certificate.critical_options().is_empty() {
        return refuse("it is no plain host certificate");
    }
    if !certificate.valid_principals().contains(&predicate.run.node) {
        return refuse("it is not for the node that the statement names");
    }
    let ended = u64::try_from(predicate.end.ended.unix_timestamp()).unwrap_or(0);
    if !(certificate.valid_after()..certificate.valid_before()).contains(&ended) {
        return refuse("it was not valid when the job ended");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
