//! The embedded engine's threads, and the way to them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use consent::{Address, AddressId, Clock, Entropy, Recipient, RunId, Timestamp, WorkspaceId};
use rusqlite::Connection;

use super::connection::LEDGER_DIR;
use super::filter::{self, SharedFilter};
use super::readers::{self, Readers};
use super::rows::SqliteRows;
use super::writer::Writer;
use super::{backup, connection, migrate, reading, run_lock};
use crate::detached::detached;
use crate::error::{Result, StoreError};
use crate::sealer::{self, Sealer};
use crate::secrets::Secrets;
use crate::state::change::ChangeConsent;
use crate::state::link_keys::{self, SharedKeyRing};
use crate::state::record::Recorder;
use crate::state::{check, profile, sealed};
use crate::types::{AddressOwner, Reading, ReadingQuery, RunGuard};

/// How long a change waits at most before it is brought into the ledger.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);

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

impl SqliteEngine {
    /// Starts the threads, on a directory that is set up meanwhile.
    pub fn start(options: OpenOptions, mut conn: Connection, lock: File) -> Result<Self> {
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

    /// See [`crate::Store::write`].
    pub async fn write<T: Send + 'static>(
        &self,
        op: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.writer.submit(op).await
    }

    /// See [`crate::Store::change`].
    pub async fn change<C: ChangeConsent>(&self, workspace: WorkspaceId, change: C) -> Result<C::Answer> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| {
            let mut rows = SqliteRows::new(conn, workspace)?;
            change.run(&mut Recorder::new(&mut rows, &*entropy))
        })
        .await
    }

    /// See [`crate::Store::query`].
    pub async fn query<T: Send + 'static>(
        &self,
        op: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.run(op).await
    }

    /// See [`crate::Store::owner`].
    pub async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.query(move |conn| profile::owner(conn, workspace, address)).await
    }

    /// See [`crate::Store::read`].
    pub async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        let filter = Arc::clone(&self.inner.filter);
        self.query(move |conn| reading::read(conn, &filter, workspace, &query)).await
    }

    /// See [`crate::Store::read_strangers`].
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

    /// See [`crate::Store::backup`].
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
