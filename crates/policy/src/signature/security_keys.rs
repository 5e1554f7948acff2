//! Signatures as security keys make them, put together by hand for want of the hardware;
//! `ssh-keygen -Y verify` judges whether they are.

use base64ct::{Base64, Encoding};
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};
use ssh_key::{HashAlg, PrivateKey, SshSig};
use time::macros::datetime;

use super::{SignatureError, verify};
use crate::{entry::NAMESPACE, signers::AllowedSigners, testing::Keys};

const WHO: &str = "controller@lab";
const MESSAGE: &[u8] = b"format = 1\n";
const APPLICATION: &[u8] = b"ssh:";

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// An allowed_signers line for a security key of `kind`, and its signature with `flags`.
fn signed(keys: &Keys, kind: &str, flags: u8) -> (String, String) {
    let plain = keys.make(&format!("{kind}{flags}"), kind);
    let plain = Base64::decode_vec(plain.split(' ').nth(1).unwrap()).unwrap();
    let (plain_type, sk_type): (&[u8], &[u8]) = match kind {
        "ed25519" => (b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"),
        _ => (b"ecdsa-sha2-nistp256", b"sk-ecdsa-sha2-nistp256@openssh.com"),
    };
    let material = plain.strip_prefix(string(plain_type).as_slice()).unwrap();
    let public = [&string(sk_type), material, &string(APPLICATION)].concat();

    let trailer = [flags, 0, 0, 0, 9];
    let message = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    let (application, message) = (Sha256::digest(APPLICATION), Sha256::digest(message));
    let device_signs = [application.as_slice(), &trailer, &message].concat();
    let key = PrivateKey::from_openssh(keys.read(&format!("{kind}{flags}"))).unwrap();
    let raw = key.key_data().sign(&device_signs);
    let signature = [&string(sk_type), string(raw.as_bytes()).as_slice(), &trailer].concat();

    let blob = [
        b"SSHSIG\0\0\0\x01",
        string(&public).as_slice(),
        &string(NAMESPACE.as_bytes()),
        &string(b""),
        &string(b"sha512"),
        &string(&signature),
    ]
    .concat();
    let encoded = Base64::encode_string(&blob);
    let lines: Vec<_> = encoded.as_bytes().chunks(70).map(String::from_utf8_lossy).collect();
    let armored = format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
        lines.join("\n")
    );
    let line =
        format!("{WHO} {} {}\n", String::from_utf8_lossy(sk_type), Base64::encode_string(&public));
    (line, armored)
}

#[test]
fn count_when_touched() {
    let keys = Keys::new();
    let now = datetime!(2026-07-01 12:00 UTC);
    for kind in ["ed25519", "ecdsa"] {
        for (flags, touched) in [(1, true), (5, true), (0, false), (4, false)] {
            let (line, armored) = signed(&keys, kind, flags);
            let signers = AllowedSigners::parse(line.as_bytes()).unwrap();
            let check =
                |message: &[u8]| verify(&signers, WHO, NAMESPACE, message, armored.as_bytes(), now);
            let openssh = keys.openssh_verifies(
                &line,
                WHO,
                NAMESPACE,
                MESSAGE,
                armored.as_bytes(),
                "20260701120000Z",
            );
            assert!(openssh, "{kind} {flags}: put together wrongly");
            match touched {
                true => assert_eq!(check(MESSAGE).map(|signer| signer.principal), Ok(WHO.into())),
                false => assert_eq!(check(MESSAGE), Err(SignatureError::NotTouched), "{flags}"),
            }
            assert!(check(b"format = 2\n").is_err());
        }
    }
}
