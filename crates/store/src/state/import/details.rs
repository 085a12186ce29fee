//! Updating a profile that is there: only what differs is written.

use std::borrow::Cow;

use consent::jurisdiction::Country;
use consent::{Preferred, ProfileId};
use serde_json::Value as Json;

use super::changes::group;
use super::{Importer, JSON_BYTES_MAX, RowAddresses, taken};
use crate::error::{Result, StoreError};
use crate::state::imports::image::{self, Image};
use crate::state::record::{ProfileState, Rule};
use crate::state::rows::{AddressRow, AddressState, Details, Rows, raw};
use crate::state::stamps::Values;
use crate::types::{ProfileRow, RowOutcome};

/// An address that the profile has, or gets.
struct Held {
    row: AddressRow,
    /// Values as they are stored; `None` for a new address.
    stored: Option<Values>,
}

impl<R: Rows> Importer<'_, '_, R> {
    pub(crate) fn update(
        &mut self,
        row: &ProfileRow,
        addresses: &RowAddresses<'_>,
        id: ProfileId,
        merges: &[ProfileId],
    ) -> Result<RowOutcome> {
        let missing = || StoreError::Damaged(format!("{id} is missing"));
        let (stored, before) = self.recorder.rows.details(id)?.ok_or_else(missing)?;
        if let (Some(held), Some(given), Some(first)) =
            (&before.external_id, &row.external_id, addresses.first())
            && held != given
        {
            // Found by its addresses alone, which `subject` has looked at.
            return self.reject(row, None, &taken(first.address));
        }
        let mut profile = ProfileState { id, values: stored.clone() };
        let mut changed = !merges.is_empty();
        let details = match merged(&before, row) {
            Err(StoreError::Invalid(reason)) => return self.reject(row, Some(id), &reason),
            details => details?,
        };
        if details != before {
            self.recorder.rows.save_details(id, &details)?;
            changed = true;
        }
        let (mut image, mut flags) = (Image::default(), 0);
        image.note_details(&before, &details);
        if !stored.word().has_default() {
            flags |= image::NO_DEFAULT_BEFORE;
        }
        if before.external_id.is_none() && self.recorder.rows.is_unclaimed(id)? {
            flags |= image::UNCLAIMED_BEFORE;
            self.recorder.rows.note_claimed(id)?;
        }
        for merged in merges {
            self.recorder.merge(*merged, &mut profile, row.received_at)?;
        }
        if row.brings_in() {
            profile.bring_in();
        }
        self.set_preferred(&mut profile, row.preferred)?;
        let mut held = self.held(id)?;
        let places = self.claim_places(&mut held, addresses, id)?;
        for group in group(row, addresses) {
            let address = group.address.map(|at| &mut held[places[at]].row.state);
            let recorded = self.recorder.apply(&mut profile, address, &group.change, Rule::Resolve)?;
            changed |= recorded.entry.is_some();
            image.entries.extend(recorded.entry);
        }
        changed |= self.write_addresses(&held, &order(&held, addresses, &places), addresses, &places)?;
        if profile.values != stored {
            self.recorder.rows.save_profile(id, &profile.values)?;
            changed = true;
        }
        let new = held.iter().filter(|held| held.stored.is_none());
        image.addresses.extend(new.map(|held| held.row.state.id));
        if changed {
            self.touch(row, id, flags, image);
        }
        Ok(if changed { RowOutcome::Updated(id) } else { RowOutcome::Unchanged(id) })
    }

    /// Sets the preferred channel, unless the person has chosen one: a file is never later than that.
    fn set_preferred(&mut self, profile: &mut ProfileState, preferred: Option<Preferred>) -> Result<()> {
        let Some(preferred) = preferred else { return Ok(()) };
        if self.recorder.preferences(profile)?.preferred.is_none() {
            profile.values.set_word(|word| word.with_preferred(preferred));
        }
        Ok(())
    }

    fn held(&mut self, profile: ProfileId) -> Result<Vec<Held>> {
        let rows = self.recorder.rows.addresses_of(profile)?;
        Ok(rows.into_iter().map(|row| Held { stored: Some(row.state.values.clone()), row }).collect())
    }

