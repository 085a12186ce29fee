//! What every command works with: the data directory, opened, and the system's clock.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use consent::{Address, Clock, Timestamp, WorkspaceId};
use store::sqlite::{OpenOptions, SqliteStore};
use store::{AddressOwner, List, Settings, Store};

use crate::cli::Global;
use crate::output::{self, fail};
use crate::system::{OsEntropy, SystemClock};

/// The workspace that the command line works in.
pub const WORKSPACE: WorkspaceId = WorkspaceId::MAIN;

/// An opened data directory.
#[derive(Clone)]
pub struct Context {
    /// The state.
    pub store: Arc<SqliteStore>,
    /// The system's clock.
    pub clock: Arc<dyn Clock>,
    /// The data directory.
    pub dir: Arc<Path>,
    /// JSON on standard output.
    pub json: bool,
}

impl Context {
    /// Opens the data directory, making it if it isn't there.
    pub fn open(global: &Global) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        if !global.data_dir.join("master.key").is_file() {
            // A misspelt folder would otherwise look like one in which nobody has ever said no.
            output::say(format_args!("{}: a new data directory", global.data_dir.display()));
        }
        let options = OpenOptions {
            dir: global.data_dir.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::new(OsEntropy),
        };
        let store = SqliteStore::open(options).map_err(|error| {
            fail(
                format!("{}: {error}", global.data_dir.display()),
                "`consentry doctor` checks a data directory; --data-dir names another",
            )
        })?;
        Ok(Self { store: Arc::new(store), clock, dir: global.data_dir.as_path().into(), json: global.json })
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store as the trait that the other crates take.
    pub fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// The settings.
    pub async fn settings(&self) -> Result<Settings> {
        Ok(self.store.settings(WORKSPACE).await?)
    }

    /// A list by name, or an error that says how to make it.
    pub async fn list(&self, name: &str) -> Result<List> {
        let list = self.store.list_by_name(WORKSPACE, name).await?;
        list.ok_or_else(|| {
            fail(format!("the list `{name}` doesn't exist"), format!("consentry list create {name}"))
        })
    }

    /// Who owns an address.
    pub async fn owner(&self, address: &Address) -> Result<Option<AddressOwner>> {
        Ok(self.store.resolve(WORKSPACE, vec![address.clone()]).await?.pop().flatten())
    }
}
