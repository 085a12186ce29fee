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
use super::migrate::{self, SchemaStatus};
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
use crate::state::change::{BULK_MIN, ChangeConsent};
use crate::state::link_keys::{self, SharedKeyRing};
use crate::state::{check, sealed};
use crate::store::{Answer, Engine, Store};
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
/// Members of a part of a run: about a second's work of a fast relay.
pub(crate) const PART_SIZE: u64 = 8_192;

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

/// Connects, and sets up what isn't there: the schema, the data directory, the master key of a new database. Migrates
/// as needed. Blocks until then.
pub fn open(options: PostgresOptions) -> Result<Store> {
    open_with(options, true)
}

/// Connects to a database that has been set up, as a node that has its master key; migrates as needed. Blocks until
/// then. Sets nothing up: where nothing is recorded, everybody could be sent to.
///
/// # Errors
/// [`StoreError::Missing`] when the database has no schema of ours, or the data directory isn't there.
pub fn open_existing(options: PostgresOptions) -> Result<Store> {
    open_with(options, false)
}

fn open_with(options: PostgresOptions, set_up: bool) -> Result<Store> {
    // In a thread of its own: a caller in an async task mustn't wait for connections itself.
    let engine = std::thread::scope(|scope| scope.spawn(|| connect(options, set_up)).join())
        .unwrap_or_else(|_| Err(StoreError::Unavailable("opening the database failed".to_owned())))?;
    Ok(Store { engine: Engine::Postgres(engine), faults: None })
}

/// Tells a database's version, changing nothing.
pub fn status(url: &str, password: Option<&str>) -> Result<SchemaStatus> {
    once(url, password, migrate::status)
}

/// Brings a database up to date.
pub fn migrate(url: &str, password: Option<&str>) -> Result<SchemaStatus> {
    once(url, password, migrate::migrate)
}

fn once<T: Send>(
    url: &str,
    password: Option<&str>,
    op: impl FnOnce(&Session) -> Result<T> + Send,
) -> Result<T> {
    let connector = Connector::new(url, password)?;
    std::thread::scope(|scope| scope.spawn(|| op(&Session::connect(&connector)?)).join())
        .unwrap_or_else(|_| Err(StoreError::Unavailable("asking the database failed".to_owned())))
}

impl Store {
    /// What an operator should know of the database server's settings; `None` where the database is embedded.
    pub fn durability(&self) -> Answer<Option<Durability>> {
        let engine = self.engine.clone();
        Box::pin(async move {
            match engine {
                Engine::Sqlite(_) => Ok(None),
                Engine::Postgres(engine) => {
                    engine.inner.reads.run(|link| link.read(durability)).await.map(Some)
                }
            }
        })
    }
}

/// What the server's settings make of the promise that nothing acknowledged is lost (I2); each finding is a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durability {
    /// The promise isn't kept.
    pub broken: Vec<String>,
    /// It is kept as long as this server isn't lost.
    pub warnings: Vec<String>,
}

fn connect(options: PostgresOptions, set_up: bool) -> Result<PostgresEngine> {
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
    let links =
        |count: usize| -> Vec<Link> { (0..count).map(|_| Link::new(Arc::clone(&connector), None)).collect() };
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
    Ok(PostgresEngine { inner: Arc::new(inner) })
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

/// Whether the server's settings give what I2 promises.
fn durability(session: &Session) -> Result<Durability> {
    let mut found = Durability::default();
    for (name, why) in [
        ("fsync", "after a power failure acknowledged opt-outs can be missing, or the database be damaged"),
        ("full_page_writes", "after a power failure the database can be damaged"),
    ] {
        if session.setting(name)? == "off" {
            found.broken.push(format!("{name} is off on the server: {why}"));
        }
    }
    if session.setting("synchronous_standby_names")?.is_empty() {
        found.warnings.push(
            "no synchronous standby (synchronous_standby_names is empty on the server): if this server is lost, opt-outs \
             acknowledged just before can be, too"
                .to_owned(),
        );
    }
    let commit = session.reset_setting("synchronous_commit")?;
    if commit.is_some_and(|value| ["off", "local"].contains(&value.as_str())) {
        found.warnings.push(
            "synchronous_commit is off on the server; Consentry's own connections turn it on".to_owned(),
        );
    }
    Ok(found)
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

    /// See [`Store::write`].
    pub async fn write<T: Send + 'static>(
        &self,
        op: impl Fn(&Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.writes.run(move |link| link.write(op)).await
    }

    /// See [`Store::change`].
    pub async fn change<C: ChangeConsent>(&self, workspace: WorkspaceId, change: C) -> Result<C::Answer> {
        self.inner.changes.submit(workspace, change).await
    }

    /// See [`Store::query`].
    pub async fn query<T: Send + 'static>(
        &self,
        op: impl Fn(&Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.reads.run(move |link| link.read(op)).await
    }

    /// See [`Store::owner`].
    pub async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.inner.owners.owner(workspace, address).await
    }

    /// See [`Store::read`].
    pub async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        self.query(move |session| {
            let readings = reading::read(session, workspace, &query)?;
            session.prove_primary();
            Ok(readings)
        })
        .await
    }

    /// See [`Store::read_strangers`].
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

/// A bulk is told to the planner at once: by the statistics of a short list it would walk all of a long one at each
/// reading, until the server gets round to it.
pub(crate) fn suppression_grew(session: &Session, by: usize) -> Result<()> {
    const OUTGROWN: &str = "SELECT pg_relation_size(oid) / current_setting('block_size')::BIGINT
        > 2 * greatest(relpages, 8) FROM pg_class WHERE oid = 'suppression'::REGCLASS";
    if by >= BULK_MIN && session.one(OUTGROWN, &[], |row| row.get(0))? {
        session.batch("ANALYZE suppression")?;
    }
    Ok(())
}
