//! What an import's row changed of a profile, as it is kept until the import is taken back.

use std::collections::BTreeMap;

use consent::{AddressId, EntryId, ImportId, ProfileId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::runs;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::state::fence;
use crate::state::rows::Details;

/// The row created the profile.
pub(crate) const CREATED: u8 = 1;
/// The profile had [`consent::ConsentWord::NO_DEFAULT`] before.
pub(crate) const NO_DEFAULT_BEFORE: u8 = 2;
/// The profile stood for nothing but its address before.
pub(crate) const UNCLAIMED_BEFORE: u8 = 4;
/// The row brings its person in.
pub(crate) const BRINGS_IN: u8 = 8;
/// It stands for several rows, see [`runs`].
pub(super) const RUN: u8 = 16;

/// The row stands.
pub(super) const STANDS: u8 = 0;
/// Its values are taken back; what remains is to delete the profile, unless something is known of it.
pub(super) const TO_DELETE: u8 = 1;
/// Its values are taken back; what remains is to take its addresses off.
pub(super) const TO_TAKE_OFF: u8 = 2;

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

/// Keeps what rows overwrote.
pub(crate) fn keep(
    db: &impl Db,
    workspace: consent::WorkspaceId,
    import: ImportId,
    touches: &[Touch],
) -> Result<()> {
    const INSERT: &str = "INSERT INTO import_touch (workspace, import, profile, number, flags, state, image)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let touches = runs::fold(touches);
    // A program that doesn't know runs would take back the first profile of each and leave the others.
    if touches.iter().any(|touch| touch.flags & RUN != 0) {
        fence::open_only_to(db, fence::KNOWS_RUNS)?;
    }
    let images = touches.iter().map(|touch| serde_json::to_string(&touch.image));
    let images = images.collect::<std::result::Result<Vec<_>, _>>();
    let images = images.map_err(|error| StoreError::Invalid(error.to_string()))?;
    let rows = touches.iter().zip(&images).map(|(touch, image)| {
        *params![
            workspace.0,
            import.0,
            touch.profile.0,
            touch.number.cast_signed(),
            touch.flags,
            STANDS,
            image,
        ]
    });
    db.execute_all(INSERT, rows).map(drop)
}

/// The images of profiles after one, of rows in a state: by profile, each profile's newest first, and of each profile all.
pub(super) fn after(
    db: &impl Db,
    key: (consent::WorkspaceId, ImportId),
    state: u8,
    after: ProfileId,
    profiles: usize,
) -> Result<Vec<Touch>> {
    const LAST: &str = "SELECT max(profile) FROM (SELECT DISTINCT profile FROM import_touch
        WHERE workspace = ?1 AND import = ?2 AND profile > ?3 AND state = ?4 ORDER BY profile LIMIT ?5) AS page";
    const RUN: &str = "SELECT min(profile) FROM import_touch
        WHERE workspace = ?1 AND import = ?2 AND profile > ?3 AND profile <= ?5 AND state = ?4 AND flags & 16 <> 0";
    let (workspace, import) = key;
    let limit = profiles as i64;
    let last: Option<i64> =
        db.one(LAST, params![workspace.0, import.0, after.0, state, limit], |row| row.get(0))?;
    let Some(last) = last else { return Ok(Vec::new()) };
    let run: Option<i64> =
        db.one(RUN, params![workspace.0, import.0, after.0, state, last], |row| row.get(0))?;
    // A run is the end of a page: the profiles that it stands for come after it, and may have rows of their own besides.
    let mut touches = between(db, key, state, after, ProfileId(run.unwrap_or(last)))?;
    if let Some(first) = run {
        let until = touches.iter().map(runs::last).max().unwrap_or(after);
        touches.extend(between(db, key, state, ProfileId(first), until)?);
        touches = touches.into_iter().flat_map(runs::unfold).collect();
        touches.sort_by_key(|touch| (touch.profile, std::cmp::Reverse(touch.number)));
    }
    Ok(touches)
}

/// The rows as they are kept.
fn between(
    db: &impl Db,
    (workspace, import): (consent::WorkspaceId, ImportId),
    state: u8,
    after: ProfileId,
    until: ProfileId,
) -> Result<Vec<Touch>> {
    const SELECT: &str = "SELECT profile, number, flags, image FROM import_touch
        WHERE workspace = ?1 AND import = ?2 AND profile > ?3 AND profile <= ?5 AND state = ?4
        ORDER BY profile, number DESC";
    db.all(SELECT, params![workspace.0, import.0, after.0, state, until.0], |row| {
        let image = serde_json::from_str(row.get(3)?)
            .map_err(|error| StoreError::Damaged(format!("what {import} overwrote: {error}")))?;
        Ok(Touch { profile: ProfileId(row.get(0)?), number: row.get(1)?, flags: row.get(2)?, image })
    })
}
