//! The operations on the ledger's files.

use std::path::PathBuf;

use consent::{EntryId, WorkspaceId};

use crate::error::Result;
use crate::sealer::{self, retrying};
use crate::store::{Answer, Engine, Key, Store};

impl Store {
    /// The folder of the ledger's files, for [`crate::ledger::verify`].
    pub fn ledger_dir(&self) -> PathBuf {
        match &self.engine {
            Engine::Sqlite(engine) => engine.ledger_files(),
            Engine::Postgres(engine) => engine.ledger_files(),
        }
    }

    /// The ledger's public key, `name+hash+base64` (C2SP signed-note): what an auditor needs.
    pub fn ledger_verifier_key(&self) -> Result<String> {
        Ok(sealer::signer(self.secrets())?.verifier_key())
    }

    /// Integrates every recorded change into the ledger's files and signs a checkpoint; answers the ledger's size.
    /// Runs by itself every second too; callers use it before they verify.
    pub fn seal_ledger(&self) -> Answer<u64> {
        let engine = self.engine.clone();
        Box::pin(async move {
            match engine {
                Engine::Sqlite(engine) => engine.seal().await,
                Engine::Postgres(engine) => engine.seal().await,
            }
        })
    }

    /// A portable proof that an entry is in the ledger.
    pub fn receipt(&self, workspace: WorkspaceId, entry: EntryId) -> Answer<String> {
        let store = self.clone();
        Box::pin(async move {
            store.seal_ledger().await?;
            let (secrets, ledger) = (store.secrets().clone(), store.ledger_dir());
            store
                .query("receipt", Key::Entry(workspace, entry), move |db| {
                    retrying(|| sealer::receipt(db, &ledger, &secrets, workspace, entry))
                })
                .await
        })
    }
}
