//! The engine for many machines.
//!
//! The state is in the database. What a node has in its data directory it could make again (`ledger/`), or every node has
//! the same of it (`master.key`).

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use consent::{Address, AddressId, Clock, Entropy, Recipient, RunId, Timestamp, WorkspaceId};

use super::changes::Changes;
use super::connect::Connector;
use super::copy::refuse_unfinished;
use super::lanes::{Lane, Link, Task};
use super::locks::{Key, Locks};
use super::migrate;
use super::owners::Asked;
use super::reading;
use super::sequencer::Sequencer;
use super::session::Session;
use crate::detached::detached;
use crate::error::Result;
use crate::error::StoreError;
use crate::private;
use crate::sealer::{self, Sealer};
use crate::secrets::{MASTER_KEY_FILE, Secrets};
use crate::sql::{Db as _, params};
use crate::state::change::ChangeConsent;
use crate::state::link_keys::{self, SharedKeyRing};
use crate::state::{check, sealed};
use crate::types::{AddressOwner, Reading, ReadingQuery, RunGuard};

/// Folder of the ledger's files in the data directory.
const LEDGER_DIR: &str = "ledger";
/// How long a change waits at most before it is brought into the ledger.
const SEAL_INTERVAL: Duration = Duration::from_millis(500);
/// Connections that change consent, that do other writes, that read, that find owners of addresses.
const CHANGING: usize = 2;
const WRITING: usize = 2;
const READING: usize = 4;
const FINDING: usize = 2;

/// Where and with what to open a store.
pub struct PostgresOptions {
    /// `postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full`
    pub url: String,
    /// The password, if the URL has none.
    pub password: Option<String>,
    /// The node's data directory.
    pub dir: PathBuf,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// The state on PostgreSQL. Clones share it; the last one dropped ends its threads, once they have done what is queued.
#[derive(Clone)]
pub(crate) struct PostgresEngine {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    entropy: Arc<dyn Entropy>,
    secrets: Secrets,
    key_ring: SharedKeyRing,
    connector: Arc<Connector>,
    /// These end first: what is queued is written.
    changes: Changes,
    writes: Lane<Task>,
    /// Then: what was written goes into the ledger.
    sealer: Sealer,
    reads: Lane<Task>,
    owners: Lane<Asked>,
    locks: Arc<Locks>,
}

impl std::fmt::Debug for PostgresEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresEngine")
            .field("database", &self.inner.connector.database())
            .finish_non_exhaustive()
    }
}

