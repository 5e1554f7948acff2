//! Counts that runs have released, for later ones to be compared with. What was decided on once stays,
//! whatever became of the run: its files may have been read.

use rusqlite::{Connection, params};
use sluice_release::{Cells, Hold};

use super::{Identity, Ledger, LedgerError, begin};

/// In the place of a suppressed count.
const SUPPRESSED: i64 = -1;

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
    /// As [`Ledger::begin`], and enters the run's counts; unless one of them and an earlier one of the
    /// same owner, entry and glob together tell of few persons. A run's own
    /// counts don't hold it, since they were compared with each other.
    pub async fn release(
        &self,
        name: &str,
        run: Identity,
        now: &str,
        tables: Vec<Counted>,
    ) -> Result<Result<String, Differing>, LedgerError> {
        let (name, now) = (name.to_owned(), now.to_owned());
        self.call(move |db| {
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
            begin(db, &name, &run, &now).map(Ok)
        })
        .await
    }
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
    let mut select =
        db.prepare_cached("SELECT count, run FROM released WHERE output = ? AND cell = ?")?;
    for cell in cells.iter() {
        let mut rows = select.query(params![output, cell.key])?;
        while let Some(row) = rows.next()? {
            let earlier = u64::try_from(row.get::<_, i64>(0)?).ok();
            let run = row.get_ref(1)?.as_str()?;
            if let Some(hold) = cells.beside(cell, earlier, format_args!("run {run}")) {
                return Ok(Some(hold));
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
        // A count has at most 18 digits.
        let count = cell.count.map_or(SUPPRESSED, |count| count as i64);
        insert.execute(params![output, cell.key, count, run])?;
    }
    Ok(())
}
