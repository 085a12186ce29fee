//! The operations that read ledger entries.

use consent::{EntryId, ProfileId, WorkspaceId};

use crate::store::{Answer, Key, Store};
use crate::types::{Entry, HistoryPage};

impl Store {
    /// One ledger entry.
    pub fn entry(&self, workspace: WorkspaceId, entry: EntryId) -> Answer<Option<Entry>> {
        self.query("entry", Key::Entry(workspace, entry), move |db| super::entry(db, workspace, entry))
    }

    /// A profile's ledger entries, newest first, at most `limit`, before `before` if given. Entries from before a merge
    /// (see [`Store::import`]) name the profile that they were about.
    pub fn history(
        &self,
        workspace: WorkspaceId,
        profile: ProfileId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Answer<HistoryPage> {
        self.query("history", Key::Profile(workspace, profile), move |db| {
            super::history(db, workspace, profile, before, limit)
        })
    }
}
