//! Updating a profile that is there: only what differs is written.

use consent::{Address, AddressId, ProfileId};
use rusqlite::params;
use serde_json::Value as Json;

use super::changes::group;
use super::{Importer, JSON_BYTES_MAX, RowAddresses, set_preferred};
use crate::api::Result;
use crate::error::StoreError;
use crate::state::record::{AddressState, ProfileState, Rule};
use crate::state::stamps::Values;
use crate::types::{ProfileRow, RowOutcome};

pub(crate) const LOAD_ADDRESSES: &str =
    "SELECT id, namespace, position, key, raw, word, epoch, stamps FROM address
    WHERE profile = ?1 ORDER BY namespace, position, id";
pub(crate) const PLACE_ADDRESS: &str = "UPDATE address SET position = ?2, raw = ?3 WHERE id = ?1";
pub(crate) const LOAD_DETAILS: &str =
    "SELECT word, stamps, external_id, locale, time_zone, country, remainder, attributes
    FROM profile WHERE id = ?1 AND workspace = ?2";
pub(crate) const SAVE_DETAILS: &str =
    "UPDATE profile SET external_id = ?3, locale = ?4, time_zone = ?5, country = ?6,
    remainder = ?7, attributes = ?8 WHERE id = ?1 AND workspace = ?2";

/// What a profile has beside its consent.
#[derive(Clone, PartialEq, Eq)]
struct Details {
    external_id: Option<String>,
    locale: Option<String>,
    time_zone: Option<String>,
    country: Option<String>,
    remainder: Option<String>,
    attributes: Option<String>,
}

/// An address that the profile has, or gets.
struct Held {
    state: AddressState,
    /// Values as they are stored; `None` for a new address.
    stored: Option<Values>,
    namespace: i64,
    position: i64,
    key: String,
    raw: Option<String>,
}

impl Importer<'_> {
    pub(crate) fn update(
        &mut self,
        row: &ProfileRow,
        addresses: &RowAddresses<'_>,
        id: ProfileId,
        merges: &[ProfileId],
    ) -> Result<RowOutcome> {
        let (mut profile, before) = self.load(id)?;
        let stored = profile.values.clone();
        let mut changed = !merges.is_empty();
        let details = match merged(&before, row) {
            Err(StoreError::Invalid(reason)) => return self.reject(row, Some(id), &reason),
            details => details?,
        };
        if details != before {
            self.save(id, &details)?;
            changed = true;
        }
        if before.external_id.is_none() {
            self.recorder.note_claimed(id)?;
        }
        for merged in merges {
            self.recorder.merge(*merged, &mut profile, row.received_at)?;
        }
        set_preferred(&mut profile.values, row.preferred);
        let mut held = self.held(id)?;
        let places = self.claim_places(&mut held, addresses, id);
        for group in group(row, addresses) {
            let address = group.address.map(|at| &mut held[places[at]].state);
            let recorded = self.recorder.apply(&mut profile, address, &group.change, Rule::Resolve)?;
            changed |= recorded.entry.is_some();
        }
        changed |= self.write_addresses(&held, &order(&held, addresses, &places), addresses, &places)?;
        if profile.values != stored {
            self.recorder.save_profile(&profile)?;
            changed = true;
        }
        Ok(if changed { RowOutcome::Updated(id) } else { RowOutcome::Unchanged(id) })
    }

    fn load(&mut self, id: ProfileId) -> Result<(ProfileState, Details)> {
        let mut rows = self.load_details.query((id.0, self.recorder.workspace.0))?;
        let row = rows.next()?.ok_or_else(|| StoreError::Damaged(format!("{id} is missing")))?;
        let values = Values::unpack(row.get(0)?, row.get_ref(1)?.as_blob_or_null()?)?;
        let details = Details {
            external_id: row.get(2)?,
            locale: row.get(3)?,
            time_zone: row.get(4)?,
            country: row.get(5)?,
            remainder: row.get(6)?,
            attributes: row.get(7)?,
        };
        Ok((ProfileState { id, values }, details))
    }

    fn save(&mut self, id: ProfileId, details: &Details) -> Result<()> {
        self.save_details.execute(params![
            id.0,
            self.recorder.workspace.0,
            details.external_id,
            details.locale,
            details.time_zone,
            details.country,
            details.remainder,
            details.attributes,
        ])?;
        Ok(())
    }

    fn held(&mut self, profile: ProfileId) -> Result<Vec<Held>> {
        let mut held = Vec::new();
        let mut rows = self.load_addresses.query([profile.0])?;
        while let Some(row) = rows.next()? {
            let values = Values::unpack(row.get(5)?, row.get_ref(7)?.as_blob_or_null()?)?;
            let state = AddressState { id: AddressId(row.get(0)?), profile, values, epoch: row.get(6)? };
            held.push(Held {
                stored: Some(state.values.clone()),
                state,
                namespace: row.get(1)?,
                position: row.get(2)?,
                key: row.get(3)?,
                raw: row.get(4)?,
            });
        }
        Ok(held)
    }

    /// For each of the row's addresses its place in `held`; new ones are added there.
    fn claim_places(
        &mut self,
        held: &mut Vec<Held>,
        addresses: &RowAddresses<'_>,
        profile: ProfileId,
    ) -> Vec<usize> {
        let mut places = Vec::with_capacity(addresses.len());
        for row_address in addresses {
            let key = row_address.address.key();
            let known =
                held.iter().position(|held| held.namespace == row_address.namespace && held.key == key);
            places.push(known.unwrap_or_else(|| {
                let id = self.recorder.new_address_id();
                held.push(Held {
                    state: AddressState { id, profile, values: Values::default(), epoch: 0 },
                    stored: None,
                    namespace: row_address.namespace,
                    position: -1,
                    key: key.to_owned(),
                    raw: None,
                });
                held.len() - 1
            }));
        }
        places
    }

    fn write_addresses(
        &mut self,
        held: &[Held],
        positions: &[i64],
        addresses: &RowAddresses<'_>,
        places: &[usize],
    ) -> Result<bool> {
        let mut changed = false;
        for (at, (one, position)) in held.iter().zip(positions).enumerate() {
            let given = places.iter().position(|place| *place == at).map(|place| &addresses[place]);
            let Some(stored) = &one.stored else {
                let Some(given) = given else { continue };
                self.recorder.insert_address(&one.state, given.address, one.namespace, *position)?;
                changed = true;
                continue;
            };
            if *stored != one.state.values {
                self.recorder.save_address(&one.state)?;
                changed = true;
            }
            let raw =
                given.filter(|given| !given.appended).map_or(one.raw.as_deref(), |given| raw(given.address));
            if *position != one.position || raw != one.raw.as_deref() {
                self.place_address.execute((one.state.id.0, position, raw))?;
                changed = true;
            }
        }
        Ok(changed)
    }
}

