//! [`ImportStore`]'s operations on an [`Engine`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use consent::decide::{Allow, Suppressed};
use consent::{ImportId, ProfileId, RunId, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;

use super::Engine;
use crate::READ_MAX;
use crate::api::{ImportStore, Result, Store};
use crate::error::StoreError;
use crate::state::import::Import;
use crate::state::imports::take_back::{Step, TakeBack};
use crate::state::imports::{self, remove};
use crate::types::{ImportCounts, ImportPlace, ImportRun, NewImport, ProfileRow, RowOutcome, UndoCounts};

/// Stands for starting runs, see [`Store::lock_run`].
const STARTING: RunId = RunId(0);
/// Before the first profile.
const BEGINNING: ProfileId = ProfileId(i64::MIN);

#[async_trait]
impl<E: Engine> ImportStore for E {
    async fn begin_import(&self, workspace: WorkspaceId, import: NewImport) -> Result<ImportId> {
        self.write(move |db| imports::begin(db, workspace, &import)).await
    }

    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        place: ImportPlace,
        rows: Vec<ProfileRow>,
    ) -> Result<Vec<RowOutcome>> {
        self.change(workspace, Import { rows, place: Some(place) }).await
    }

    async fn finish_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        counts: ImportCounts,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |db| imports::finish(db, workspace, import, counts, at)).await
    }

    async fn imports(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ImportRun>> {
        self.query(move |db| imports::list(db, workspace, limit)).await
    }

    async fn import_run(&self, workspace: WorkspaceId, import: ImportId) -> Result<Option<ImportRun>> {
        self.query(move |db| imports::run(db, workspace, import)).await
    }

    async fn undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts> {
        let _guard = self.lock_run(workspace, STARTING).await?;
        self.write(move |db| imports::begin_undo(db, workspace, import, at)).await?;
        let in_runs = Arc::new(self.query(move |db| remove::in_runs(db, workspace)).await?);
        let mut after = Some(BEGINNING);
        while let Some(last) = after {
            let step = TakeBack { import, after: last, at, in_runs: Arc::clone(&in_runs), dry: None };
            after = self.change(workspace, step).await?.1;
        }
        remove_profiles(self, (workspace, import), &in_runs).await?;
        remove_addresses(self, (workspace, import), at).await?;
        self.write(move |db| imports::end_undo(db, workspace, import, at)).await?;
        let run = self.import_run(workspace, import).await?;
        run.map(|run| run.undone).ok_or_else(|| StoreError::Missing(import.to_string()))
    }

    async fn would_undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts> {
        let run = self.import_run(workspace, import).await?;
        let mut sum = run.ok_or_else(|| StoreError::Missing(import.to_string()))?.undone;
        let in_runs = Arc::new(self.query(move |db| remove::in_runs(db, workspace)).await?);
        let mut after = Some(BEGINNING);
        while let Some(last) = after {
            let told: Arc<Mutex<Step>> = Arc::default();
            let dry = Some(Arc::clone(&told));
            let step = TakeBack { import, after: last, at, in_runs: Arc::clone(&in_runs), dry };
            match self.change(workspace, step).await {
                Err(StoreError::Superseded) | Ok(_) => {}
                Err(error) => return Err(error),
            }
            let (done, last) = *told.lock().map_err(|_| StoreError::Unavailable("a dry run".to_owned()))?;
            sum.add(&done);
            after = last;
        }
        Ok(sum)
    }
}

async fn remove_profiles<E: Engine>(
    engine: &E,
    key: (WorkspaceId, ImportId),
    in_runs: &Arc<RoaringTreemap>,
) -> Result<()> {
    let mut after = Some(BEGINNING);
    while let Some(last) = after {
        let in_runs = Arc::clone(in_runs);
        after = engine.write(move |db| remove::profiles(db, key, last, &in_runs, E::SHARED)).await?.1;
    }
    Ok(())
}

async fn remove_addresses<E: Engine>(engine: &E, key: (WorkspaceId, ImportId), at: Timestamp) -> Result<()> {
    let mut after = Some(BEGINNING);
    while let Some(last) = after {
        let added = engine.query(move |db| remove::added(db, key, last)).await?;
        let mut reachable = HashSet::new();
        for page in added.chunks(READ_MAX) {
            let addresses = page.iter().map(|(_, _, address)| address.clone()).collect();
            let strangers = Engine::read_strangers(engine, key.0, addresses, at).await?;
            let pairs = page.iter().zip(strangers);
            let reached =
                pairs.filter(|(_, read)| read.suppressed == Suppressed::No && read.allow != Allow::NotListed);
            reachable.extend(reached.map(|((_, id, _), _)| *id));
        }
        let off = move |db: &E::Db| remove::addresses_off(db, key, last, &reachable, E::SHARED);
        after = engine.write(off).await?.1;
    }
    Ok(())
}
