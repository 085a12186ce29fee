//! What can go wrong.

/// What every operation answers with.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store couldn't do it. Nothing was changed, unless said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Can't write right now (disk full, locked for too long, shutting down). Trying again later can help.
    #[error("the store can't take this right now: {0}")]
    Unavailable(String),
    /// Another process holds it.
    #[error("{0} is in use by another process")]
    Busy(String),
    /// Another node changed the same at the same moment, again and again.
    #[error("others change the same right now")]
    Conflict,
    /// The database refuses us a right.
    #[error("the database refuses: {0}")]
    Denied(String),
    /// A name that is taken.
    #[error("{0} exists already")]
    Exists(String),
    /// Something that the request names isn't there.
    #[error("{0} doesn't exist")]
    Missing(String),
    /// An undo that came too late: a newer choice has been recorded.
    #[error("a newer choice has been recorded since")]
    Superseded,
    /// A value that the store can't keep.
    #[error("{0}")]
    Invalid(String),
    /// The data on disk isn't what it must be.
    #[error("the stored data is damaged: {0}")]
    Damaged(String),
    /// The data directory was written by a newer version.
    #[error("the data directory has schema version {found}, this program knows up to {known}")]
    TooNew {
        /// In the directory.
        found: i64,
        /// In the program.
        known: i64,
    },
    /// The ledger's files.
    #[error(transparent)]
    Ledger(#[from] crate::ledger::LedgerError),
}

impl StoreError {
    /// Whether the same request can succeed later without anything else changing.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_) | Self::Conflict)
    }
}