    /// For each of the row's addresses its place in `held`; new ones are added there.
    fn claim_places(
        &mut self,
        held: &mut Vec<Held>,
        addresses: &RowAddresses<'_>,
        profile: ProfileId,
    ) -> Result<Vec<usize>> {
        let mut places = Vec::with_capacity(addresses.len());
        for row_address in addresses {
            let (namespace, key) = (row_address.namespace, row_address.address.key());
            let mut known =
                held.iter().position(|held| held.row.namespace == namespace && held.row.key == key);
            if known.is_none() {
                let former = consent::former_keys(row_address.address.namespace(), key);
                known = held
                    .iter()
                    .position(|held| held.row.namespace == namespace && former.contains(&held.row.key));
            }
            if let Some(known) = known {
                places.push(known);
                continue;
            }
            let id = self.recorder.rows.new_address_id()?;
            let state = AddressState { id, profile, values: Values::default(), epoch: 0 };
            let row = AddressRow { state, namespace, position: -1, key: key.to_owned(), raw: None };
            places.push(held.len());
            held.push(Held { row, stored: None });
        }
        Ok(places)
    }

    fn write_addresses(
        &mut self,
        held: &[Held],
        positions: &[i64],
        addresses: &RowAddresses<'_>,
        places: &[usize],
    ) -> Result<bool> {
        let mut changed = false;
        for (at, (Held { row: one, stored }, position)) in held.iter().zip(positions).enumerate() {
            let given = places.iter().position(|place| *place == at).map(|place| &addresses[place]);
            let Some(stored) = stored else {
                let Some(given) = given else { continue };
                self.recorder.insert_address(&one.state, given.address, one.namespace, *position)?;
                changed = true;
                continue;
            };
            if *stored != one.state.values {
                self.recorder.rows.save_address(&one.state)?;
                changed = true;
            }
            let raw = given.filter(|given| !given.appended).map_or(one.raw.as_deref(), |given| {
                // Kept under a former key, it is sent to at its present form.
                raw(given.address).or_else(|| Some(given.address.raw()).filter(|raw| *raw != one.key))
            });
            if *position != one.position || raw != one.raw.as_deref() {
                self.recorder.rows.place_address(one.state.id, *position, raw)?;
                changed = true;
            }
        }
        Ok(changed)
    }
}

/// The position of each address: those that the row lists come first of their namespace, in the row's order.
fn order(held: &[Held], addresses: &RowAddresses<'_>, places: &[usize]) -> Vec<i64> {
    let rank = |at: usize| {
        let listed = places.iter().position(|place| *place == at).filter(|place| !addresses[*place].appended);
        (listed.unwrap_or(usize::MAX), at)
    };
    let mut sorted: Vec<usize> = (0..held.len()).collect();
    sorted.sort_by_key(|at| (held[*at].row.namespace, rank(*at)));
    let mut positions = vec![0; held.len()];
    for pair in 1..sorted.len() {
        let (before, at) = (sorted[pair - 1], sorted[pair]);
        if held[before].row.namespace == held[at].row.namespace {
            positions[at] = positions[before] + 1;
        }
    }
    positions
}

fn merged<'a>(before: &'a Details<'_>, row: &'a ProfileRow) -> Result<Details<'a>> {
    let first = |one: Option<&'a str>, other: Option<&'a str>| one.or(other).map(Cow::Borrowed);
    Ok(Details {
        external_id: first(before.external_id.as_deref(), row.external_id.as_deref()),
        locale: first(row.locale.as_deref(), before.locale.as_deref()),
        time_zone: first(row.time_zone.as_deref(), before.time_zone.as_deref()),
        country: first(row.country.as_ref().map(Country::as_str), before.country.as_deref()),
        remainder: merged_json(
            before.remainder.as_deref(),
            row.remainder.as_deref(),
            consent::xdm::merge_remainder,
        )?,
        attributes: merged_json(before.attributes.as_deref(), row.attributes.as_deref(), merge_members)?,
    })
}

/// Merges two JSON texts; texts that are equal aren't looked into, and a merge that changes nothing keeps the old text.
fn merged_json<'a>(
    before: Option<&'a str>,
    new: Option<&'a str>,
    merge: fn(Json, Json) -> Json,
) -> Result<Option<Cow<'a, str>>> {
    let (Some(old), Some(new)) = (before, new) else { return Ok(new.or(before).map(Cow::Borrowed)) };
    if old == new {
        return Ok(Some(Cow::Borrowed(old)));
    }
    let parsed: Json = serde_json::from_str(old)
        .map_err(|error| StoreError::Damaged(format!("stored attributes: {error}")))?;
    let new = serde_json::from_str(new)
        .map_err(|_| StoreError::Invalid("the attributes are not JSON".to_owned()))?;
    let merged = merge(parsed.clone(), new);
    if merged == parsed {
        return Ok(Some(Cow::Borrowed(old)));
    }
    let text = merged.to_string();
    if text.len() > JSON_BYTES_MAX {
        return Err(StoreError::Invalid(format!(
            "with what is stored, the attributes are longer than {JSON_BYTES_MAX} bytes"
        )));
    }
    Ok(Some(Cow::Owned(text)))
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
