//! What the audit log is told.

use std::fmt::Display;

use serde_json::{Value, json};
use sluice_protocol::{Code, Facts, Mode};
use sluice_site::audit::{Audit, AuditError, Event};
use sluice_site::node::Finding;
use sluice_site::paths::Roots;
use sluice_site::record::Record;
use sluice_sys::atomic;
use sluice_sys::trusted::{Trust, ensure_dir};

use crate::batch::Batch;
use crate::decide::Approved;
use crate::job::Job;
use crate::refused::Refused;

/// Names of other files in the drop box that are written down.
const MAX_OTHERS: usize = 20;
/// Characters of the run directory's path that are written down: whoever is refused may have made
/// it as long as a path can be, and may be refused many times a second.
const MAX_RUN_DIR: usize = 256;

pub(crate) fn admitted(job: &Batch<'_>, approved: &Approved) -> Result<(), Refused> {
    append(job.roots, &job.facts.node, Event::Admit, approval(job, approved), true)
        .map_err(unwritable)
}

/// A step of an admitted job; not synced, as its job was.
pub(crate) fn stepped(job: &Job<'_>, record: &Record) -> Result<(), Refused> {
    let mut detail = about(job.facts);
    detail["entry"] = json!(record.basis.entry);
    append(job.roots, &job.facts.node, Event::Step, detail, false).map_err(unwritable)
}

/// Not synced: nothing depends on it, and the job waits.
pub(crate) fn observed(job: &Batch<'_>, approved: &Approved) -> Result<(), Refused> {
    let mut detail = approval(job, approved);
    detail["verdict"] = json!("admit");
    append(job.roots, &job.facts.node, Event::Observe, detail, false).map_err(unwritable)
}

/// A job that runs although it would be refused.
pub(crate) fn confined(job: &Job<'_>, refused: &Refused) -> Result<(), Refused> {
    let detail = why(about(job.facts), refused);
    append(job.roots, &job.facts.node, Event::Confine, detail, true).map_err(unwritable)
}

pub(crate) fn refused(
    roots: &Roots,
    facts: Option<&Facts>,
    refused: &Refused,
) -> Result<(), AuditError> {
    let mut detail = why(facts.map(about).unwrap_or_else(|| json!({})), refused);
    let node = facts.map(|facts| facts.node.as_str()).unwrap_or_default();
    let observed = facts.is_some_and(|facts| facts.mode == Mode::Observe);
    if observed {
        detail["verdict"] = json!("refuse");
    }
    append(roots, node, if observed { Event::Observe } else { Event::Refuse }, detail, !observed)
}

/// Writes down that a node's plugin runs in another mode now.
pub fn record_mode(roots: &Roots, mode: &str, node: &str) -> Result<(), String> {
    if Mode::from_word(mode).is_none() {
        return Err(format!("{mode:?} is no mode: {}", Mode::ALL.map(Mode::word).join(", ")));
    }
    let text = |error: &dyn Display| error.to_string();
    append(roots, node, Event::Mode, json!({"mode": mode}), true).map_err(|error| text(&error))?;
    let run = ensure_dir(&roots.run, 0o755, Trust::ROOT).map_err(|error| text(&error))?;
    atomic::write(&run, "mode", format!("{mode}\n").as_bytes(), 0o644).map_err(|error| text(&error))
}

/// A copy in the store that isn't what was approved any more.
pub(crate) fn altered(roots: &Roots, hex: &str) -> Result<(), Refused> {
    let detail = json!({"digest": format!("sha256:{hex}")});
    append(roots, "", Event::Altered, detail, true).map_err(unwritable)
}

/// Settings of the node that weaken the sandbox; nothing is written where there are none.
pub(crate) fn unsafe_node(roots: &Roots, found: &[Finding]) -> Result<(), AuditError> {
    let names: Vec<&str> = found.iter().map(|finding| finding.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    append(roots, "", Event::NodeUnsafe, json!({"found": names}), true)
}

fn why(mut detail: Value, refused: &Refused) -> Value {
    detail["code"] = json!(refused.code.word());
    detail["message"] = json!(refused.message);
    detail
}

fn about(facts: &Facts) -> Value {
    json!({
        "job": facts.job.id,
        "restart": facts.job.restart,
        "uid": facts.job.uid,
        "step": facts.step,
        "partition": facts.job.partition,
        "account": facts.job.account,
        "run-dir": facts.job.work_dir.to_string_lossy().chars().take(MAX_RUN_DIR).collect::<String>(),
    })
}

fn approval(job: &Batch<'_>, approved: &Approved) -> Value {
    let mut detail = about(job.facts);
    let files: Vec<&str> = approved.files.iter().map(|(name, _)| name.as_str()).collect();
    let fields = json!({
        "user": job.user.name,
        "entry": approved.id,
        "entry-digest": approved.verified.digest,
        "digest": approved.verified.entry.digest,
        "runtime-digest": approved.runtime.as_ref().map(|(_, digest)| digest),
        "serial": approved.set.serial(),
        "newer-set": approved.set.passed_over().map(|why| Refused::new(why.code(), why).message),
        "signers": approved.verified.signers,
        "run-id": job.run_id(),
        "files": files,
        "not-taken": job.drop_box.others(&approved.files, MAX_OTHERS, &job.user),
    });
    if let (Value::Object(detail), Value::Object(fields)) = (&mut detail, fields) {
        detail.extend(fields);
    }
    detail
}

fn append(
    roots: &Roots,
    node: &str,
    event: Event,
    detail: Value,
    sync: bool,
) -> Result<(), AuditError> {
    let log = Audit::open(&roots.log.join("audit.jsonl"))?;
    // Without a node's name the host's stays.
    let mut log = if node.is_empty() { log } else { log.on(node) };
    log.append(event, detail, sync).map(drop)
}

fn unwritable(error: AuditError) -> Refused {
    Refused::new(Code::AuditUnwritable, error)
}
