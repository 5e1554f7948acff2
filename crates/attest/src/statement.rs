//! The attestation: an in-toto statement, signed with the node's key.

use anyhow::{Context, Result};
use sluice_policy::attestation::{AuditHead, Predicate, Statement, seal};
use sluice_site::{
    audit::{Audit, Event},
    record::Record,
};
use sluice_sys::{
    read_limited,
    trusted::{Trust, open_trusted_file, read_trusted},
};
use ssh_key::PrivateKey;
use time::OffsetDateTime;

use sluice_site::collect::Collected;

use crate::host::Host;

/// Upper bound of a key's file, in bytes.
const MAX_KEY: usize = 1 << 14;

/// How the job ended.
pub(crate) struct Ending {
    pub(crate) ended: OffsetDateTime,
    pub(crate) exit_code: i32,
    pub(crate) state: String,
    pub(crate) interfered: bool,
}

/// Notes the attestation in the audit log and returns the signed envelope.
pub(crate) fn sign(
    host: &Host,
    record: &Record,
    ending: &Ending,
    found: Collected,
) -> Result<Vec<u8>> {
    let detail = serde_json::json!({
        "run-id": record.run_id,
        "job": record.incarnation().to_string(),
        "state": ending.state,
        "exit-code": ending.exit_code,
        "interfered": ending.interfered,
        "files": found.files.len(),
        "irregular": found.irregular.len(),
    });
    let mut audit = Audit::open(&host.roots.log.join("audit.jsonl"))?.on(&record.node);
    let head = audit.append(Event::Attest, detail, true)?;

    let statement = Statement::new(Predicate {
        format: 1,
        cluster: record.cluster.clone(),
        job: record.job,
        restart: record.restart,
        run_id: record.run_id.clone(),
        node: record.node.clone(),
        nodes: record.nodes.clone(),
        user: record.user.clone(),
        uid: record.uid,
        held: record.held.clone(),
        entry: record.entry.clone(),
        entry_digest: record.entry_digest,
        serial: record.serial,
        digest: record.digest,
        runtime_digest: record.runtime_digest,
        bundle_hashed: record.bundle_hashed,
        runtime_hashed: record.runtime_hashed,
        signers: record.signers.clone(),
        submitted_run_dir: record.run_dir.to_string_lossy().into_owned(),
        sealed: record.sealed.to_string_lossy().into_owned(),
        started: record.started,
        ended: ending.ended,
        exit_code: ending.exit_code,
        state: ending.state.clone(),
        interfered: ending.interfered,
        status_token: record.status_token.clone(),
        files: found.files,
        irregular: found.irregular,
        audit_head: AuditHead { seq: head.seq, hash: head.hash },
    });
    let keys = host.roots.etc.join("keys");
    let key = open_trusted_file(&keys.join("node"), Trust::SECRET)?;
    let key = PrivateKey::from_openssh(read_limited(key, MAX_KEY).context("node key")?)
        .context("node key")?;
    let cert = read_trusted(&keys.join("node-cert.pub"), MAX_KEY)?;
    let cert = std::str::from_utf8(&cert).context("node certificate")?;
    Ok(seal(&statement.to_bytes()?, &key, cert.trim())?.to_bytes()?)
}
