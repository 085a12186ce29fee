//! What every command works with: the state, opened, and the system's clock.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use consent::{Address, Clock, Timestamp, WorkspaceId};
use service::{Actor, Service};
use store::postgres::PostgresOptions;
use store::sqlite::OpenOptions;
use store::{AddressOwner, List, Settings, Store, StoreError};

use crate::cli::Global;
use crate::data_dir::{self, Place};
use crate::files::KnownSecrets;
use crate::output::fail;
use crate::system::{OsEntropy, SystemClock};

/// The workspace of an installation that has no other.
pub const WORKSPACE: WorkspaceId = WorkspaceId::MAIN;

/// The opened state.
#[derive(Clone)]
pub struct Context {
    /// The state.
    pub store: Store,
    /// The workspace that is worked in.
    pub workspace: WorkspaceId,
    /// The system's clock.
    pub clock: Arc<dyn Clock>,
    /// The data directory.
    pub dir: Arc<Path>,
    /// JSON on standard output.
    pub json: bool,
    /// Where secrets are that definitions call by name.
    pub secrets: KnownSecrets,
}

impl Context {
    /// Opens the data directory, or the database. Fails where there is none, unless `--create` says to make one.
    pub async fn open(global: &Global) -> Result<Self> {
        if global.create {
            let place = data_dir::require_or_create(global)?;
            return Self::open_at(global, place)?.entered(global).await;
        }
        data_dir::require(global)?;
        Self::open_at(global, Place::Ready)?.entered(global).await
    }

    /// Opens the data directory, or the database, and makes it where there is none.
    pub async fn open_or_make(global: &Global) -> Result<Self> {
        let place = data_dir::require_or_free(global)?;
        Self::open_at(global, place)?.entered(global).await
    }

    /// In the workspace that is asked for.
    async fn entered(self, global: &Global) -> Result<Self> {
        let Some(name) = &global.workspace else { return Ok(self) };
        let found = self.store.workspaces().await?.into_iter().find(|workspace| workspace.name == *name);
        match found {
            Some(workspace) => Ok(Self { workspace: workspace.id, ..self }),
            None => Err(fail(
                format!("there is no workspace `{name}`"),
                format!(
                    "`consentry workspace list` shows them, `consentry workspace create {name}` makes one"
                ),
            )),
        }
    }

    fn open_at(global: &Global, place: Place) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let (dir, json) = (Arc::<Path>::from(global.data_dir.as_path()), global.json);
        let server_file = std::env::var_os("CONSENTRY_CONFIG").filter(|file| !file.is_empty());
        let secrets = KnownSecrets::new(Arc::clone(&dir), server_file.map(Into::into));
        if let Some(url) = &global.database {
            let store = open_postgres(global, url, &clock, place)?;
            return Ok(Self { store, workspace: WORKSPACE, clock, dir, json, secrets });
        }
        let options = OpenOptions {
            dir: global.data_dir.clone(),
            clock: Arc::clone(&clock),
            entropy: Arc::new(OsEntropy),
        };
        let opened = match place {
            Place::Ready => store::sqlite::open_existing(options),
            Place::Free => store::sqlite::open(options),
        };
        let store = opened.map_err(|error| sqlite_error(&global.data_dir, &error))?;
        Ok(Self { store, workspace: WORKSPACE, clock, dir, json, secrets })
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the use cases work with.
    pub fn service(&self) -> Service {
        Service {
            store: self.store.clone(),
            workspace: self.workspace,
            clock: Arc::clone(&self.clock),
            entropy: Arc::new(OsEntropy),
            secrets: Arc::new(self.secrets.clone()),
        }
    }

    /// The same, where `--config` names the server's file.
    #[must_use]
    pub fn with_server_file(&self, file: Option<&Path>) -> Self {
        match file {
            Some(file) => {
                let secrets = KnownSecrets::new(Arc::clone(&self.dir), Some(file.to_owned()));
                Self { secrets, ..self.clone() }
            }
            None => self.clone(),
        }
    }

    /// Who works at this command line.
    #[allow(clippy::unused_self, reason = "whoever works here belongs to the context")]
    pub fn actor(&self) -> Actor {
        let user = std::env::var("USER").ok().filter(|user| !user.trim().is_empty());
        Actor::CommandLine { user }
    }

    /// The settings.
    pub async fn settings(&self) -> Result<Settings> {
        Ok(self.store.settings(self.workspace).await?)
    }

    /// A list by name, or an error that says how to make it.
    pub async fn list(&self, name: &str) -> Result<List> {
        let list = self.store.list_by_name(self.workspace, name).await?;
        list.ok_or_else(|| {
            fail(format!("the list `{name}` doesn't exist"), format!("consentry list create {name}"))
        })
    }

    /// Who owns an address.
    pub async fn owner(&self, address: &Address) -> Result<Option<AddressOwner>> {
        Ok(self.store.resolve(self.workspace, vec![address.clone()]).await?.pop().flatten())
    }
}

fn sqlite_error(dir: &Path, error: &StoreError) -> anyhow::Error {
    let dir = data_dir::absolute(dir);
    let place = dir.display();
    if let StoreError::Missing(_) = error {
        return fail(
            format!("{place}: nothing is in consentry.sqlite3: nobody's opt-out is known"),
            "put it back from a backup; if nothing was ever in it, remove the folder and run `consentry init` again",
        );
    }
    let hint = "`consentry doctor` checks a data directory; --data-dir or CONSENTRY_DATA_DIR names another";
    fail(format!("{place}: {error}"), hint)
}

fn open_postgres(global: &Global, url: &str, clock: &Arc<dyn Clock>, place: Place) -> Result<Store> {
    let options = PostgresOptions {
        url: url.to_owned(),
        password: database_password(global)?,
        dir: global.data_dir.clone(),
        clock: Arc::clone(clock),
        entropy: Arc::new(OsEntropy),
    };
    // A node that brings the key may be the first one: of a database that `db migrate` has set up.
    let makes = place == Place::Free || global.create;
    let opened = if makes { store::postgres::open(options) } else { store::postgres::open_existing(options) };
    opened.map_err(|error| database_error(&error))
}

/// The database's password, where it isn't in the URL.
pub fn database_password(global: &Global) -> Result<Option<String>> {
    if let Some(file) = &global.database_password_file {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    Ok(std::env::var("PGPASSWORD").ok())
}

/// What is wrong with the database, and what to do about it.
pub fn database_error(error: &StoreError) -> anyhow::Error {
    let hint = match error {
        StoreError::Missing(_) => {
            "--database or CONSENTRY_DATABASE names another; `consentry db migrate` sets up a new one, `consentry init` \
             with its first data directory"
        }
        StoreError::Invalid(_) => return anyhow::anyhow!("{error}"),
        StoreError::Denied(_) => {
            "the user must own the tables, or be allowed to make them in the database's schema"
        }
        StoreError::TooNew { .. } => "run this version of Consentry or a later one on every node",
        _ => "`consentry db status` asks the server again; --database names another",
    };
    fail(format!("database: {error}"), hint)
}
