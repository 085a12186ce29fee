//! How connections are opened, and what the engine's errors mean to callers.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Result, StoreError};
use crate::private;

/// Name of the database in the data directory.
pub(crate) const DATABASE_FILE: &str = "consentry.sqlite3";
/// Folder of the ledger's files in the data directory.
pub const LEDGER_DIR: &str = "ledger";
/// Page cache of the writing connection, in KiB; an import touches many pages of the indexes.
const WRITER_CACHE_KIB: i64 = 192 * 1024;
/// Page cache of each reading connection, in KiB.
const READER_CACHE_KIB: i64 = 16 * 1024;
/// How much of the file readers map into memory, in bytes.
const READER_MMAP_BYTES: i64 = 1 << 30;
/// Pages of the write-ahead log after which it is copied into the database.
const CHECKPOINT_PAGES: i64 = 32 * 1024;
/// The write-ahead log is cut back to this many bytes.
const LOG_BYTES_MAX: i64 = 160 << 20;
/// Statements kept prepared per connection.
const STATEMENTS_MAX: usize = 128;
/// Longest pause between two tries to get the write lock from another process, in milliseconds.
const BUSY_PAUSE_MS_MAX: u64 = 5;
/// Tries to get the write lock before giving up: about 10 seconds.
const BUSY_TRIES_MAX: i32 = 2_000;

/// Opens the one connection that writes.
pub(super) fn open_writer(dir: &Path) -> Result<Connection> {
    let file = dir.join(DATABASE_FILE);
    if !file.exists() {
        // SQLite would make it readable by all; the files beside it have its mode.
        private::create_or_keep(&file).map_err(|error| io_error(&file, &error))?;
    }
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    common(&conn)?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    Ok(conn)
}

/// Opens a connection that can only read.
pub(super) fn open_reader(dir: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(
        dir.join(DATABASE_FILE),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    common(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    conn.pragma_update(None, "mmap_size", READER_MMAP_BYTES)?;
    Ok(conn)
}

fn common(conn: &Connection) -> Result<()> {
    conn.busy_handler(Some(wait_for_lock))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    Ok(())
}

/// Waits in short steps, so that the lock is taken soon after it is free. `tries` counts from 0.
fn wait_for_lock(tries: i32) -> bool {
    if tries >= BUSY_TRIES_MAX {
        return false;
    }
    let pause_ms = u64::try_from(tries / 4 + 1).map_or(BUSY_PAUSE_MS_MAX, |ms| ms.min(BUSY_PAUSE_MS_MAX));
    std::thread::sleep(Duration::from_millis(pause_ms));
    true
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy("the database".to_owned())
            }
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Unavailable(text),
            Some(ErrorCode::TooBig) => Self::Invalid("a value is too large to store".to_owned()),
            _ => Self::Damaged(text),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// What the system said of a path.
pub(super) fn io_error(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