impl PostgresEngine {
    /// Connects, sets up what isn't there if `set_up`, and migrates.
    pub fn connect(options: PostgresOptions, set_up: bool) -> Result<Self> {
        let PostgresOptions { url, password, dir, clock, entropy } = options;
        let connector = Arc::new(Connector::new(&url, password.as_deref())?);
        let session = Session::connect(&connector)?;
        if !set_up {
            require(&session, connector.database(), &dir)?;
        }
        migrate::migrate(&session)?;
        refuse_unfinished(&session)?;
        private::create_dir_all(&dir)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", dir.display())))?;
        let secrets = open_secrets(&dir, &session, &*entropy)?;
        let mut first = Link::new(Arc::clone(&connector), Some(session));
        first.write(|session| link_keys::ensure(session, &*entropy, clock.now()))?;
        let key_ring = link_keys::read(first.session()?, &secrets)?;
        let key_ring: SharedKeyRing = Arc::new(RwLock::new(Arc::new(key_ring)));
        let links = |count: usize| -> Vec<Link> {
            (0..count).map(|_| Link::new(Arc::clone(&connector), None)).collect()
        };
        let sealer = start_sealer(&dir, first, &secrets, &key_ring)?;
        let inner = Inner {
            changes: Changes::start(links(CHANGING), links(1), &entropy)?,
            writes: Lane::of_tasks("writes", links(WRITING))?,
            reads: Lane::of_tasks("reads", links(READING))?,
            owners: Lane::of_owners(links(FINDING))?,
            locks: Arc::new(Locks::start(Link::new(Arc::clone(&connector), None))?),
            dir,
            entropy,
            secrets,
            key_ring,
            connector,
            sealer,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl PostgresEngine {
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
        op: impl Fn(&Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.writes.run(move |link| link.write(op)).await
    }

    /// See [`crate::Store::change`].
    pub async fn change<C: ChangeConsent>(&self, workspace: WorkspaceId, change: C) -> Result<C::Answer> {
        self.inner.changes.submit(workspace, change).await
    }

    /// See [`crate::Store::query`].
    pub async fn query<T: Send + 'static>(
        &self,
        op: impl Fn(&Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.reads.run(move |link| link.read(op)).await
    }

    /// See [`crate::Store::owner`].
    pub async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.inner.owners.owner(workspace, address).await
    }

    /// See [`crate::Store::read`].
    pub async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        self.query(move |session| {
            let readings = reading::read(session, workspace, &query)?;
            session.prove_primary();
            Ok(readings)
        })
        .await
    }

    /// See [`crate::Store::read_strangers`].
    pub async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<Recipient>> {
        self.query(move |session| reading::read_strangers(session, workspace, &addresses, now)).await
    }

    /// Takes a run (part 0) or a part of one for this node, unless somebody has it.
    pub async fn lock(&self, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Option<RunGuard>> {
        let held = self.inner.locks.take(Key::part(workspace.0, run.0, part)).await?;
        Ok(held.map(RunGuard::new))
    }

    /// Brings everything committed before the call into the ledger's files; answers its size.
    pub async fn seal(&self) -> Result<u64> {
        self.inner.sealer.seal().await
    }

    /// What only this engine can find wrong with the state.
    pub async fn check(&self) -> Result<Vec<String>> {
        let mut link = Link::patient(Arc::clone(&self.inner.connector));
        let (secrets, ledger) = (self.inner.secrets.clone(), self.ledger_files());
        detached(move || {
            link.read(|session| {
                let mut findings = check::check_database(session)?;
                findings.extend(check::check_sequence(session)?);
                findings.extend(sealed::compare(session, &ledger, &secrets)?);
                Ok(findings)
            })
        })
        .await
    }
}

/// Passes if the database has been set up, and the node is one of it or can be its first.
fn require(session: &Session, database: &str, dir: &Path) -> Result<()> {
    const KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM master_key)";
    if migrate::status(session)?.version == 0 {
        return Err(StoreError::Missing(format!("the state in {database}")));
    }
    if !dir.join(MASTER_KEY_FILE).is_file() {
        return Err(StoreError::Missing(dir.join(MASTER_KEY_FILE).display().to_string()));
    }
    let entries = sealer::size(&dir.join(LEDGER_DIR)).unwrap_or(0);
    if entries > 0 && !session.one(KNOWN, params![], |row| row.get::<bool>(0))? {
        return Err(StoreError::Invalid(format!(
            "nothing is in {database}, though the ledger in {} has {entries} entries: it isn't the database that this \
             node worked with",
            dir.display()
        )));
    }
    Ok(())
}

fn start_sealer(dir: &Path, link: Link, secrets: &Secrets, key_ring: &SharedKeyRing) -> Result<Sealer> {
    let ledger = dir.join(LEDGER_DIR);
    sealer::begin(&ledger, secrets);
    let (secrets, key_ring) = (secrets.clone(), Arc::clone(key_ring));
    let mut sequencer = Sequencer { link, secrets, key_ring, ledger, leads_on: None };
    Sealer::start(SEAL_INTERVAL, move || sequencer.seal())
}

/// Reads the node's master key, or makes it for a database that is new. A database belongs to one master key: with another
/// one, links in old mail and the ledger's signature would be worthless.
fn open_secrets(dir: &Path, session: &Session, entropy: &dyn Entropy) -> Result<Secrets> {
    const READ: &str = "SELECT fingerprint FROM master_key WHERE id = 1";
    const NOTE: &str = "INSERT INTO master_key (id, fingerprint) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING";
    let known = || session.first(READ, params![], |row| row.get::<Vec<u8>>(0));
    let secrets = match Secrets::load(dir)? {
        Some(secrets) => secrets,
        None if known()?.is_some() => {
            return Err(StoreError::Invalid(format!(
                "{} has no master.key; copy it from another node of this database",
                dir.display()
            )));
        }
        None => Secrets::create(dir, entropy)?,
    };
    session.execute(NOTE, params![&secrets.fingerprint()])?;
    if known()?.as_deref() == Some(secrets.fingerprint().as_slice()) {
        return Ok(secrets);
    }
    Err(StoreError::Invalid(format!(
        "the master.key in {} isn't the one that this database was set up with; copy it from another node",
        dir.display()
    )))
}
