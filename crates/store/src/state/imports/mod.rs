//! Imports as a whole: what they were, and taking them back.
//!
//! That goes in two steps. [`take_back`] puts values back through the recorder; [`remove`] then deletes profiles and
//! addresses that nothing is known of. A row's touch is gone, or in another state, with the transaction that took it back.

pub(crate) mod image;
pub(crate) mod remove;
mod rows;
mod runs;
pub(crate) mod take_back;
pub(crate) mod touch;
mod undo;

use consent::{ImportId, Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{ImportCounts, ImportRun, NewImport, UndoCounts};

/// Longest file name that is kept, in characters.
const FILE_LENGTH_MAX: usize = 1024;

/// Selects what [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, file, sha256, started_at, finished_at, rows_read, created, updated, unchanged, rejected,
                suppressed, undo_began_at, undone_at, undone FROM import_run WHERE workspace = ?1 ",
            $rest
        )
    };
}

impl Store {
    /// Notes that an import begins.
    pub fn begin_import(&self, workspace: WorkspaceId, import: NewImport) -> Answer<ImportId> {
        self.write("begin_import", Key::Workspace(workspace), move |db| begin(db, workspace, &import))
    }

    /// Notes how an import ended.
    pub fn finish_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        counts: ImportCounts,
        at: Timestamp,
    ) -> Answer<()> {
        self.write("finish_import", Key::Workspace(workspace), move |db| {
            finish(db, workspace, import, counts, at)
        })
    }

    /// Imports, newest first, at most `limit`.
    pub fn imports(&self, workspace: WorkspaceId, limit: usize) -> Answer<Vec<ImportRun>> {
        self.query("imports", Key::Workspace(workspace), move |db| list(db, workspace, limit))
    }

    /// An import by id.
    pub fn import_run(&self, workspace: WorkspaceId, import: ImportId) -> Answer<Option<ImportRun>> {
        self.query("import_run", Key::Workspace(workspace), move |db| run(db, workspace, import))
    }
}

fn read(row: &Row<'_>) -> Result<ImportRun> {
    let time = |column| -> Result<Option<Timestamp>> { Ok(row.get::<Option<i64>>(column)?.map(Timestamp)) };
    Ok(ImportRun {
        id: ImportId(row.get(0)?),
        file: NewImport { file: row.get(1)?, sha256: row.get(2)?, started_at: Timestamp(row.get(3)?) },
        finished_at: time(4)?,
        counts: ImportCounts {
            read: row.get(5)?,
            created: row.get(6)?,
            updated: row.get(7)?,
            unchanged: row.get(8)?,
            rejected: row.get(9)?,
            suppressed: row.get(10)?,
        },
        undo_began_at: time(11)?,
        undone_at: time(12)?,
        undone: counts(row.get(13)?)?,
    })
}

fn counts(text: &str) -> Result<UndoCounts> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("counts of an import: {error}")))
}

/// Notes that an import begins.
pub(crate) fn begin(db: &impl Db, workspace: WorkspaceId, new: &NewImport) -> Result<ImportId> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM import_run WHERE workspace = ?1";
    const INSERT: &str =
        "INSERT INTO import_run (workspace, id, started_at, file, sha256) VALUES (?1, ?2, ?3, ?4, ?5)";
    let id: i64 = db.one(NEXT, params![workspace.0], |row| row.get(0))?;
    let file: String = new.file.chars().filter(|c| *c != '\0').take(FILE_LENGTH_MAX).collect();
    db.execute(INSERT, params![workspace.0, id, new.started_at.0, &file, &new.sha256])?;
    Ok(ImportId(id))
}

/// Notes how an import ended.
pub(crate) fn finish(
    db: &impl Db,
    workspace: WorkspaceId,
    import: ImportId,
    counts: ImportCounts,
    at: Timestamp,
) -> Result<()> {
    const UPDATE: &str = "UPDATE import_run SET finished_at = ?3, rows_read = ?4, created = ?5, updated = ?6,
        unchanged = ?7, rejected = ?8, suppressed = ?9 WHERE workspace = ?1 AND id = ?2";
    let ImportCounts { read, created, updated, unchanged, rejected, suppressed } = counts;
    let numbers = [read, created, updated, unchanged, rejected, suppressed].map(u64::cast_signed);
    let [read, created, updated, unchanged, rejected, suppressed] = numbers;
    let row = params![workspace.0, import.0, at.0, read, created, updated, unchanged, rejected, suppressed];
    db.execute(UPDATE, row).map(drop)
}

/// Imports, newest first.
pub(crate) fn list(db: &impl Db, workspace: WorkspaceId, limit: usize) -> Result<Vec<ImportRun>> {
    const SELECT: &str = select!("ORDER BY id DESC LIMIT ?2");
    db.all(SELECT, params![workspace.0, i64::try_from(limit).unwrap_or(i64::MAX)], read)
}

/// An import by id.
pub(crate) fn run(db: &impl Db, workspace: WorkspaceId, import: ImportId) -> Result<Option<ImportRun>> {
    const SELECT: &str = select!("AND id = ?2");
    db.first(SELECT, params![workspace.0, import.0], read)
}

/// Fails with [`StoreError::Superseded`] once somebody has begun to take an import back. The row is locked where nodes
/// share the state, so that no row goes in behind the one who takes it back.
pub(crate) fn check_open(db: &impl Db, workspace: WorkspaceId, import: ImportId) -> Result<()> {
    const TOUCH: &str = "UPDATE import_run SET finished_at = finished_at
        WHERE workspace = ?1 AND id = ?2 AND undo_began_at IS NULL";
    if db.execute(TOUCH, params![workspace.0, import.0])? == 0 {
        return Err(StoreError::Superseded);
    }
    Ok(())
}

/// Notes that somebody begins to take an import back: no row goes in from here on.
pub(crate) fn begin_undo(
    db: &impl Db,
    workspace: WorkspaceId,
    import: ImportId,
    at: Timestamp,
) -> Result<()> {
    const UPDATE: &str = "UPDATE import_run SET undo_began_at = coalesce(undo_began_at, ?3)
        WHERE workspace = ?1 AND id = ?2";
    if db.execute(UPDATE, params![workspace.0, import.0, at.0])? == 0 {
        return Err(StoreError::Missing(import.to_string()));
    }
    Ok(())
}

/// Notes that an import is taken back.
pub(crate) fn end_undo(db: &impl Db, workspace: WorkspaceId, import: ImportId, at: Timestamp) -> Result<()> {
    const UPDATE: &str = "UPDATE import_run SET undone_at = coalesce(undone_at, ?3)
        WHERE workspace = ?1 AND id = ?2";
    db.execute(UPDATE, params![workspace.0, import.0, at.0]).map(drop)
}

/// Adds to what taking an import back did so far.
fn count(db: &impl Db, workspace: WorkspaceId, import: ImportId, done: &UndoCounts) -> Result<()> {
    const SELECT: &str = "SELECT undone FROM import_run WHERE workspace = ?1 AND id = ?2";
    const UPDATE: &str = "UPDATE import_run SET undone = ?3 WHERE workspace = ?1 AND id = ?2";
    let mut sum = db.one(SELECT, params![workspace.0, import.0], |row| counts(row.get(0)?))?;
    sum.add(done);
    let text = serde_json::to_string(&sum).map_err(|error| StoreError::Invalid(error.to_string()))?;
    db.execute(UPDATE, params![workspace.0, import.0, &text]).map(drop)
}
