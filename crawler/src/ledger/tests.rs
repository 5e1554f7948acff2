use sluice_release::HoldCode;

use super::*;
use crate::outcome::{Cause, Code};

fn identity() -> Identity {
    Identity {
        run_id: "r-lab-7.0".into(),
        owner: "alice".into(),
        token: "0".repeat(32),
        digest: "sha256:0".into(),
    }
}

fn wait<T>(work: impl Future<Output = Result<T, LedgerError>>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work).unwrap()
}

#[test]
fn second_writer_is_turned_away() {
    let dir = tempfile::tempdir().unwrap();
    let first = Ledger::open(dir.path()).unwrap();
    assert!(matches!(Ledger::open(dir.path()), Err(LedgerError::Locked(_))));
    drop(first);
    Ledger::open(dir.path()).unwrap();
}

#[test]
fn time_of_the_first_attempt_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let name = "lab-7.0.json";
    let begun = |ledger: &Ledger| wait(ledger.entry(name)).unwrap().begun;
    let ledger = Ledger::open(dir.path()).unwrap();
    wait(ledger.note(vec![name.into()], "t0"));
    assert!(!begun(&ledger));
    assert_eq!(wait(ledger.begin(name, identity(), "t1")), "t1");
    drop(ledger);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert!(begun(&ledger));
    assert_eq!(wait(ledger.begin(name, identity(), "t2")), "t1");
    wait(ledger.forget(name));
    assert_eq!(wait(ledger.begin(name, identity(), "t3")), "t3");
}

#[test]
fn settled_runs_stay_settled() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let names = || vec!["a".to_owned(), "b".to_owned()];
    wait(ledger.note(names(), "t0"));
    let reason = Reason::none();
    wait(ledger.set_state("a", State::Published, reason, Some(identity()), "t1"));
    wait(ledger.note(names(), "t2"));
    let unsettled = wait(ledger.unsettled());
    assert_eq!(unsettled.len(), 1);
    assert_eq!(unsettled[0].name, "b");
    assert_eq!(wait(ledger.untold(9)).len(), 1);
    wait(ledger.told(vec!["a".to_owned()]));
    assert!(wait(ledger.untold(9)).is_empty());
    wait(ledger.tell_again("t1"));
    assert_eq!((wait(ledger.untold(9)).len(), wait(ledger.doubted()).len()), (0, 1));
    wait(ledger.untell("a"));
    assert_eq!(wait(ledger.untold(9)).len(), 1);
    let counts = Reader::open(dir.path()).unwrap().counts().unwrap();
    assert_eq!(counts, [(State::Published, 1), (State::Seen, 1)]);
    assert_eq!(wait(ledger.known(|name| Some(name.to_owned()))).len(), 2);
}

#[test]
fn writes_of_many_share_transactions() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    wait(async {
        let notes = (0..2000).map(|n| ledger.note(vec![n.to_string()], "t0"));
        futures_util::future::try_join_all(notes).await
    });
    assert_eq!(wait(ledger.counts()), [(State::Seen, 2000)]);
}

#[test]
fn later_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(Ledger::open(dir.path()), Err(LedgerError::TooNew(99))));
}

#[test]
fn uploads_are_remembered_until_they_are_over() {
    let dir = tempfile::tempdir().unwrap();
    // As the release before uploads stood in the ledger left it.
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    schema::MIGRATIONS[..2].iter().for_each(|step| db.execute_batch(step).unwrap());
    db.pragma_update(None, "user_version", 2).unwrap();
    let insert = "INSERT INTO run (name, state, told, changed) VALUES ('a', 'publishing', 1, 't0')";
    db.execute_batch(insert).unwrap();
    drop(db);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(wait(ledger.counts()), [(State::Publishing, 1)]);
    wait(ledger.upload_begun("a", "k", "1"));
    wait(ledger.upload_begun("a", "k", "2"));
    wait(ledger.upload_begun("b", "k", "1"));
    wait(ledger.upload_over("a", "1"));
    drop(ledger);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(wait(ledger.uploads("a")), [("k".to_owned(), "2".to_owned())]);
    assert_eq!(wait(ledger.uploads("b")).len(), 1);
}

#[test]
fn first_schema_is_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    db.execute_batch(schema::MIGRATIONS[0]).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    let insert = "INSERT INTO run (name, state, told, changed) VALUES ('a', 'held', 1, 't0')";
    db.execute_batch(insert).unwrap();
    drop(db);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(wait(ledger.counts()), [(State::Held, 1)]);
}

