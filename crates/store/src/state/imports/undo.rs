//! Taking an import back, step by step, so that no transaction is long.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use consent::decide::{Allow, Suppressed};
use consent::{ImportId, ProfileId, RunId, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;

use super::take_back::TakeBack;
use super::touch::Step;
use super::{begin_undo, end_undo, remove};
use crate::error::{Result, StoreError};
use crate::store::{Answer, Connection, Key, Store};
use crate::types::{READ_MAX, UndoCounts};

/// Stands for starting runs, see [`Store::lock_run`].
const STARTING: RunId = RunId(0);
/// Before the first profile.
const BEGINNING: ProfileId = ProfileId(i64::MIN);

impl Store {
    /// Takes an import back, refusals excepted; answers what that did in all, also if it was done before. What is done
    /// is done in steps that are durable each, so one that was cut short goes on where it was. Nobody becomes a
    /// recipient by it. No run starts meanwhile; [`crate::StoreError::Busy`] while one is being started.
    pub fn undo_import(&self, workspace: WorkspaceId, import: ImportId, at: Timestamp) -> Answer<UndoCounts> {
        let undoing = Undoing { store: self.clone(), workspace, import, at };
        Box::pin(undoing.run())
    }

    /// What [`Self::undo_import`] would do. Changes nothing.
    pub fn would_undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Answer<UndoCounts> {
        let undoing = Undoing { store: self.clone(), workspace, import, at };
        Box::pin(undoing.rehearse())
    }
}

struct Undoing {
    store: Store,
    workspace: WorkspaceId,
    import: ImportId,
    at: Timestamp,
}

impl Undoing {
    async fn run(self) -> Result<UndoCounts> {
        let Self { store, workspace, import, at } = &self;
        let (workspace, import, at) = (*workspace, *import, *at);
        let key = Key::Workspace(workspace);
        let _guard = store.lock_run(workspace, STARTING).await?;
        store.write("begin_undo_import", key, move |db| begin_undo(db, workspace, import, at)).await?;
        let in_runs = self.in_runs().await?;
        let mut after = Some(BEGINNING);
        while let Some(last) = after {
            let step = TakeBack { import, after: last, at, in_runs: Arc::clone(&in_runs), dry: None };
            after = store.change("take_back", Key::Each(workspace), workspace, step).await?.1;
        }
        self.remove_profiles(&in_runs).await?;
        self.remove_addresses().await?;
        store.write("end_undo_import", key, move |db| end_undo(db, workspace, import, at)).await?;
        let run = store.import_run(workspace, import).await?;
        run.map(|run| run.undone).ok_or_else(|| StoreError::Missing(import.to_string()))
    }

    async fn rehearse(self) -> Result<UndoCounts> {
        let Self { store, workspace, import, at } = &self;
        let run = store.import_run(*workspace, *import).await?;
        let mut sum = run.ok_or_else(|| StoreError::Missing(import.to_string()))?.undone;
        let in_runs = self.in_runs().await?;
        let mut after = Some(BEGINNING);
        while let Some(last) = after {
            let told: Arc<Mutex<Step>> = Arc::default();
            let dry = Some(Arc::clone(&told));
            let step = TakeBack { import: *import, after: last, at: *at, in_runs: Arc::clone(&in_runs), dry };
            match store.change("take_back", Key::Each(*workspace), *workspace, step).await {
                Err(StoreError::Superseded) | Ok(_) => {}
                Err(error) => return Err(error),
            }
            let (done, last) = *told.lock().map_err(|_| StoreError::Unavailable("a dry run".to_owned()))?;
            sum.add(&done);
            after = last;
        }
        Ok(sum)
    }

    async fn in_runs(&self) -> Result<Arc<RoaringTreemap>> {
        let workspace = self.workspace;
        let in_runs = move |db: &Connection<'_>| remove::in_runs(db, workspace);
        self.store.query("profiles_in_runs", Key::Workspace(workspace), in_runs).await.map(Arc::new)
    }

    async fn remove_profiles(&self, in_runs: &Arc<RoaringTreemap>) -> Result<()> {
        let (key, shared) = ((self.workspace, self.import), self.store.is_shared());
        let mut after = Some(BEGINNING);
        while let Some(last) = after {
            let in_runs = Arc::clone(in_runs);
            let remove = move |db: &Connection<'_>| remove::profiles(db, key, last, &in_runs, shared);
            after = self.store.write("remove_imported_profiles", Key::Each(key.0), remove).await?.1;
        }
        Ok(())
    }

    async fn remove_addresses(&self) -> Result<()> {
        let (key, shared) = ((self.workspace, self.import), self.store.is_shared());
        let mut after = Some(BEGINNING);
        while let Some(last) = after {
            let read = move |db: &Connection<'_>| remove::added(db, key, last);
            let added = self.store.query("imported_addresses", Key::Each(key.0), read).await?;
            let mut reachable = HashSet::new();
            for page in added.chunks(READ_MAX) {
                let addresses = page.iter().map(|(_, _, address)| address.clone()).collect();
                let strangers = self.store.read_strangers(key.0, addresses, self.at).await?;
                let pairs = page.iter().zip(strangers);
                let reached = pairs
                    .filter(|(_, read)| read.suppressed == Suppressed::No && read.allow != Allow::NotListed);
                reachable.extend(reached.map(|((_, id, _), _)| *id));
            }
            let off = move |db: &Connection<'_>| remove::addresses_off(db, key, last, &reachable, shared);
            after = self.store.write("remove_imported_addresses", Key::Each(key.0), off).await?.1;
        }
        Ok(())
    }
}
