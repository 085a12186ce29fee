//! The operations on the suppression list.

use consent::{Namespace, WorkspaceId};

use crate::store::{Answer, Key, Store};
use crate::types::{EntryKind, SuppressionCategory, SuppressionEntry};

impl Store {
    /// The entries of one value, by category; expired ones too.
    pub fn suppression(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Answer<Vec<SuppressionEntry>> {
        let (namespace, value) = (namespace.clone(), value.to_owned());
        self.query("suppression", Key::Workspace(workspace), move |db| {
            super::of_value(db, workspace, &namespace, &value)
        })
    }

    /// How many entries there are, by namespace, category and kind; counts the rows.
    pub fn suppression_counts(
        &self,
        workspace: WorkspaceId,
    ) -> Answer<Vec<(Namespace, SuppressionCategory, EntryKind, u64)>> {
        self.query("suppression_counts", Key::Workspace(workspace), move |db| super::counts(db, workspace))
    }

    /// Puts entries on the suppression list, at most [`crate::IMPORT_MAX`] at once. Of an entry that is there already,
    /// of the same value and category, everything but [`SuppressionEntry::at`] is replaced; an expiry only by a later
    /// one or none, as both callers wanted silence at least that long. Answers, in order, whether each is new.
    pub fn suppress(&self, workspace: WorkspaceId, entries: Vec<SuppressionEntry>) -> Answer<Vec<bool>> {
        self.write("suppress", Key::Each(workspace), move |db| {
            let added = super::suppress(db, workspace, &entries)?;
            db.suppression_grew(entries.len())?;
            Ok(added)
        })
    }
}
