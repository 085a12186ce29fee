//! Imports of the shared store: the inner one's.

use async_trait::async_trait;
use consent::{ImportId, Timestamp, WorkspaceId};
use store::{
    ImportCounts, ImportPlace, ImportRun, ImportStore, NewImport, ProfileRow, Result, RowOutcome, UndoCounts,
};

use super::SharedStore;

#[async_trait]
impl ImportStore for SharedStore {
    async fn begin_import(&self, workspace: WorkspaceId, import: NewImport) -> Result<ImportId> {
        self.inner.begin_import(workspace, import).await
    }

    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        place: ImportPlace,
        rows: Vec<ProfileRow>,
    ) -> Result<Vec<RowOutcome>> {
        self.inner.import_rows(workspace, place, rows).await
    }

    async fn finish_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        counts: ImportCounts,
        at: Timestamp,
    ) -> Result<()> {
        self.inner.finish_import(workspace, import, counts, at).await
    }

    async fn imports(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ImportRun>> {
        self.inner.imports(workspace, limit).await
    }

    async fn import_run(&self, workspace: WorkspaceId, import: ImportId) -> Result<Option<ImportRun>> {
        self.inner.import_run(workspace, import).await
    }

    async fn undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts> {
        self.inner.undo_import(workspace, import, at).await
    }

    async fn would_undo_import(
        &self,
        workspace: WorkspaceId,
        import: ImportId,
        at: Timestamp,
    ) -> Result<UndoCounts> {
        self.inner.would_undo_import(workspace, import, at).await
    }
}
