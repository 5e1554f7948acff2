//! Counts that runs have released, for later ones to be compared with. What was decided on once stays,
//! whatever became of the run: its files may have been read.

use rusqlite::{Connection, params};
use sluice_release::{Cells, Hold};

use super::{Identity, Ledger, LedgerError, Pictures, begin, pictures};

/// A count that is near one, of the same key; the index finds it, however many there are. Two, as one
/// of them may be equal.
const NEAR: &str = "SELECT count, run FROM released
    WHERE output = ? AND cell = ? AND count BETWEEN ? AND ? LIMIT 2";

/// A table that is about to be released.
pub struct Counted {
    /// The entry's name, without its version.
    pub entry: String,
    /// The rule's.
    pub glob: String,
    /// The file's path.
    pub path: String,
    /// Which of the entry's rules it is.
    pub rule: usize,
    /// Its counts.
    pub cells: Cells,
}

/// A table that tells of few persons beside an earlier one.
pub struct Differing {
    /// The file's path.
    pub path: String,
    /// Which of the entry's rules holds it.
    pub rule: usize,
    /// Where and why.
    pub hold: Hold,
}

impl Ledger {
    /// As [`Ledger::begin`], and enters the run's pictures and counts; unless one of the counts and an
    /// earlier one of the same owner, entry and glob together tell of few persons. A run's own counts
    /// don't hold it, since they were compared with each other.
    pub async fn release(
        &self,
        name: &str,
        run: Identity,
        now: &str,
        tables: Vec<Counted>,
        drawn: Pictures,
    ) -> Result<Result<String, Differing>, LedgerError> {
        let (name, now) = (name.to_owned(), now.to_owned());
        self.call(move |db| {
            all_or_nothing(db, || {
                let mut entered = Vec::new();
                for table in tables {
                    let output = output(db, &run.owner, &table)?;
                    if let Some(hold) = compare(db, output, &table.cells)? {
                        let Counted { path, rule, .. } = table;
                        return Ok(Err(Differing { path, rule, hold }));
                    }
                    entered.push((output, table.cells));
                }
                for (output, cells) in &entered {
                    enter(db, *output, cells, &run.run_id)?;
                }
                pictures::enter(db, &name, &drawn)?;
                begin(db, &name, &run, &now).map(Ok)
            })
        })
        .await
    }
}

/// What `work` writes stays only if it succeeds, whatever else its transaction has.
fn all_or_nothing<T, E>(
    db: &Connection,
    work: impl FnOnce() -> rusqlite::Result<Result<T, E>>,
) -> rusqlite::Result<Result<T, E>> {
    db.execute_batch("SAVEPOINT release")?;
    let done = work();
    let undo = if matches!(done, Ok(Ok(_))) { "" } else { "ROLLBACK TO release;" };
    let ended = db.execute_batch(&format!("{undo} RELEASE release"));
    // The first error is the one to tell.
    done.and_then(|it| ended.map(|()| it))
}

/// Which tables are compared with each other.
fn output(db: &Connection, owner: &str, table: &Counted) -> rusqlite::Result<i64> {
    let words = [owner, &table.entry, &table.glob];
    let insert = "INSERT OR IGNORE INTO output (owner, entry, glob) VALUES (?, ?, ?)";
    db.prepare_cached(insert)?.execute(words)?;
    let select = "SELECT id FROM output WHERE owner = ? AND entry = ? AND glob = ?";
    db.prepare_cached(select)?.query_row(words, |row| row.get(0))
}

/// What the first of the counts is held for that is.
fn compare(db: &Connection, output: i64, cells: &Cells) -> rusqlite::Result<Option<Hold>> {
    let mut select = db.prepare_cached(NEAR)?;
    for cell in cells.iter() {
        for near in cells.near(cell) {
            let mut rows = select.query(params![output, cell.key, near.start(), near.end()])?;
            while let Some(row) = rows.next()? {
                let (earlier, run) = (row.get(0)?, row.get_ref(1)?.as_str()?);
                if earlier != cell.count() {
                    return Ok(Some(cells.hold(cell, earlier, format_args!("run {run}"))));
                }
            }
        }
    }
    Ok(None)
}

/// Enters what isn't there yet.
fn enter(db: &Connection, output: i64, cells: &Cells, run: &str) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached(
        "INSERT OR IGNORE INTO released (output, cell, count, run) VALUES (?, ?, ?, ?)",
    )?;
    for cell in cells.iter() {
        insert.execute(params![output, cell.key, cell.count(), run])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::ledger::{schema::migrate, tests::counted};

    /// What a count is held for in a ledger with all even ones from `from` on under its key, and how
    /// many steps SQLite took to find it.
    fn beside(from: i64, table: &str) -> (Option<String>, i32) {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        let cells = counted(table).remove(0).cells;
        let key = cells.iter().next().unwrap().key;
        let transaction = db.transaction().unwrap();
        for count in 0..20_000 {
            let insert = "INSERT INTO released VALUES (1, ?, ?, 'r')";
            transaction.execute(insert, params![key, from + 2 * count]).unwrap();
        }
        transaction.commit().unwrap();
        let hold = compare(&db, 1, &cells).unwrap();
        let steps = db.prepare_cached(NEAR).unwrap().get_status(StatementStatus::VmStep);
        (hold.map(|hold| hold.message), steps)
    }

    #[test]
    fn many_counts_of_a_group_take_no_longer() {
        for (from, n, says) in [
            (20_000, "20002", Some("differs by less than 10")),
            (20_000, "20003", Some("differs by less than 10")),
            (20_000, "59998", Some("differs by less than 10")),
            (20_000, "19990", None),
            (20_000, "60010", None),
            (20_000, "", Some("is suppressed")),
            (-1, "70000", Some("is shown")),
        ] {
            let (found, steps) = beside(from, &format!("site,n\nNorth,{n}\n"));
            let as_wanted = match (&found, says) {
                (Some(found), Some(says)) => found.contains(says),
                (found, says) => found.is_none() && says.is_none(),
            };
            assert!(as_wanted, "{n:?}: {found:?}");
            assert!((1..100).contains(&steps), "{n:?}: {steps}");
        }
    }
}
