//! The part of the interface about who is never, or only, sent to, and about what comes back.

use async_trait::async_trait;
use consent::{Address, Namespace, RunId, WorkspaceId};

use super::Result;
use crate::types::{
    AllowEntry, EntryKind, EntryPage, EntryQuery, Feedback, FeedbackCount, FeedbackId, Removal, Removed,
    SuppressionCategory, SuppressionEntry, Taken,
};

/// The suppression list, the allow list, and the feedback that fills the former. A part of [`super::Store`], whose
/// rules it keeps.
#[async_trait]
pub trait SuppressionStore: Send + Sync {
    // ---- suppression list and allow list ---------------------------------------------------------------------

    /// Puts entries on the suppression list, at most [`crate::IMPORT_MAX`] at once. Of an entry that is there already,
    /// of the same value and category, everything but [`SuppressionEntry::at`] is replaced; an expiry only by a later
    /// one or none, as both callers wanted silence at least that long. Answers, in order, whether each is new.
    async fn suppress(&self, workspace: WorkspaceId, entries: Vec<SuppressionEntry>) -> Result<Vec<bool>>;

    /// Takes values off the suppression list and keeps a record of what was there and why it went. Soft bounces of the
    /// address are forgotten. Answers, in order, the entries that were removed.
    async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        removals: Vec<Removal>,
    ) -> Result<Vec<Vec<SuppressionEntry>>>;

    /// The entries of one value, by category; expired ones too.
    async fn suppression(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Result<Vec<SuppressionEntry>>;

    /// What was taken off the suppression list, newest first, of one value or of all, at most `limit`.
    async fn removed(
        &self,
        workspace: WorkspaceId,
        value: Option<(Namespace, String)>,
        limit: usize,
    ) -> Result<Vec<Removed>>;

    /// A page of the suppression list.
    async fn suppressions(
        &self,
        workspace: WorkspaceId,
        query: EntryQuery,
    ) -> Result<EntryPage<SuppressionEntry>>;

    /// How many entries there are, by namespace, category and kind; counts the rows.
    async fn suppression_counts(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(Namespace, SuppressionCategory, EntryKind, u64)>>;

    /// Adds or replaces allow entries; answers, in order, whether each is new.
    async fn allow(&self, workspace: WorkspaceId, entries: Vec<AllowEntry>) -> Result<Vec<bool>>;

    /// Removes allow entries, given by namespace and value; answers, in order, whether each was there.
    async fn disallow(&self, workspace: WorkspaceId, entries: Vec<(Namespace, String)>) -> Result<Vec<bool>>;

    /// The allow entry of one value.
    async fn allow_entry(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Result<Option<AllowEntry>>;

    /// A page of the allow list.
    async fn allow_entries(&self, workspace: WorkspaceId, query: EntryQuery)
    -> Result<EntryPage<AllowEntry>>;

    // ---- feedback --------------------------------------------------------------------------------------------

    /// Which pieces of feedback have been taken already, in order.
    async fn feedback_known(&self, workspace: WorkspaceId, ids: Vec<FeedbackId>) -> Result<Vec<bool>>;

    /// Takes what came back about messages, each once by its id, all or none, at most 1,000 at once: keeps it, counts
    /// soft bounces by the workspace's [`crate::Settings::soft_bounces`], and suppresses. Changes of consent that feedback asks
    /// for are recorded by the caller before, so that one that dies in between is asked again.
    async fn take_feedback(&self, workspace: WorkspaceId, feedback: Vec<Feedback>) -> Result<Vec<Taken>>;

    /// What came back about a run's messages, counted; about all messages and none if absent.
    async fn feedback_counts(&self, workspace: WorkspaceId, run: Option<RunId>)
    -> Result<Vec<FeedbackCount>>;

    /// What came back about one address, newest first, at most `limit`.
    async fn feedback_of(
        &self,
        workspace: WorkspaceId,
        address: &Address,
        limit: usize,
    ) -> Result<Vec<Feedback>>;
}