#[test]
fn held_runs_are_counted_by_what_their_owners_read() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let names = ["a", "b", "c"].map(str::to_owned);
    wait(ledger.note(names.to_vec(), "t0"));
    let causes = [
        Cause::from(HoldCode::NotCsv),
        Cause::from(HoldCode::TooManyRows),
        Cause::from(Code::Revoked),
    ];
    for (name, cause) in names.iter().zip(causes) {
        wait(ledger.set_state(name, State::Held, Reason::new(cause, "row 7"), None, "t1"));
    }
    let held = wait(ledger.standing()).held;
    assert_eq!(held, [("output-refused", 2), ("revoked", 1)].into());
}

/// A csv's counts.
pub(super) fn counted(table: &str) -> Vec<Counted> {
    let rule = "format = 2\n[[output]]\nglob = \"*.csv\"\nkind = \"csv\"\nmax-bytes = 1000
        columns = [\"site\", \"n\"]\ncounts = { columns = [\"n\"], minimum = 10, labels = [\"site\"] }";
    let rules = sluice_policy::entry::Entry::parse_outputs(rule.as_bytes()).unwrap();
    let passed = sluice_release::check(&rules[0], &mut table.as_bytes(), table.len() as u64);
    let (entry, glob, path) = ("count".into(), rules[0].glob.clone(), "a.csv".into());
    vec![Counted { entry, glob, path, rule: 0, cells: passed.unwrap().cells }]
}

#[test]
fn a_ledger_from_before_remembers_counts_from_now_on() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    // As the release before counts stood in the ledger left it.
    schema::MIGRATIONS[..7].iter().for_each(|step| db.execute_batch(step).unwrap());
    db.pragma_update(None, "user_version", 7).unwrap();
    let insert = "INSERT INTO run (name, state, told, changed) VALUES ('a', 'published', 1, 't0')";
    db.execute_batch(insert).unwrap();
    drop(db);
    let ledger = Ledger::open(dir.path()).unwrap();
    wait(ledger.note(vec!["b".into(), "c".into()], "t1"));
    let release =
        |name, table| wait(ledger.release(name, identity(), "t1", counted(table), Pictures::new()));
    assert!(release("b", "site,n\nNorth,120\nSouth,\n").is_ok());
    // The same run again, as after a kill.
    assert!(release("b", "site,n\nNorth,120\nSouth,\n").is_ok());
    let differing = release("c", "site,n\nNorth,130\nSouth,40\n").err().unwrap();
    assert_eq!((&*differing.path, differing.hold.code), ("a.csv", HoldCode::Differencing));
    // What is held isn't entered, not even in part, and neither is what fails in the middle.
    assert!(!wait(ledger.entry("c")).unwrap().begun);
    let other = Connection::open(dir.path().join(FILE)).unwrap();
    let fail = "CREATE TRIGGER fail BEFORE INSERT ON released WHEN new.count = 666
        BEGIN SELECT RAISE(ABORT, 'full'); END";
    other.execute_batch(fail).unwrap();
    let tables = counted("site,n\nEast,50\nWest,666\n");
    let work = ledger.release("c", identity(), "t1", tables, Pictures::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(work).is_err());
    assert!(!wait(ledger.entry("c")).unwrap().begun);
    drop(ledger);
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    let mut rows = db.prepare("SELECT count, length(cell), run FROM released ORDER BY 1").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let rows: Vec<(i64, i64, String)> = rows.collect::<Result<_, _>>().unwrap();
    assert_eq!(rows, [(-1, 16, "r-lab-7.0".into()), (120, 16, "r-lab-7.0".into())]);
}

#[test]
fn of_runs_that_are_decided_at_once_one_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let names: Vec<_> = (0..9).map(|run| run.to_string()).collect();
    wait(ledger.note(names.clone(), "t0"));
    let decided = wait(async {
        let all = names.iter().enumerate().map(|(at, name)| {
            let table = format!("site,n\nNorth,{}\n", 120 + at);
            ledger.release(name, identity(), "t1", counted(&table), Pictures::new())
        });
        futures_util::future::try_join_all(all).await
    });
    assert_eq!(decided.iter().filter(|it| it.is_ok()).count(), 1);
}
