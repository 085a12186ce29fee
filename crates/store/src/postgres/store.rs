//! Opening the engine for many machines, and what operators ask of its database.

use super::connect::Connector;
use super::engine::{PostgresEngine, PostgresOptions};
use super::migrate::{self, SchemaStatus};
use super::session::Session;
use crate::error::{Result, StoreError};
use crate::store::{Answer, Engine, Store};

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
    let engine = std::thread::scope(|scope| scope.spawn(|| PostgresEngine::connect(options, set_up)).join())
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
                Engine::Postgres(engine) => engine.query(durability).await.map(Some),
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
