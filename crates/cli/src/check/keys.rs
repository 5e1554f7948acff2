//! The node's key, and the cluster's word for it.

use std::os::fd::OwnedFd;
use std::path::Path;

use sluice_policy::openssh;
use sluice_policy::ticket::KEY_BYTES;
use sluice_site::paths::{CLUSTER_KEY, NODE_CERT, NODE_KEY, STEP_KEY};
use sluice_sys::read_limited;
use sluice_sys::trusted::Trust;
use ssh_key::certificate::CertType;
use ssh_key::{Certificate, HashAlg, PrivateKey, PublicKey};
use time::{Duration, OffsetDateTime};

use super::files::trusted;
use super::{Findings, loaded};

/// Upper bound of a key file, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// What is left when a warning starts.
const SOON: Duration = Duration::days(30);

pub(super) fn check(root: bool, findings: &mut Findings) {
    // Only nodes sign; the crawler's host has the cluster's public key alone.
    if !loaded::is_node() && [NODE_KEY, NODE_CERT].iter().all(|path| !Path::new(path).exists()) {
        findings
            .ok("no node's key, and slurmd has loaded nothing: this host is no node; what a node \
             enforces, sluice check says there");
        return;
    }
    if root && Path::new(STEP_KEY).exists() {
        step_key(findings);
    }
    let public = trusted(CLUSTER_KEY, Trust::ROOT, findings);
    let cert = trusted(NODE_CERT, Trust::ROOT, findings);
    let private = if root { trusted(NODE_KEY, Trust::SECRET, findings) } else { None };
    // What is missing has been said.
    let (Some(public), Some(cert)) = (public, cert) else { return };
    let public = text(public).and_then(|text| openssh::public_key(&text));
    let cert = text(cert).and_then(|text| openssh::certificate(&text));
    let (Some(public), Some(cert)) = (public, cert) else {
        findings.fail(
            format_args!("{CLUSTER_KEY} is no OpenSSH key, or {NODE_CERT} no certificate"),
            "certify the node's key: ssh-keygen -s CLUSTER_KEY -h -I NODE -n NODE",
        );
        return;
    };
    if let Some(private) = private {
        match text(private).and_then(|text| PrivateKey::from_openssh(text).ok()) {
            Some(key) if key.public_key().key_data() == cert.public_key() => {}
            Some(_) => findings.fail(
                format_args!("{NODE_CERT} is for another key than {NODE_KEY}"),
                "certify this node's own key",
            ),
            None => findings.fail(
                format_args!("{NODE_KEY} is no OpenSSH private key"),
                "make one: ssh-keygen -t ed25519 -N ''",
            ),
        }
    }
    certificate(&public, &cert, findings);
}

/// Only entries with `steps = "inside"` need it.
fn step_key(findings: &mut Findings) {
    let Some(file) = trusted(STEP_KEY, Trust::SECRET, findings) else { return };
    match read_limited(file, *KEY_BYTES.end()) {
        Ok(key) if KEY_BYTES.contains(&key.len()) => findings.ok("the cluster's step key"),
        _ => findings.fail(
            format_args!("{STEP_KEY} is no key"),
            "write 32 random bytes into it, the same on all nodes",
        ),
    }
}

fn certificate(public: &PublicKey, cert: &Certificate, findings: &mut Findings) {
    let now = OffsetDateTime::now_utc();
    let at = |time: OffsetDateTime| u64::try_from(time.unix_timestamp()).unwrap_or_default();
    let ca = public.fingerprint(HashAlg::Sha256);
    let names = cert.valid_principals().join(", ");
    let remedy =
        "certify the node's key anew: ssh-keygen -s CLUSTER_KEY -h -I NODE -n NODE -V +52w";
    if cert.cert_type() != CertType::Host || names.is_empty() {
        findings.fail(format_args!("{NODE_CERT} is no host certificate with a name"), remedy);
    } else if cert.validate_at(at(now), [&ca]).is_err() {
        findings
            .fail(format_args!("{NODE_CERT} is not valid now, or not by {CLUSTER_KEY}"), remedy);
    } else if cert.validate_at(at(now + SOON), [&ca]).is_err() {
        findings.warn(format_args!("{NODE_CERT} ends within 30 days"), remedy);
    } else {
        findings.ok(format_args!("the certificate of node {names}"));
    }
}

fn text(file: OwnedFd) -> Option<String> {
    String::from_utf8(read_limited(file, MAX_BYTES).ok()?).ok()
}
