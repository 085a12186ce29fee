//! The move from one machine to many: copies a data directory of SQLite into a database.
//!
//! The source is taken for the copy alone, so that it is of one state. Rows go over in pages in the order of their keys;
//! a page is one transaction with the row of `copy_progress` that tells about it. So a copy that ended early goes on where
//! it was, after reading what it had copied once more: had the source changed meanwhile, it would be of two states. At the
//! end every table of the database is read back and compared with what was copied, and the ledger's files are made from
//! the database, which must lead to the root that the source's ledger has.
//!
//! Until all that is done, no node opens the database.

mod notes;
mod row;
mod source;
mod tables;
mod target;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use consent::Clock;
use rusqlite::Connection;

use super::connect::Connector;
use super::migrate;
use super::session::Session;
use crate::error::{Result, StoreError};
use crate::ledger::{Checkpoint, LedgerReader};
use crate::private;
use crate::sealer;
use crate::secrets::Secrets;
use crate::sqlite::{self, LEDGER_DIR};
use crate::state::fence;
use notes::Done;
pub(super) use notes::refuse_unfinished;
use row::Sum;
use tables::{TABLES, Table};
use target::{PAGE_ROWS, Page, Target};

/// What to copy where.
pub struct CopyOptions {
    /// The data directory to copy. No process may have it open.
    pub from: PathBuf,
    /// The database, see [`super::PostgresOptions::url`]. Nothing may be in it but an earlier try of the same copy.
    pub url: String,
    /// Its password, if the URL has none.
    pub password: Option<String>,
    /// The data directory of the first node: it gets the master key and the ledger's files. May be the one to copy.
    pub into_dir: PathBuf,
    /// Whether to empty the database first of a copy that isn't complete.
    pub restart: bool,
    /// Where time comes from, for the report.
    pub clock: Arc<dyn Clock>,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyPhase {
    /// Reading what an earlier try has copied once more.
    Resuming,
    /// Copying.
    Copying,
    /// Comparing the database with what was copied.
    Verifying,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// What is being done.
    pub phase: CopyPhase,
    /// With which table.
    pub table: &'static str,
    /// Rows of all tables done in this phase.
    pub rows: u64,
    /// Rows of all tables.
    pub total: u64,
}

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// Each table's name and rows.
    pub tables: Vec<(&'static str, u64)>,
    /// How long it took, earlier tries apart.
    pub took: Duration,
    /// Entries in the ledger.
    pub ledger_size: u64,
    /// Root of its Merkle tree, base64: the same as the source's.
    pub ledger_root: String,
}

/// Who hears of the progress.
type Listener<'a> = dyn FnMut(CopyProgress) + Send + 'a;

/// Copies a data directory into a database and verifies the copy. Blocks until then.
///
/// # Errors
/// [`StoreError::Busy`] when the source is open elsewhere, or another copy into the database is going on;
/// [`StoreError::Invalid`] when the database holds something else, when the source has changed since an earlier try, or
/// when a master key is in the way. Whatever the error, what is copied stays and a next try goes on from there.
pub fn copy(options: &CopyOptions, progress: &mut Listener<'_>) -> Result<CopyReport> {
    // In a thread of its own: a caller in an async task mustn't wait for a connection itself.
    let outcome = std::thread::scope(|scope| scope.spawn(|| run(options, progress)).join());
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn run(options: &CopyOptions, progress: &mut Listener<'_>) -> Result<CopyReport> {
    let began = options.clock.monotonic();
    let connector = Connector::new(&options.url, options.password.as_deref())?;
    let (source, secrets) = sqlite::open_alone(&options.from)?;
    let ledger = seal(&source, &options.from, &secrets)?;
    let session = Session::connect(&connector)?;
    migrate::migrate(&session)?;
    let target = Target::new(&session);
    target.lock()?;
    if options.restart {
        target.transaction(|| notes::forget(&session))?;
    }
    let resumes = target.transaction(|| notes::begin(&session, &secrets))?;
    keep_key(&options.into_dir, &secrets)?;
    let total = TABLES.iter().map(|table| source::count(&source, table)).sum::<Result<u64>>()?;
    let mut copy = Copy { source: &source, target, total, rows: 0, progress };
    if resumes {
        copy.resume()?;
    }
    copy.copy_all()?;
    copy.target.finish_state()?;
    // Nobody works with it yet: programs that don't know all that it may hold never will.
    copy.target.transaction(|| fence::open_only_to(&session, migrate::KNOWN))?;
    let tables = copy.verify()?;
    let copied = seal_copy(&session, &options.into_dir, &secrets)?;
    if (copied.size(), copied.root()) != (ledger.size(), ledger.root()) {
        return Err(StoreError::Damaged(format!(
            "the ledger made from the database has {} entries and the root {}, the source's {} and {}; nothing may be \
             sent from this database",
            copied.size(),
            copied.root(),
            ledger.size(),
            ledger.root()
        )));
    }
    notes::finish(&session, &secrets)?;
    Ok(CopyReport {
        tables,
        took: options.clock.monotonic().saturating_sub(began),
        ledger_size: copied.size(),
        ledger_root: copied.root().to_string(),
    })
}

/// Brings the source's ledger up to date.
fn seal(source: &Connection, dir: &Path, secrets: &Secrets) -> Result<Checkpoint> {
    let ledger = dir.join(LEDGER_DIR);
    sealer::begin(&ledger, secrets);
    sealer::write_files(source, &ledger, secrets)?;
    checkpoint(&ledger, secrets)
}

/// Makes the node's ledger from the database.
fn seal_copy(session: &Session, dir: &Path, secrets: &Secrets) -> Result<Checkpoint> {
    let ledger = dir.join(LEDGER_DIR);
    sealer::begin(&ledger, secrets);
    sealer::write_files(session, &ledger, secrets)?;
    checkpoint(&ledger, secrets)
}

fn checkpoint(ledger: &Path, secrets: &Secrets) -> Result<Checkpoint> {
    Ok(LedgerReader::open(ledger, Some(&sealer::signer(secrets)?.verifier()))?.checkpoint().clone())
}

/// Puts the master key into the node's data directory, unless another one is there.
fn keep_key(dir: &Path, secrets: &Secrets) -> Result<()> {
    let failed = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", dir.display()));
    private::create_dir_all(dir).map_err(failed)?;
    match Secrets::load(dir)? {
        None => secrets.write(dir).map_err(failed),
        Some(found) if found.fingerprint() == secrets.fingerprint() => Ok(()),
        Some(_) => Err(StoreError::Invalid(format!("{} has another master.key", dir.display()))),
    }
}

/// A copy under way.
struct Copy<'a> {
    source: &'a Connection,
    target: Target<'a>,
    total: u64,
    /// Rows done in this phase.
    rows: u64,
    progress: &'a mut Listener<'a>,
}

impl Copy<'_> {
    fn tell(&mut self, phase: CopyPhase, table: &Table, rows: u64) {
        self.rows += rows;
        (self.progress)(CopyProgress { phase, table: table.name, rows: self.rows, total: self.total });
    }

