//! Files that programs upload, to be imported into one of the two lists.

use consent::Timestamp;

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum UploadState {
    /// On the disk of the node that took it.
    Accepted = 1,
    /// Being imported.
    Pending = 2,
    /// Imported.
    Complete = 3,
    /// Given up because someone asked for it. What was imported before stays.
    Canceled = 4,
    /// Can't be imported.
    Error = 5,
}

impl UploadState {
    /// Whether nothing more will come of it.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Complete | Self::Canceled | Self::Error)
    }

    /// The state of a code that stands on disk.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Accepted, Self::Pending, Self::Complete, Self::Canceled, Self::Error];
        all.into_iter().find(|state| *state as u8 == code)
    }
}

/// An upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id: a UUID.
    pub id: String,
    /// Who sent it.
    pub by: String,
    /// What the file was called.
    pub filename: String,
    /// Whether it goes into the allow list, rather than the suppression list.
    pub allowed: bool,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How far it is.
    pub state: UploadState,
    /// Rows read.
    pub read: u64,
    /// Rows whose entries are on the list.
    pub handled: u64,
    /// Rows that didn't go in as they stand.
    pub failed: u64,
    /// Why it can't be imported; else empty.
    pub detail: String,
    /// Rows that didn't go in, as JSON; empty where uploads are listed.
    pub failures: String,
}
