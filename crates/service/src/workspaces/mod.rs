//! Workspaces: isolated sets of people, lists, definitions and settings.

pub mod create;
pub mod list;

use serde::Serialize;
use store::Workspace;

use crate::shape;

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its id.
    #[serde(serialize_with = "shape::text")]
    pub id: consent::WorkspaceId,
    /// Its name.
    pub name: String,
}

impl From<Workspace> for Shown {
    fn from(Workspace { id, name }: Workspace) -> Self {
        Self { id, name }
    }
}