/// The raw form's column.
fn raw(address: &Address) -> Option<&str> {
    (address.raw() != address.key()).then_some(address.raw())
}

/// The position of each address: those that the row lists come first of their namespace, in the row's order.
fn order(held: &[Held], addresses: &RowAddresses<'_>, places: &[usize]) -> Vec<i64> {
    let rank = |at: usize| {
        let listed = places.iter().position(|place| *place == at).filter(|place| !addresses[*place].appended);
        (listed.unwrap_or(usize::MAX), at)
    };
    let mut sorted: Vec<usize> = (0..held.len()).collect();
    sorted.sort_by_key(|at| (held[*at].namespace, rank(*at)));
    let mut positions = vec![0; held.len()];
    for pair in 1..sorted.len() {
        let (before, at) = (sorted[pair - 1], sorted[pair]);
        if held[before].namespace == held[at].namespace {
            positions[at] = positions[before] + 1;
        }
    }
    positions
}

fn merged(before: &Details, row: &ProfileRow) -> Result<Details> {
    let other = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
    Ok(Details {
        external_id: other(&before.external_id, &row.external_id),
        locale: other(&row.locale, &before.locale),
        time_zone: other(&row.time_zone, &before.time_zone),
        country: row.country.map(|country| country.as_str().to_owned()).or_else(|| before.country.clone()),
        remainder: merged_json(
            before.remainder.as_ref(),
            row.remainder.as_ref(),
            consent::xdm::merge_remainder,
        )?,
        attributes: merged_json(before.attributes.as_ref(), row.attributes.as_ref(), merge_members)?,
    })
}

/// Merges two JSON texts; texts that are equal aren't looked into, and a merge that changes nothing keeps the old text.
fn merged_json(
    before: Option<&String>,
    new: Option<&String>,
    merge: fn(Json, Json) -> Json,
) -> Result<Option<String>> {
    let (Some(old), Some(new)) = (before, new) else { return Ok(new.or(before).cloned()) };
    if old == new {
        return Ok(Some(old.clone()));
    }
    let parsed: Json = serde_json::from_str(old)
        .map_err(|error| StoreError::Damaged(format!("stored attributes: {error}")))?;
    let new = serde_json::from_str(new)
        .map_err(|_| StoreError::Invalid("the attributes are not JSON".to_owned()))?;
    let merged = merge(parsed.clone(), new);
    if merged == parsed {
        return Ok(Some(old.clone()));
    }
    let text = merged.to_string();
    if text.len() > JSON_BYTES_MAX {
        return Err(StoreError::Invalid(format!(
            "with what is stored, the attributes are longer than {JSON_BYTES_MAX} bytes"
        )));
    }
    Ok(Some(text))
}

/// The new members and those that are only in the old object.
fn merge_members(old: Json, new: Json) -> Json {
    match (old, new) {
        (Json::Object(mut old), Json::Object(new)) => {
            old.extend(new);
            Json::Object(old)
        }
        (_, new) => new,
    }
}
