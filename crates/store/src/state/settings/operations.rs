//! The operations on settings.

use consent::WorkspaceId;

use crate::store::{Answer, Key, Store};
use crate::types::{ChangeSettings, Settings};

impl Store {
    /// The workspace's settings.
    pub fn settings(&self, workspace: WorkspaceId) -> Answer<Settings> {
        self.query("settings", Key::Workspace(workspace), move |db| super::settings(db, workspace))
    }

    /// Changes the workspace's settings, and answers what they are now. Whoever changes them at the same time, on any node,
    /// comes before or after: neither undoes the other.
    pub fn update_settings(&self, workspace: WorkspaceId, change: ChangeSettings) -> Answer<Settings> {
        self.write("update_settings", Key::Workspace(workspace), move |db| {
            super::update(db, workspace, &*change)
        })
    }
}
