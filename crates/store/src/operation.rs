//! What is told of an operation: how its rows are found, and what it does to them.

use consent::{AddressId, EntryId, ProfileId, RunId, SendId, WorkspaceId};

/// The key by which an operation finds its rows. A database that is spread over servers can route by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Rows that exist once, in no workspace: link keys, the ledger's position.
    Installation,
    /// Rows of a workspace of which there are few: settings, lists, pages.
    Workspace(WorkspaceId),
    /// Rows of one profile.
    Profile(WorkspaceId, ProfileId),
    /// Rows of one address.
    Address(WorkspaceId, AddressId),
    /// One entry of the ledger.
    Entry(WorkspaceId, EntryId),
    /// The row of one message.
    Send(WorkspaceId, SendId),
    /// Rows of one run.
    Run(WorkspaceId, RunId),
    /// Many items, each with a key of its own.
    Each(WorkspaceId),
}

/// What an operation does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It reads.
    Read,
    /// It writes, or may.
    Write,
}

/// An operation, for logs and for faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The method's name.
    pub name: &'static str,
    /// How its rows are found.
    pub key: Key,
    /// What it does.
    pub access: Access,
}
