//! What an import's row changed of a profile.

use std::collections::BTreeMap;

use consent::{AddressId, EntryId, ProfileId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::state::rows::Details;

/// The row created the profile.
pub(crate) const CREATED: u8 = 1;
/// The profile had [`consent::ConsentWord::NO_DEFAULT`] before.
pub(crate) const NO_DEFAULT_BEFORE: u8 = 2;
/// The profile stood for nothing but its address before.
pub(crate) const UNCLAIMED_BEFORE: u8 = 4;
/// The row brings its person in.
pub(crate) const BRINGS_IN: u8 = 8;
/// It stands for several rows, see [`super::runs`].
pub(super) const RUN: u8 = 16;

/// Profiles that are taken back in one transaction.
pub(super) const PROFILES: usize = 500;

/// A text before and after.
type Texts = (Option<String>, Option<String>);

/// What the row overwrote. Of a new profile that is nothing but consents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Image {
    /// The ledger entries that it made.
    #[serde(rename = "e", skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<EntryId>,
    /// The addresses that a profile that was there got.
    #[serde(rename = "n", skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<AddressId>,
    /// The external id that it set.
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The locale before and after.
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    pub locale: Option<Texts>,
    /// What its consent document holds beside its values, before and after.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub remainder: Option<Texts>,
    /// Attributes before and after.
    #[serde(rename = "a", skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, (Option<Json>, Json)>,
    /// Of a run ([`RUN`]): how many entries each of its profiles got, the first of which is the only one in `entries`.
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<u32>,
    /// Of a run: which of its profiles have [`BRINGS_IN`] where the first has not, or the other way, counted from 0. Programs
    /// that don't know this take it from the first, and nothing that they do with a new profile depends on it.
    #[serde(rename = "o", skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<u32>,
}

impl Image {
    /// Notes what an update changes.
    pub fn note_details(&mut self, before: &Details<'_>, after: &Details<'_>) {
        let texts = |one: Option<&str>, other: Option<&str>| {
            (one != other).then(|| (one.map(str::to_owned), other.map(str::to_owned)))
        };
        if before.external_id.is_none() {
            self.external_id = after.external_id.as_deref().map(str::to_owned);
        }
        self.locale = texts(before.locale.as_deref(), after.locale.as_deref());
        self.remainder = texts(before.remainder.as_deref(), after.remainder.as_deref());
        if before.attributes != after.attributes {
            let mut old = members(before.attributes.as_deref());
            for (name, new) in members(after.attributes.as_deref()) {
                let old = old.remove(&name);
                if old.as_ref() != Some(&new) {
                    self.attributes.insert(name, (old, new));
                }
            }
        }
    }
}

/// The members of attributes as they are stored.
pub(super) fn members(attributes: Option<&str>) -> serde_json::Map<String, Json> {
    attributes.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A row's image, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    /// Whose.
    pub profile: ProfileId,
    /// The row's number.
    pub number: u64,
    /// [`CREATED`] and the like.
    pub flags: u8,
    /// What the row overwrote.
    pub image: Image,
}
