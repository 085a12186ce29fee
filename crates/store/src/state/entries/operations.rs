//! The operations that read pages of both lists.

use consent::WorkspaceId;

use crate::store::{Answer, Key, Store};
use crate::types::{AllowEntry, EntryPage, EntryQuery, SuppressionEntry};

impl Store {
    /// A page of the suppression list.
    pub fn suppressions(
        &self,
        workspace: WorkspaceId,
        query: EntryQuery,
    ) -> Answer<EntryPage<SuppressionEntry>> {
        self.query("suppressions", Key::Workspace(workspace), move |db| {
            super::suppressions(db, workspace, &query)
        })
    }

    /// A page of the allow list.
    pub fn allow_entries(&self, workspace: WorkspaceId, query: EntryQuery) -> Answer<EntryPage<AllowEntry>> {
        self.query("allow_entries", Key::Workspace(workspace), move |db| {
            super::allowed(db, workspace, &query)
        })
    }
}
