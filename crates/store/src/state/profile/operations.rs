//! The operations that read profiles.

use consent::{ListId, ProfileId, WorkspaceId};
use roaring::RoaringTreemap;

use crate::store::{Answer, Key, Store};
use crate::types::ProfileView;

impl Store {
    /// All that is known of a profile.
    pub fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Answer<Option<ProfileView>> {
        self.query("profile", Key::Profile(workspace, profile), move |db| super::view(db, workspace, profile))
    }

    /// All profiles that existed at the call.
    pub fn all_profiles(&self, workspace: WorkspaceId) -> Answer<RoaringTreemap> {
        self.query("all_profiles", Key::Workspace(workspace), move |db| super::all(db, workspace))
    }

    /// The profiles that have any value recorded for a list: who of them is subscribed, the decision tells.
    pub fn list_profiles(&self, workspace: WorkspaceId, list: ListId) -> Answer<RoaringTreemap> {
        self.query("list_profiles", Key::Workspace(workspace), move |db| super::of_list(db, workspace, list))
    }
}
