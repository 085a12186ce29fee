//! A data directory that one process has to itself, for moving it elsewhere.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::connection::DATABASE_FILE;
use super::migrate;
use crate::error::{Result, StoreError};
use crate::secrets::Secrets;

/// Page cache, in KiB; tables are read once, in the order of their keys.
const CACHE_KIB: i64 = 64 * 1024;

/// Opens a data directory that nobody else has open, and keeps everybody else out for as long as the connection lives.
///
/// The database is in exclusive locking mode: it waits for no one, since every other connection holds a lock on the file
/// from its first query to its end (SQLite manual, "Write-Ahead Logging", section 8).
///
/// # Errors
/// [`StoreError::Busy`] when another process, or this one, has it open; [`StoreError::Missing`] when there is none.
pub(crate) fn open_alone(dir: &Path) -> Result<(Connection, Secrets)> {
    let file = dir.join(DATABASE_FILE);
    if !file.is_file() {
        return Err(StoreError::Missing(file.display().to_string()));
    }
    let secrets = Secrets::load(dir)?
        .ok_or_else(|| StoreError::Damaged("master.key is missing; put it back from a backup".to_owned()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(&file, flags)?;
    let take = |conn: &Connection| -> rusqlite::Result<()> {
        conn.busy_handler(None)?;
        conn.pragma_update(None, "locking_mode", "exclusive")?;
        // The lock is taken by the first use, and stays.
        conn.execute_batch("BEGIN EXCLUSIVE; COMMIT")
    };
    take(&conn).map_err(|error| match StoreError::from(error) {
        StoreError::Busy(_) => StoreError::Busy(dir.display().to_string()),
        error => error,
    })?;
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    migrate::migrate(&mut conn)?;
    Ok((conn, secrets))
}
