//! The audit log through crashes and tampering.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;
use sluice_site::audit::{Audit, AuditError, Event, Head, Verified, read, verify};
use sluice_sys::trusted::Trust;
use sluice_testing::is_root;

struct Log {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Log {
    fn new() -> Option<Self> {
        if !is_root() {
            return None;
        }
        let dir = tempfile::tempdir_in("/run").unwrap();
        let path = dir.path().join("log/audit.jsonl");
        Some(Self { _dir: dir, path })
    }

    fn append(&self, event: Event) -> Result<Head, AuditError> {
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
    let first = log.append(Event::Admit).unwrap();
    let second = log.append(Event::Refuse).unwrap();
    assert_eq!((first.seq, second.seq), (0, 1));
    assert_eq!(log.verify().unwrap(), Verified { first: 0, head: Some(second), torn: 0 });
    assert!(log.text().lines().nth(1).unwrap().contains(&format!("\"prev\":\"{}\"", first.hash)));
}

#[test]
fn every_torn_end_is_closed() {
    let Some(log) = Log::new() else { return };
    log.append(Event::Admit).unwrap();
    let good = log.text();
    log.append(Event::Admit).unwrap();
    let second = log.text()[good.len()..].to_owned();
    for cut in [1, 2, second.len() / 2, second.len() - 2] {
        fs::write(&log.path, format!("{good}{}", &second[..cut])).unwrap();
        let head = log.append(Event::Admit).unwrap();
        assert_eq!(head.seq, 2, "recovered is line 1");
        assert_eq!(
            log.verify().unwrap(),
            Verified { first: 0, head: Some(head), torn: 1 },
            "{cut}"
        );
        // A crash while closing.
        let text = log.text();
        let twice = &text[..text.len() - 80];
        fs::write(&log.path, twice).unwrap();
        let head = log.append(Event::Admit).unwrap();
        assert_eq!(log.verify().unwrap().head, Some(head), "{cut}");
    }
}

#[test]
fn a_whole_line_without_its_line_feed_counts() {
    let Some(log) = Log::new() else { return };
    log.append(Event::Admit).unwrap();
    fs::write(&log.path, log.text().trim_end()).unwrap();
    assert_eq!(log.verify().unwrap().head.unwrap().seq, 0);
    let head = log.append(Event::Admit).unwrap();
    assert_eq!(head.seq, 1);
    assert_eq!(log.verify().unwrap(), Verified { first: 0, head: Some(head), torn: 0 });
}

#[test]
fn changes_are_found() {
    let Some(log) = Log::new() else { return };
    for _ in 0..3 {
        log.append(Event::Admit).unwrap();
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
    assert!(matches!(log.append(Event::Admit), Err(AuditError::Altered { .. })));
}

#[test]
fn long_details_and_open_files_are_refused() {
    let Some(log) = Log::new() else { return };
    log.append(Event::Admit).unwrap();
    let mut audit = Audit::open(&log.path).unwrap();
    let long = audit.append(Event::Admit, json!("x".repeat(70_000)), true);
    assert!(matches!(long, Err(AuditError::TooLong(_))));
    std::os::unix::fs::chown(&log.path, Some(4242), None).unwrap();
    assert!(Audit::open(&log.path).is_err());
}

#[test]
fn writers_take_turns() {
    let Some(log) = Log::new() else { return };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| drop(log.append(Event::Admit).unwrap())));
        }
    });
    assert_eq!(log.verify().unwrap().head.unwrap().seq, 99);
}

#[test]
fn a_fragment_longer_than_the_window_is_skipped() {
    let Some(log) = Log::new() else { return };
    log.append(Event::Admit).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&log.path).unwrap();
    file.write_all(&vec![b'x'; 300_000]).unwrap();
    assert_eq!(log.append(Event::Admit).unwrap().seq, 2);
}

/// Lines of all files together.
fn all(log: &Log) -> Result<(Verified, usize), AuditError> {
    let mut count = 0;
    let verified = read(&log.path, Trust::SECRET, |_| count += 1)?;
    Ok((verified, count))
}

#[test]
fn the_chain_goes_on_through_files_put_aside() {
    let Some(log) = Log::new() else { return };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut audit = Audit::open(&log.path).unwrap().rotated_at(2000);
                (0..50).for_each(|_| drop(audit.append(Event::Admit, json!({}), false).unwrap()));
            });
        }
    });
    let files = || fs::read_dir(log.path.parent().unwrap()).unwrap().count();
    assert!(files() > 10);
    let (verified, count) = all(&log).unwrap();
    assert_eq!((verified.head.unwrap().seq, count), (199, 200));
    // The oldest file may be archived; another one's absence is found.
    let mut names: Vec<_> =
        fs::read_dir(log.path.parent().unwrap()).unwrap().map(|it| it.unwrap().path()).collect();
    names.sort();
    fs::remove_file(&names[0]).unwrap();
    assert!(all(&log).unwrap().0.first > 0);
    fs::remove_file(&names[2]).unwrap();
    assert!(matches!(all(&log), Err(AuditError::In { .. })));
}

#[test]
fn a_crash_while_a_file_is_put_aside_loses_nothing() {
    let Some(log) = Log::new() else { return };
    log.append(Event::Admit).unwrap();
    let mut audit = Audit::open(&log.path).unwrap();
    audit.rotate().unwrap();
    assert_eq!(all(&log).unwrap().1, 1, "before the next file is there");
    audit.rotate().unwrap();
    // Torn, then put aside.
    let aside = log.path.with_file_name("audit-000000000000.jsonl");
    let mut file = fs::OpenOptions::new().append(true).open(aside).unwrap();
    file.write_all(b"{\"seq\":1,").unwrap();
    let head = log.append(Event::Admit).unwrap();
    assert_eq!(head.seq, 2, "recovered is line 1");
    assert_eq!(all(&log).unwrap(), (Verified { first: 0, head: Some(head), torn: 1 }, 3));
}
