//! An entry of the suppression list, as it is shown.

use consent::Timestamp;
use intake::suppression::type_name;
use serde::Serialize;
use store::SuppressionEntry;

use crate::shape;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SuppressionEntry)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// What it names: an address, a domain, the hash of an address.
    #[serde(rename = "type")]
    pub kind: String,
    /// The namespace of the address; for a domain `email`.
    pub namespace: String,
    /// The address, domain or hash.
    pub value: String,
    /// `manual`, `hard`, `soft` or `complaint`.
    #[schema(value_type = String)]
    pub category: &'static str,
    /// Why, in words.
    pub reason: String,
    /// Who put it there.
    pub by: String,
    /// When it was put there first.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it was last put there again.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Until when, if not for good.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Whether it suppresses now.
    pub in_force: bool,
}

impl Entry {
    /// An entry as it is at a moment.
    pub fn of(entry: SuppressionEntry, now: Timestamp) -> Self {
        let in_force = in_force(&entry, now);
        let SuppressionEntry { namespace, value, category, reason, by, at, updated_at, expires_at } = entry;
        Self {
            kind: type_name(&namespace, &value).to_owned(),
            namespace: namespace.as_str().to_owned(),
            value,
            category: category.as_str(),
            reason,
            by,
            at,
            updated_at,
            expires_at,
            in_force,
        }
    }
}

/// Whether an entry suppresses at a moment.
pub fn in_force(entry: &SuppressionEntry, now: Timestamp) -> bool {
    entry.expires_at.is_none_or(|expiry| now < expiry)
}
