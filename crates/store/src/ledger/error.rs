//! What can go wrong with the ledger's files.

use std::io;

/// Why the ledger could not be written, read, proved or believed. Files are named relative to the ledger's folder.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system refused; a full disk shows as [`io::ErrorKind::StorageFull`].
    #[error("cannot {action} {file}: {source}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file, relative to the ledger's folder.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// A file that the checkpoint covers is missing.
    #[error("{file} is missing, though the checkpoint covers it")]
    Missing {
        /// The file, relative to the ledger's folder.
        file: String,
    },
    /// A file that the checkpoint covers does not hold what was signed.
    #[error("{file} is damaged{}: {what}", entry_text(*.index))]
    Damaged {
        /// The file, relative to the ledger's folder.
        file: String,
        /// The first entry (zero-based) that is affected, where it can be told.
        index: Option<u64>,
        /// What is wrong.
        what: &'static str,
    },
    /// Another process writes this ledger.
    #[error("the ledger is being written by another process")]
    Locked,
    /// The text is no signed checkpoint (C2SP tlog-checkpoint).
    #[error("malformed checkpoint")]
    MalformedCheckpoint,
    /// The checkpoint carries no valid signature by the key asked for, or belongs to another log.
    #[error("the checkpoint is not signed by {key}")]
    Signature {
        /// Name of the key, which is the log's origin.
        key: String,
    },
    /// An origin must be 1 to 255 bytes without white space, control characters and plus (C2SP signed-note).
    #[error("an origin must be 1 to 255 bytes without white space, control characters and plus")]
    Origin,
    /// The text is no Ed25519 verifier key (C2SP signed-note, `name+hash+base64`).
    #[error("malformed verifier key")]
    VerifierKey,
    /// A leaf is longer than an entry bundle can hold.
    #[error("leaf {index} is {length} bytes long, more than 65535")]
    LeafTooLong {
        /// Zero-based index the leaf would have had.
        index: u64,
        /// Its length in bytes.
        length: usize,
    },
    /// There is no such entry or tree size.
    #[error("{index} is outside the ledger, which holds {size} entries")]
    OutOfRange {
        /// The index or tree size asked for.
        index: u64,
        /// Entries in the ledger.
        size: u64,
    },
    /// An earlier signed checkpoint is no prefix of the present one: entries were changed or removed.
    #[error("the ledger of {new} entries does not continue the signed one of {old} entries")]
    Inconsistent {
        /// Entries under the earlier checkpoint.
        old: u64,
        /// Entries under the present checkpoint.
        new: u64,
    },
    /// A proof does not lead from the leaf to the signed root.
    #[error("the proof does not lead to the signed root")]
    Proof,
    /// The receipt doesn't tell whose the entry is, or tells it wrongly.
    #[error("what the receipt says of whose entry it is doesn't fit the entry")]
    Opening,
    /// The text is no receipt (C2SP tlog-proof with the leaf as extra data).
    #[error("malformed receipt")]
    MalformedReceipt,
}

impl LedgerError {
    pub(super) fn io(action: &'static str, file: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, file: file.into(), source }
    }

    /// Whether the disk or the quota is full, which passes when room is made.
    pub fn is_storage_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

fn entry_text(index: Option<u64>) -> String {
    index.map(|index| format!(" at entry {index}")).unwrap_or_default()
}
