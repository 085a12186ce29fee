//! The embedded engine: SQLite in one data directory.
//!
//! ```text
//! consentry.sqlite3   the state (write-ahead log, synchronous=FULL)
//! master.key          32 bytes that all keys are made from; mode 0600
//! ledger/             the transparency log, see [`crate::ledger`]
//! lock                held while a process sets the directory up
//! ```
//!
//! One thread writes (`writer.rs`), a few read (`readers.rs`), one feeds the ledger (`sealer.rs`). Several processes
//! may open the same directory: they take turns at the database's write lock.

mod alone;
mod backup;
mod connection;
mod engine;
pub(crate) mod filter;
mod migrate;
mod readers;
mod reading;
mod rows;
mod run_lock;
mod sql;
mod statements;
mod writer;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use self::connection::io_error;
use crate::error::{Result, StoreError};
use crate::private;
use crate::store::{Engine, Store};
pub(crate) use alone::open_alone;
pub(crate) use connection::DATABASE_FILE;
pub use connection::LEDGER_DIR;
pub use engine::OpenOptions;
pub(crate) use engine::SqliteEngine;
#[cfg(test)]
pub(crate) use migrate::migrate as migrate_for_tests;

const LOCK_FILE: &str = "lock";
/// How long to wait for another process that sets the directory up, in steps of [`SETUP_PAUSE`].
const SETUP_TRIES_MAX: u32 = 1_500;
const SETUP_PAUSE: Duration = Duration::from_millis(20);

/// Opens a data directory, making it, with all that belongs in it, if it isn't there. Blocks for a few milliseconds,
/// longer for a migration.
pub fn open(options: OpenOptions) -> Result<Store> {
    private::take_dir(&options.dir).map_err(|error| io_error(&options.dir, &error))?;
    let lock = lock_for_setup(&options.dir)?;
    let conn = connection::open_writer(&options.dir)?;
    SqliteEngine::start(options, conn, lock).map(Store::from)
}

/// Opens a data directory that is there, migrating it as needed. Makes nothing that an empty one would lack: where
/// nothing is recorded, everybody could be sent to.
///
/// # Errors
/// [`StoreError::Missing`] when there is no database, or nothing in it; see [`crate::data_dir::look`] for more.
pub fn open_existing(options: OpenOptions) -> Result<Store> {
    let file = options.dir.join(DATABASE_FILE);
    let missing = || StoreError::Missing(file.display().to_string());
    if !file.is_file() {
        return Err(missing());
    }
    let lock = lock_for_setup(&options.dir)?;
    let conn = connection::open_writer(&options.dir)?;
    if migrate::version(&conn)? == 0 {
        return Err(missing());
    }
    SqliteEngine::start(options, conn, lock).map(Store::from)
}

impl From<SqliteEngine> for Store {
    fn from(engine: SqliteEngine) -> Self {
        Self { engine: Engine::Sqlite(engine), faults: None }
    }
}

/// Keeps two processes from setting the directory up at once. Freed when dropped, and by the death of the process.
fn lock_for_setup(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK_FILE);
    let file = private::create_or_keep(&path).map_err(|error| io_error(&path, &error))?;
    for _ in 0..SETUP_TRIES_MAX {
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => std::thread::sleep(SETUP_PAUSE),
            Err(error) => return Err(io_error(&path, &error.into())),
        }
    }
    Err(StoreError::Busy("the data directory".to_owned()))
}
