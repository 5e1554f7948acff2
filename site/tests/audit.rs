//! The audit log through crashes and tampering.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;
use sluice_site::audit::{Audit, AuditError, Head, Verified, verify};

struct Log {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Log {
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        let path = dir.path().join("log/audit.jsonl");
        Some(Self { _dir: dir, path })
    }

    fn append(&self, event: &str) -> Result<Head, AuditError> {
        Audit::open(&self.path)?.on("n1").append(event, json!({"hash": ",\"hash\":\""}), true)
    }

    fn verify(&self) -> Result<Verified, AuditError> {
        verify(fs::read(&self.path).unwrap().as_slice())
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }
}

#[test]
fn lines_are_chained() {
    let Some(log) = Log::new() else { return };
    let first = log.append("admit").unwrap();
    let second = log.append("refuse").unwrap();
    assert_eq!((first.seq, second.seq), (0, 1));
    assert_eq!(log.verify().unwrap(), Verified { head: Some(second), torn: vec![] });
    assert!(log.text().lines().nth(1).unwrap().contains(&format!("\"prev\":\"{}\"", first.hash)));
}

#[test]
fn every_torn_end_is_closed() {
    let Some(log) = Log::new() else { return };
    log.append("admit").unwrap();
    let good = log.text();
    log.append("admit").unwrap();
    let second = log.text()[good.len()..].to_owned();
    for cut in [1, 2, second.len() / 2, second.len() - 2] {
        fs::write(&log.path, format!("{good}{}", &second[..cut])).unwrap();
        let head = log.append("admit").unwrap();
        assert_eq!(head.seq, 2, "recovered is line 1");
        assert_eq!(log.verify().unwrap(), Verified { head: Some(head), torn: vec![2] }, "{cut}");
        // A crash while closing.
        let text = log.text();
        let twice = &text[..text.len() - 80];
        fs::write(&log.path, twice).unwrap();
        let head = log.append("admit").unwrap();
        assert_eq!(log.verify().unwrap().head, Some(head), "{cut}");
    }
}

#[test]
fn a_whole_line_without_its_line_feed_counts() {
    let Some(log) = Log::new() else { return };
    log.append("admit").unwrap();
    fs::write(&log.path, log.text().trim_end()).unwrap();
    assert_eq!(log.verify().unwrap().head.unwrap().seq, 0);
    let head = log.append("admit").unwrap();
    assert_eq!(head.seq, 1);
    assert_eq!(log.verify().unwrap(), Verified { head: Some(head), torn: vec![] });
}

#[test]
fn changes_are_found() {
    let Some(log) = Log::new() else { return };
    for _ in 0..3 {
        log.append("admit").unwrap();
    }
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    for (bad, line) in [
        (text.replacen("admit", "adnit", 1), 1),
        (format!("{}\n{}\n", lines[0], lines[2]), 2),
        (format!("{}\n", lines[1]), 1),
        (format!("{}\n{{}}\n{}\n", lines[0], lines[1]), 3),
    ] {
        fs::write(&log.path, bad).unwrap();
        let found = log.verify();
        assert!(
            matches!(found, Err(AuditError::Altered { line: at, .. }) if at == line),
            "{found:?}"
        );
    }
    fs::write(&log.path, text.replacen("n1", "n2", 3)).unwrap();
    assert!(matches!(log.append("admit"), Err(AuditError::Altered { .. })));
}

#[test]
fn long_details_and_open_files_are_refused() {
    let Some(log) = Log::new() else { return };
    log.append("admit").unwrap();
    let mut audit = Audit::open(&log.path).unwrap();
    let long = audit.append("admit", json!("x".repeat(70_000)), true);
    assert!(matches!(long, Err(AuditError::TooLong(_))));
    std::os::unix::fs::chown(&log.path, Some(4242), None).unwrap();
    assert!(Audit::open(&log.path).is_err());
}

#[test]
fn writers_take_turns() {
    let Some(log) = Log::new() else { return };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| drop(log.append("admit").unwrap())));
        }
    });
    assert_eq!(log.verify().unwrap().head.unwrap().seq, 99);
}

#[test]
fn a_fragment_longer_than_the_window_is_skipped() {
    let Some(log) = Log::new() else { return };
    log.append("admit").unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&log.path).unwrap();
    file.write_all(&vec![b'x'; 300_000]).unwrap();
    assert_eq!(log.append("admit").unwrap().seq, 2);
}
