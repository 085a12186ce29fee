//! The operations on the allow list.

use consent::{Namespace, WorkspaceId};

use crate::store::{Answer, Key, Store};
use crate::types::AllowEntry;

impl Store {
    /// Adds or replaces allow entries; answers, in order, whether each is new.
    pub fn allow(&self, workspace: WorkspaceId, entries: Vec<AllowEntry>) -> Answer<Vec<bool>> {
        self.write("allow", Key::Each(workspace), move |db| super::allow(db, workspace, &entries))
    }

    /// Removes allow entries, given by namespace and value; answers, in order, whether each was there.
    pub fn disallow(&self, workspace: WorkspaceId, entries: Vec<(Namespace, String)>) -> Answer<Vec<bool>> {
        self.write("disallow", Key::Each(workspace), move |db| super::disallow(db, workspace, &entries))
    }

    /// The allow entry of one value.
    pub fn allow_entry(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Answer<Option<AllowEntry>> {
        let (namespace, value) = (namespace.clone(), value.to_owned());
        self.query("allow_entry", Key::Workspace(workspace), move |db| {
            super::of_value(db, workspace, &namespace, &value)
        })
    }
}
