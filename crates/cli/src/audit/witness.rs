//! Who else has seen a log's head: attestations carry it, and syslog was told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rustix::system::uname;
use sluice_policy::attestation::Predicate;
use sluice_policy::openssh;
use sluice_site::Site;
use sluice_site::audit::Head;
use sluice_site::paths::{AUDIT, CLUSTER_KEY, NODE_CERT};
use sluice_sys::trusted::read_trusted;

use crate::exit::Result;
use crate::read::{self, MAX_KEY, cluster_key};
use crate::{attest, spool};

/// What somebody saw of a log.
pub(super) struct Witness {
    /// The log's host, or Slurm's name of the node.
    pub(super) host: String,
    pub(super) head: Head,
    /// Where it stands.
    pub(super) place: String,
}

impl Witness {
    fn of(Predicate { run, audit_head, .. }: Predicate, place: String) -> Self {
        let head = Head { seq: audit_head.seq, hash: audit_head.hash };
        Self { host: run.node, head, place }
    }
}

/// The heads of the log `log` in the given files, and of a node's log in this site's spool.
pub(super) fn all(files: &[PathBuf], log: &Path) -> Result<Vec<Witness>> {
    let mut witnesses = Vec::new();
    for path in files {
        let bytes = read::file(path, attest::MAX_BYTES)?;
        let place = path.display().to_string();
        if bytes.trim_ascii_start().starts_with(b"{") {
            let key = cluster_key(Path::new(CLUSTER_KEY))?;
            let run = attest::open(&bytes, &key, &place)?.predicate;
            witnesses.push(Witness::of(run, place));
        } else {
            let text = String::from_utf8_lossy(&bytes);
            witnesses.extend(text.lines().filter_map(|line| syslog(line, log, &place)));
        }
    }
    // Others can't enter the spool, nor read the log.
    if log == Path::new(AUDIT)
        && rustix::process::geteuid().is_root()
        && let Ok(site) = Site::load()
    {
        witnesses.extend(spooled(&site)?);
    }
    Ok(witnesses)
}

/// What this host is called: by itself, and in its certificate.
pub(super) fn own_names() -> BTreeSet<String> {
    let certificate = read_trusted(Path::new(NODE_CERT), MAX_KEY).ok();
    let certificate = certificate.and_then(|bytes| String::from_utf8(bytes).ok());
    let certificate = certificate.and_then(|text| openssh::certificate(&text));
    let host = uname().nodename().to_string_lossy().into_owned();
    let names = certificate.iter().flat_map(|it| it.valid_principals());
    names.cloned().chain([host]).collect()
}

/// `… sluice: audit head HOST LOG SEQ HASH`.
fn syslog(line: &str, log: &Path, place: &str) -> Option<Witness> {
    let mut words = line.split_once("audit head ")?.1.split_whitespace();
    let (host, path, seq, hash) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let head = Head { seq: seq.parse().ok()?, hash: hash.into() };
    (Path::new(path) == log).then(|| Witness { host: host.into(), head, place: place.into() })
}

/// Those of the spool, if this site has one.
fn spooled(site: &Site) -> Result<Vec<Witness>> {
    let (Ok(_), Ok(key)) = (site.service(), cluster_key(Path::new(CLUSTER_KEY))) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    spool::runs(site, &key, |run, place| found.push(Witness::of(run, place)))?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_logs_lines_of_syslog_count() {
        let line = "Nov 25 n1 sluice[7]: audit head n1 /var/log/sluice/audit.jsonl 41 ab";
        let found = syslog(line, Path::new(AUDIT), "syslog").unwrap();
        assert_eq!((found.host.as_str(), found.head.seq), ("n1", 41));
        assert_eq!(found.head.hash, "ab");
        assert!(syslog(line, Path::new("/var/lib/sluice/crawler/audit.jsonl"), "").is_none());
        for other in ["", "audit head", "audit head n1 /var/log/sluice/audit.jsonl x ab"] {
            assert!(syslog(other, Path::new(AUDIT), "").is_none());
        }
    }
}
