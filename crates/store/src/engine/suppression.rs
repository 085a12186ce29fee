//! [`SuppressionStore`]'s operations on an [`Engine`].

use async_trait::async_trait;
use consent::{Address, Namespace, RunId, WorkspaceId};

use super::Engine;
use crate::api::{Result, SuppressionStore};
use crate::state::{allow, entries, feedback, suppression};
use crate::types::{
    AllowEntry, EntryKind, EntryPage, EntryQuery, Feedback, FeedbackCount, FeedbackId, Removal, Removed,
    SuppressionCategory, SuppressionEntry, Taken,
};

#[async_trait]
impl<E: Engine> SuppressionStore for E {
    async fn suppress(&self, workspace: WorkspaceId, entries: Vec<SuppressionEntry>) -> Result<Vec<bool>> {
        self.write(move |db| {
            let added = suppression::suppress(db, workspace, &entries)?;
            E::suppression_grew(db, entries.len())?;
            Ok(added)
        })
        .await
    }

    async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        removals: Vec<Removal>,
    ) -> Result<Vec<Vec<SuppressionEntry>>> {
        self.write(move |db| suppression::unsuppress(db, workspace, &removals)).await
    }

    async fn suppression(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Result<Vec<SuppressionEntry>> {
        let (namespace, value) = (namespace.clone(), value.to_owned());
        self.query(move |db| suppression::of_value(db, workspace, &namespace, &value)).await
    }

    async fn removed(
        &self,
        workspace: WorkspaceId,
        value: Option<(Namespace, String)>,
        limit: usize,
    ) -> Result<Vec<Removed>> {
        self.query(move |db| {
            let value = value.as_ref().map(|(namespace, value)| (namespace, value.as_str()));
            suppression::removed(db, workspace, value, limit)
        })
        .await
    }

    async fn suppressions(
        &self,
        workspace: WorkspaceId,
        query: EntryQuery,
    ) -> Result<EntryPage<SuppressionEntry>> {
        self.query(move |db| entries::suppressions(db, workspace, &query)).await
    }

    async fn suppression_counts(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(Namespace, SuppressionCategory, EntryKind, u64)>> {
        self.query(move |db| suppression::counts(db, workspace)).await
    }

    async fn allow(&self, workspace: WorkspaceId, entries: Vec<AllowEntry>) -> Result<Vec<bool>> {
        self.write(move |db| allow::allow(db, workspace, &entries)).await
    }

    async fn disallow(&self, workspace: WorkspaceId, entries: Vec<(Namespace, String)>) -> Result<Vec<bool>> {
        self.write(move |db| allow::disallow(db, workspace, &entries)).await
    }

    async fn allow_entry(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Result<Option<AllowEntry>> {
        let (namespace, value) = (namespace.clone(), value.to_owned());
        self.query(move |db| allow::of_value(db, workspace, &namespace, &value)).await
    }

    async fn allow_entries(
        &self,
        workspace: WorkspaceId,
        query: EntryQuery,
    ) -> Result<EntryPage<AllowEntry>> {
        self.query(move |db| entries::allowed(db, workspace, &query)).await
    }

    async fn feedback_known(&self, workspace: WorkspaceId, ids: Vec<FeedbackId>) -> Result<Vec<bool>> {
        self.query(move |db| feedback::known(db, workspace, &ids)).await
    }

    async fn take_feedback(&self, workspace: WorkspaceId, feedback: Vec<Feedback>) -> Result<Vec<Taken>> {
        self.write(move |db| {
            let taken = feedback::take(db, workspace, &feedback)?;
            E::suppression_grew(db, feedback.len())?;
            Ok(taken)
        })
        .await
    }

    async fn feedback_counts(
        &self,
        workspace: WorkspaceId,
        run: Option<RunId>,
    ) -> Result<Vec<FeedbackCount>> {
        self.query(move |db| feedback::counts(db, workspace, run)).await
    }

    async fn feedback_of(
        &self,
        workspace: WorkspaceId,
        address: &Address,
        limit: usize,
    ) -> Result<Vec<Feedback>> {
        let address = address.clone();
        self.query(move |db| feedback::of_address(db, workspace, &address, limit)).await
    }
}
