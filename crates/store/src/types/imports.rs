//! Imports as a whole, and what taking one back does.

use consent::{ImportId, Timestamp};
use serde::{Deserialize, Serialize};

/// Most rows in one import transaction.
pub const IMPORT_MAX: usize = 32_768;

/// A file that is about to be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    /// Its name as it was given; empty for standard input.
    pub file: String,
    /// SHA-256 of it, in hex.
    pub sha256: String,
    /// When the import began.
    pub started_at: Timestamp,
}

/// What became of a file's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportCounts {
    /// Rows in the file.
    pub read: u64,
    /// New profiles.
    pub created: u64,
    /// Profiles changed.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Addresses that it put on the suppression list.
    pub suppressed: u64,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    /// Its id.
    pub id: ImportId,
    /// Its file.
    pub file: NewImport,
    /// When it ended; `None` while it goes on, or if it died.
    pub finished_at: Option<Timestamp>,
    /// What became of its rows, once it has ended.
    pub counts: ImportCounts,
    /// When somebody began to take it back.
    pub undo_began_at: Option<Timestamp>,
    /// When all of it was taken back.
    pub undone_at: Option<Timestamp>,
    /// What taking it back did so far.
    pub undone: UndoCounts,
}

/// Where rows stand in an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportPlace {
    /// Which import.
    pub import: ImportId,
    /// Number of the first row; each row of an import has a number of its own.
    pub first: u64,
}

/// What taking an import back did, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UndoCounts {
    /// Profiles that the import created or changed.
    pub profiles: u64,
    /// Of them, those that are what they were before.
    pub restored: u64,
    /// Of them, those that the import created and that are gone.
    pub deleted: u64,
    /// Created by it, and kept without its attributes and ids for a refusal, or another value that holds messages back.
    pub kept_for_refusal: u64,
    /// Created by it, and kept because something happened since: an entry in the ledger, a message, a text.
    pub kept_for_history: u64,
    /// Created by it, and kept because a later import names them, too.
    pub kept_for_import: u64,
    /// Merged into another profile since, and left alone.
    pub merged: u64,
    /// Consents that were taken back.
    pub consents: u64,
    /// Addresses that were taken off people who had been there before.
    pub addresses: u64,
    /// Refusals that the import brought, and that stay.
    pub refusals_kept: u64,
    /// Values that stay because a newer one stands, or because what was before would send more.
    pub values_kept: u64,
    /// Addresses that stay because something is known of them by now.
    pub addresses_kept: u64,
}

impl UndoCounts {
    /// Adds what another step did.
    pub fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.profiles, other.profiles),
            (&mut self.restored, other.restored),
            (&mut self.deleted, other.deleted),
            (&mut self.kept_for_refusal, other.kept_for_refusal),
            (&mut self.kept_for_history, other.kept_for_history),
            (&mut self.kept_for_import, other.kept_for_import),
            (&mut self.merged, other.merged),
            (&mut self.consents, other.consents),
            (&mut self.addresses, other.addresses),
            (&mut self.refusals_kept, other.refusals_kept),
            (&mut self.values_kept, other.values_kept),
            (&mut self.addresses_kept, other.addresses_kept),
        ];
        for (sum, count) in sums {
            *sum += count;
        }
    }
}
