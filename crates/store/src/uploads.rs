//! Uploads: jobs that outlive the process, and that every node knows of.

use async_trait::async_trait;
use consent::WorkspaceId;

use crate::api::Result;
use crate::engine::Engine;
use crate::state::uploads;
use crate::types::Upload;

/// What is known of uploads.
#[async_trait]
pub trait Uploads {
    /// Records one. Of those that have ended, the newest 1,000 are kept.
    async fn create_upload(&self, workspace: WorkspaceId, upload: Upload) -> Result<()>;

    /// Replaces what is known of one that hasn't ended; whether there is such a one.
    async fn put_upload(&self, workspace: WorkspaceId, upload: Upload) -> Result<bool>;

    /// One by its id.
    async fn upload(&self, workspace: WorkspaceId, id: &str) -> Result<Option<Upload>>;

    /// All, newest first, without their failures.
    async fn uploads(&self, workspace: WorkspaceId) -> Result<Vec<Upload>>;

    /// Forgets one; whether it was there.
    async fn delete_upload(&self, workspace: WorkspaceId, id: &str) -> Result<bool>;
}

#[async_trait]
impl<E: Engine> Uploads for E {
    async fn create_upload(&self, workspace: WorkspaceId, upload: Upload) -> Result<()> {
        self.write(move |db| uploads::create(db, workspace, &upload)).await
    }

    async fn put_upload(&self, workspace: WorkspaceId, upload: Upload) -> Result<bool> {
        self.write(move |db| uploads::put(db, workspace, &upload)).await
    }

    async fn upload(&self, workspace: WorkspaceId, id: &str) -> Result<Option<Upload>> {
        let id = id.to_owned();
        self.query(move |db| uploads::upload(db, workspace, &id)).await
    }

    async fn uploads(&self, workspace: WorkspaceId) -> Result<Vec<Upload>> {
        self.query(move |db| uploads::all(db, workspace)).await
    }

    async fn delete_upload(&self, workspace: WorkspaceId, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |db| uploads::delete(db, workspace, &id)).await
    }
}
