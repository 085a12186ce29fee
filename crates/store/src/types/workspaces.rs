//! Workspaces.

use consent::WorkspaceId;

/// An isolated set of people, lists, definitions and settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id, which links name.
    pub id: WorkspaceId,
    /// Its name: 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    pub name: String,
}

impl Workspace {
    /// Ids that a link's token has room for.
    pub const ID_MAX: i64 = (1 << 21) - 1;
}
