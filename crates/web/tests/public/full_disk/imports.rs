//! Imports on a full disk: they are read, and take no writes.

use async_trait::async_trait;
use consent::{ImportId, Timestamp, WorkspaceId};
use store::{
    ImportCounts, ImportPlace, ImportRun, ImportStore, NewImport, ProfileRow, Result, RowOutcome, UndoCounts,
};

use super::{FullDisk, full};

#[async_trait]
impl ImportStore for FullDisk {
    async fn begin_import(&self, _: WorkspaceId, _: NewImport) -> Result<ImportId> {
        full()
    }

    async fn import_rows(
        &self,
        _: WorkspaceId,
        _: ImportPlace,
        _: Vec<ProfileRow>,
    ) -> Result<Vec<RowOutcome>> {
        full()
    }

    async fn finish_import(&self, _: WorkspaceId, _: ImportId, _: ImportCounts, _: Timestamp) -> Result<()> {
        full()
    }

    async fn imports(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ImportRun>> {
        self.0.imports(workspace, limit).await
    }

    async fn import_run(&self, workspace: WorkspaceId, import: ImportId) -> Result<Option<ImportRun>> {
        self.0.import_run(workspace, import).await
    }

    async fn undo_import(&self, _: WorkspaceId, _: ImportId, _: Timestamp) -> Result<UndoCounts> {
        full()
    }

    async fn would_undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts> {
        self.0.would_undo_import(workspace, import, at).await
    }
}
