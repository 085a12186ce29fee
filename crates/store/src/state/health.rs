//! Questions about the state as a whole: can it be written, is it sound, how large is it.

use std::path::PathBuf;

use consent::WorkspaceId;

use super::profile;
use crate::error::StoreError;
use crate::sealer::{self, retrying};
use crate::sql::{Db as _, params};
use crate::store::{Answer, Engine, Key, Store};
use crate::types::Counts;

impl Store {
    /// Whether a write can be made durable right now, found out by making one; for readiness.
    pub fn ready(&self) -> Answer<()> {
        // A real write: it has to reach the disk, or a full one, or a standby, would go unnoticed.
        self.write("ready", Key::Installation, |db| {
            db.execute("UPDATE workspace SET name = name WHERE id = 1", params![]).map(drop)
        })
    }

    /// Row counts, for `doctor` and tests.
    pub fn counts(&self, workspace: WorkspaceId) -> Answer<Counts> {
        let ledger = self.ledger_dir();
        self.query("counts", Key::Workspace(workspace), move |db| {
            let sealed = retrying(|| sealer::size(&ledger))?;
            Ok(Counts { sealed, ..profile::counts(db, workspace)? })
        })
    }

    /// Copies the whole state into an empty folder while everything goes on; `progress` hears done and total pages.
    pub fn backup(&self, into: PathBuf, progress: Box<dyn FnMut(u64, u64) + Send>) -> Answer<()> {
        let store = self.clone();
        Box::pin(async move {
            store.seal_ledger().await?;
            match &store.engine {
                Engine::Sqlite(engine) => engine.backup(into, progress).await,
                Engine::Postgres(_) => Err(StoreError::Invalid(
                    "the state is in PostgreSQL: back it up with pg_basebackup or pg_dump, and keep master.key with it"
                        .to_owned(),
                )),
            }
        })
    }

    /// Checks the state against itself: the engine's own integrity check, words against stamps and entries, ledger
    /// against its files. Each finding is a sentence; none means sound.
    pub fn check(&self) -> Answer<Vec<String>> {
        let store = self.clone();
        Box::pin(async move {
            let mut findings = match store.seal_ledger().await {
                Err(StoreError::Ledger(error)) => vec![format!("ledger: {error}")],
                Err(StoreError::Damaged(what)) => vec![what],
                sealed => sealed.map(|_| Vec::new())?,
            };
            findings.extend(match &store.engine {
                Engine::Sqlite(engine) => engine.check().await?,
                Engine::Postgres(engine) => engine.check().await?,
            });
            Ok(findings)
        })
    }
}
