//! The attestation: an in-toto statement, signed with the node's key.

use anyhow::{Context, Result};
use sluice_policy::attestation::{self, AuditHead, End, Predicate, Statement};
use sluice_site::{
    audit::{Audit, Event},
    record::Record,
};
use sluice_sys::{
    read_limited,
    trusted::{Trust, open_trusted_file, read_trusted},
};
use ssh_key::PrivateKey;

use sluice_site::collect::Collected;

use crate::host::Host;

/// Upper bound of a key's file, in bytes.
const MAX_KEY: usize = 1 << 14;

/// Notes the attestation in the audit log and returns the signed envelope.
pub(crate) fn sign(host: &Host, record: &Record, end: &End, found: Collected) -> Result<Vec<u8>> {
    let detail = serde_json::json!({
        "run-id": record.run.run_id,
        "job": record.incarnation().to_string(),
        "state": end.state,
        "exit-code": end.exit_code,
        "interfered": end.interfered,
        "files": found.files.len(),
        "irregular": found.irregular.len(),
    });
    let mut audit = Audit::open(&host.roots.log.join("audit.jsonl"))?.on(&record.run.node);
    let head = audit.append(Event::Attest, detail, true)?;

    let statement = Statement::new(Predicate {
        format: 1,
        run: record.run.clone(),
        basis: record.basis.clone(),
        end: end.clone(),
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
    Ok(attestation::sign(&statement.to_bytes()?, &key, cert.trim())?.to_bytes()?)
}
