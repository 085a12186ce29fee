//! An entry of the allow list, as it is shown.

use consent::Timestamp;
use intake::suppression::type_name;
use serde::Serialize;
use store::AllowEntry;

use crate::shape;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AllowListEntry)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// What it names: an address, a domain.
    #[serde(rename = "type")]
    pub kind: String,
    /// The namespace of the address; for a domain `email`.
    pub namespace: String,
    /// The address or domain.
    pub value: String,
    /// A note.
    pub comment: String,
    /// Who put it there.
    pub by: String,
    /// When.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<AllowEntry> for Entry {
    fn from(entry: AllowEntry) -> Self {
        let AllowEntry { namespace, value, comment, by, at } = entry;
        let kind = type_name(&namespace, &value).to_owned();
        Self { kind, namespace: namespace.as_str().to_owned(), value, comment, by, at }
    }
}
