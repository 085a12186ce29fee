//! The part of the interface about imports as a whole.

use async_trait::async_trait;
use consent::{ImportId, Timestamp, WorkspaceId};

use super::Result;
use crate::types::{ImportCounts, ImportPlace, ImportRun, NewImport, ProfileRow, RowOutcome, UndoCounts};

/// Imports, and taking them back. A part of [`super::Store`], whose rules it keeps.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Notes that an import begins.
    async fn begin_import(&self, workspace: WorkspaceId, import: NewImport) -> Result<ImportId>;

    /// [`super::Store::import`], keeping what it takes to undo it. [`crate::StoreError::Superseded`] once somebody has begun to take
    /// the import back.
    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        place: ImportPlace,
        rows: Vec<ProfileRow>,
    ) -> Result<Vec<RowOutcome>>;

    /// Notes how an import ended.
    async fn finish_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        counts: ImportCounts,
        at: Timestamp,
    ) -> Result<()>;

    /// Imports, newest first, at most `limit`.
    async fn imports(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ImportRun>>;

    /// An import by id.
    async fn import_run(&self, workspace: WorkspaceId, import: ImportId) -> Result<Option<ImportRun>>;

    /// Takes an import back, refusals excepted; answers what that did in all, also if it was done before. What is done
    /// is done in steps that are durable each, so one that was cut short goes on where it was. Nobody becomes a
    /// recipient by it. No run starts meanwhile; [`crate::StoreError::Busy`] while one is being started.
    async fn undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts>;

    /// What [`Self::undo_import`] would do. Changes nothing.
    async fn would_undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts>;
}