    /// Makes sure that what is copied is in the source as it was.
    fn resume(&mut self) -> Result<()> {
        for table in TABLES {
            let done = Done::of(self.target.session, table.name)?;
            if done == Done::default() {
                continue;
            }
            let types = self.target.types(table)?;
            let mut found = Sum::default();
            let until = (!done.complete).then_some(done.after.as_slice());
            let source = self.source;
            source::each(source, table, &types, source::Range { after: &[], until }, |row, _| {
                found.add(row);
                if found.rows.is_multiple_of(PAGE_ROWS) {
                    self.tell(CopyPhase::Resuming, table, PAGE_ROWS);
                }
                Ok(())
            })?;
            if found != done.sum()? {
                return Err(StoreError::Invalid(format!(
                    "the source has changed since the copy began ({}); stop every process that uses it and begin anew \
                     (--restart)",
                    table.name
                )));
            }
            self.tell(CopyPhase::Resuming, table, found.rows % PAGE_ROWS);
        }
        Ok(())
    }

    fn copy_all(&mut self) -> Result<()> {
        self.rows = 0;
        for table in TABLES {
            let done = Done::of(self.target.session, table.name)?;
            self.tell(CopyPhase::Copying, table, done.sum()?.rows);
            if !done.complete {
                self.copy_table(table, &done).map_err(|error| named(table, error))?;
            }
        }
        Ok(())
    }

    fn copy_table(&mut self, table: &'static Table, done: &Done) -> Result<()> {
        let types = self.target.types(table)?;
        let (source, range) = (self.source, source::Range { after: &done.after, until: None });
        let mut page = Page::new(done.sum()?);
        let mut last = done.after.clone();
        source::each(source, table, &types, range, |row, key| {
            page.add(row);
            if page.is_full() {
                last = key()?;
                let done = Done::new(page.sum(), last.clone(), false);
                self.write(table, &mut page, &done)?;
            }
            Ok(())
        })?;
        let done = Done::new(page.sum(), last, true);
        self.write(table, &mut page, &done)
    }

    fn write(&mut self, table: &'static Table, page: &mut Page, done: &Done) -> Result<()> {
        let rows = page.rows();
        self.target.write(table, page, done)?;
        self.tell(CopyPhase::Copying, table, rows);
        Ok(())
    }

    /// Compares each table of the database with what was copied into it.
    fn verify(&mut self) -> Result<Vec<(&'static str, u64)>> {
        self.rows = 0;
        let mut tables = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            let copied = Done::of(self.target.session, table.name)?.sum()?;
            let target = self.target;
            let found = target.sum(table, |rows| self.tell(CopyPhase::Verifying, table, rows))?;
            if found != copied {
                return Err(StoreError::Invalid(format!(
                    "{}: the database has {} rows that aren't the {} copied; somebody else has written to it; begin anew \
                     (--restart)",
                    table.name, found.rows, copied.rows
                )));
            }
            tables.push((table.name, found.rows));
        }
        Ok(tables)
    }
}

/// Says in which table it was.
fn named(table: &Table, error: StoreError) -> StoreError {
    match error {
        StoreError::Invalid(why) => StoreError::Invalid(format!("{}: {why}", table.name)),
        StoreError::Damaged(why) => StoreError::Damaged(format!("{}: {why}", table.name)),
        StoreError::Conflict => StoreError::Invalid(format!(
            "{}: somebody else has written to the database; begin anew (--restart)",
            table.name
        )),
        error => error,
    }
}
