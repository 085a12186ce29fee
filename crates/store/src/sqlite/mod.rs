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
mod filter;
mod migrate;
mod readers;
mod reading;
mod rows;
mod run_lock;
mod sql;
mod statements;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use consent::{Address, AddressId, Clock, Entropy, Recipient, RunId, Timestamp, WorkspaceId};
use rusqlite::Connection;

use crate::detached::detached;
use crate::error::Result;
use crate::error::StoreError;
use crate::private;
use crate::sealer::{self, Sealer};
use crate::secrets::Secrets;
use crate::state::change::ChangeConsent;
use crate::state::link_keys::{self, SharedKeyRing};
use crate::state::record::Recorder;
use crate::state::{check, profile, sealed};
use crate::store::{Engine, Store};
use crate::types::{AddressOwner, Reading, ReadingQuery, RunGuard};
pub(crate) use alone::open_alone;
pub(crate) use connection::DATABASE_FILE;
use filter::SharedFilter;
pub(crate) use filter::tend as tend_filter;
#[cfg(test)]
pub(crate) use migrate::migrate as migrate_for_tests;
use readers::Readers;
use rows::SqliteRows;
use writer::Writer;

/// Folder of the ledger's files in the data directory.
pub const LEDGER_DIR: &str = "ledger";
/// How long a change waits at most before it is brought into the ledger.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);
const LOCK_FILE: &str = "lock";
/// How long to wait for another process that sets the directory up, in steps of [`SETUP_PAUSE`].
const SETUP_TRIES_MAX: u32 = 1_500;
const SETUP_PAUSE: Duration = Duration::from_millis(20);

/// Where and with what to open a store.
pub struct OpenOptions {
    /// The data directory.
    pub dir: PathBuf,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// The embedded engine. Clones share it; the last one dropped ends its threads, once they have done what is queued.
#[derive(Clone)]
pub(crate) struct SqliteEngine {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    entropy: Arc<dyn Entropy>,
    secrets: Secrets,
    key_ring: SharedKeyRing,
    /// Ends first: what is queued is written.
    writer: Writer,
    /// Then: what was written goes into the ledger.
    sealer: Sealer,
    readers: Readers,
    filter: Arc<SharedFilter>,
}

impl std::fmt::Debug for SqliteEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteEngine").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}

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

impl SqliteEngine {
    fn start(options: OpenOptions, mut conn: Connection, lock: File) -> Result<Self> {
        let OpenOptions { dir, clock, entropy } = options;
        let secrets = open_secrets(&dir, &conn, &*entropy)?;
        migrate::migrate(&mut conn)?;
        filter::tend(&conn)?;
        link_keys::ensure(&conn, &*entropy, clock.now())?;
        let key_ring = link_keys::read(&conn, &secrets)?;
        drop(lock);
        let readers = Readers::start(&dir)?;
        let writer = Writer::start(conn)?;
        let key_ring = Arc::new(RwLock::new(Arc::new(key_ring)));
        let sealer = start_sealer(&dir, &secrets, &key_ring)?;
        let filter = Arc::default();
        Ok(Self {
            inner: Arc::new(Inner { dir, entropy, secrets, key_ring, writer, sealer, readers, filter }),
        })
    }
}

impl SqliteEngine {
    /// The keys made from the master key.
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// The link keys.
    pub fn shared_key_ring(&self) -> &SharedKeyRing {
        &self.inner.key_ring
    }

    /// Where randomness comes from.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.inner.entropy
    }

    /// The ledger's files.
    pub fn ledger_files(&self) -> PathBuf {
        self.inner.dir.join(LEDGER_DIR)
    }

    /// See [`Store::write`].
    pub async fn write<T: Send + 'static>(
        &self,
        op: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.writer.submit(op).await
    }

    /// See [`Store::change`].
    pub async fn change<C: ChangeConsent>(&self, workspace: WorkspaceId, change: C) -> Result<C::Answer> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| {
            let mut rows = SqliteRows::new(conn, workspace)?;
            change.run(&mut Recorder::new(&mut rows, &*entropy))
        })
        .await
    }

    /// See [`Store::query`].
    pub async fn query<T: Send + 'static>(
        &self,
        op: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.run(op).await
    }

    /// See [`Store::owner`].
    pub async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.query(move |conn| profile::owner(conn, workspace, address)).await
    }

    /// See [`Store::read`].
    pub async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        let filter = Arc::clone(&self.inner.filter);
        self.query(move |conn| reading::read(conn, &filter, workspace, &query)).await
    }

    /// See [`Store::read_strangers`].
    pub async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<Recipient>> {
        let filter = Arc::clone(&self.inner.filter);
        self.query(move |conn| reading::read_strangers(conn, &filter, workspace, &addresses, now)).await
    }

    /// Takes a run for this process, unless another one has it: its lock covers all parts.
    pub fn lock(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<RunGuard>> {
        match run_lock::lock_run(&self.inner.dir, workspace, run) {
            Ok(guard) => Ok(Some(guard)),
            Err(StoreError::Busy(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Brings everything committed before the call into the ledger's files; answers its size.
    pub async fn seal(&self) -> Result<u64> {
        self.inner.sealer.seal().await
    }

    /// See [`Store::backup`].
    pub async fn backup(&self, into: PathBuf, mut progress: Box<dyn FnMut(u64, u64) + Send>) -> Result<()> {
        let (dir, secrets) = (self.inner.dir.clone(), self.inner.secrets.clone());
        detached(move || backup::backup(&dir, &secrets, &into, &mut *progress)).await
    }

    /// What only this engine can find wrong with the state.
    pub async fn check(&self) -> Result<Vec<String>> {
        let (dir, secrets) = (self.inner.dir.clone(), self.inner.secrets.clone());
        detached(move || check_all(&dir, &secrets)).await
    }
}

fn check_all(dir: &Path, secrets: &Secrets) -> Result<Vec<String>> {
    let conn = connection::open_reader(dir)?;
    let mut findings = readers::in_snapshot(&conn, |conn| {
        let mut findings = check::sqlite_integrity(conn)?;
        findings.extend(check::check_database(conn)?);
        findings.extend(filter::check(conn)?);
        Ok(findings)
    })?;
    let ledger = dir.join(LEDGER_DIR);
    findings.extend(readers::in_snapshot(&conn, |conn| sealed::compare(conn, &ledger, secrets))?);
    Ok(findings)
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

/// Reads the master key, or makes it for a directory that is new.
fn open_secrets(dir: &Path, conn: &Connection, entropy: &dyn Entropy) -> Result<Secrets> {
    if let Some(secrets) = Secrets::load(dir)? {
        return Ok(secrets);
    }
    // With another key every link in old mail and the ledger's signature would be worthless.
    if migrate::version(conn)? > 0 {
        return Err(StoreError::Damaged("master.key is missing; put it back from a backup".to_owned()));
    }
    Secrets::create(dir, entropy)
}

fn start_sealer(dir: &Path, secrets: &Secrets, key_ring: &SharedKeyRing) -> Result<Sealer> {
    let (conn, ledger) = (connection::open_reader(dir)?, dir.join(LEDGER_DIR));
    let (secrets, key_ring) = (secrets.clone(), Arc::clone(key_ring));
    sealer::begin(&ledger, &secrets);
    Sealer::start(SEAL_INTERVAL, move || {
        if let Err(error) = link_keys::refresh(&conn, &secrets, &key_ring) {
            tracing::error!(%error, "could not read the link keys");
        }
        sealer::write_files(&conn, &ledger, &secrets)
    })
}

fn io_error(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
