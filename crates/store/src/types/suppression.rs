//! The suppression list and the allow list.

use consent::{Namespace, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// Why an address or domain is suppressed. One value may have an entry of each category: they come and go by themselves,
/// and any of them suppresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SuppressionCategory {
    /// Someone at the brand, or a file, put it there.
    Manual = 1,
    /// A bounce that says that the address doesn't exist.
    Hard = 2,
    /// Soft bounces past their limit.
    Soft = 3,
    /// The person reported a message as spam.
    Complaint = 4,
}

impl SuppressionCategory {
    /// Every category.
    pub const ALL: [Self; 4] = [Self::Manual, Self::Hard, Self::Soft, Self::Complaint];

    /// `manual`, `hard`, `soft` or `complaint`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Complaint => "complaint",
        }
    }

    /// The category of a code that stands on disk.
    pub(crate) fn from_code(code: u8) -> Result<Self, StoreError> {
        let known = Self::ALL.into_iter().find(|category| *category as u8 == code);
        known.ok_or_else(|| StoreError::Damaged(format!("a suppression of the category {code}")))
    }
}

/// A suppression entry: never sent to, whatever the consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionEntry {
    /// Namespace of the address; for a domain `email`.
    pub namespace: Namespace,
    /// The address's key ([`consent::Address::key`]); a domain as lower-case A-label; or, where the address mayn't be
    /// shared, `sha256:` and the 64 lower-case hex digits of its key's SHA-256.
    pub value: String,
    /// Which kind of entry.
    pub category: SuppressionCategory,
    /// Why, in words: a bounce's reason, or what someone wrote. At most 200 bytes.
    pub reason: String,
    /// Who put it there. At most 200 bytes.
    pub by: String,
    /// When it was put there first.
    pub at: Timestamp,
    /// When it was last put there again.
    pub updated_at: Timestamp,
    /// Until when, if not for good.
    pub expires_at: Option<Timestamp>,
}

/// Taking a value off the suppression list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Namespace of the address; for a domain `email`.
    pub namespace: Namespace,
    /// As in [`SuppressionEntry::value`].
    pub value: String,
    /// Only the entry of this category; all if absent.
    pub category: Option<SuppressionCategory>,
    /// Why; not empty.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An entry that was taken off the suppression list, kept as a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// As it was.
    pub entry: SuppressionEntry,
    /// Why it was removed, by whom and when.
    pub removal: Removal,
}

/// Which of the two lists' entries to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryQuery {
    /// Only this namespace.
    pub namespace: Option<Namespace>,
    /// Only addresses, domains or hashes.
    pub kind: Option<EntryKind>,
    /// Only this category; of the allow list every entry has none.
    pub category: Option<SuppressionCategory>,
    /// In which order.
    pub order: EntryOrder,
    /// Only those put there at this time or later.
    pub added_from: Option<Timestamp>,
    /// Only those put there before this time.
    pub added_before: Option<Timestamp>,
    /// Go on behind this cursor, as the page before gave it.
    pub after: Option<String>,
    /// At most so many, up to 10,000.
    pub limit: usize,
}

/// What an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// One address.
    Address,
    /// All addresses of a domain.
    Domain,
    /// One address, by its hash.
    Hash,
}

/// An order of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryOrder {
    /// By namespace and value: what an export streams in.
    #[default]
    Value,
    /// By value, backwards, within one namespace, which the query names.
    ValueDescending,
    /// Newest first, by [`SuppressionEntry::at`].
    Newest,
    /// Oldest first.
    Oldest,
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPage<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// The cursor of the next page, if there is more.
    pub next: Option<String>,
}

/// An allow entry: while a channel's allow list is active, only these are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowEntry {
    /// Namespace of the address; for a domain `email`.
    pub namespace: Namespace,
    /// The address's key or a domain as lower-case A-label.
    pub value: String,
    /// A note. At most 200 bytes.
    pub comment: String,
    /// Who put it there. At most 200 bytes.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
