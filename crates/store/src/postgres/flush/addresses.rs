//! Addresses, and whose they are by key and by id.

use super::{Slots, Write, gather};
use crate::postgres::working_set::{Change, Slot};

const INSERT: &str =
    "INSERT INTO address (profile, id, workspace, namespace, position, word, epoch, key, raw, stamps)
    SELECT profile, id, ?1, namespace, position, word, epoch, key, raw, stamps
    FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::SMALLINT[], ?5::INTEGER[], ?6::BIGINT[], ?7::BIGINT[],
        ?8::TEXT[], ?9::TEXT[], ?10::BYTEA[])
        AS new (profile, id, namespace, position, word, epoch, key, raw, stamps)";
const UPDATE: &str = "UPDATE address SET position = new.position, word = new.word, epoch = new.epoch,
        raw = new.raw, stamps = new.stamps
    FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::INTEGER[], ?5::BIGINT[], ?6::BIGINT[], ?7::TEXT[], ?8::BYTEA[])
        AS new (profile, id, position, word, epoch, raw, stamps)
    WHERE address.profile = new.profile AND address.id = new.id AND address.workspace = ?1";
const LEAVE: &str = "DELETE FROM address USING unnest(?2::BIGINT[], ?3::BIGINT[]) AS old (profile, id)
    WHERE address.profile = old.profile AND address.id = old.id AND address.workspace = ?1";
const KEY: &str = "INSERT INTO address_key (key, namespace, workspace, address, profile)
    SELECT key, namespace, ?1, address, profile
    FROM unnest(?2::TEXT[], ?3::SMALLINT[], ?4::BIGINT[], ?5::BIGINT[])
        AS new (key, namespace, address, profile)";
const OWNER: &str = "INSERT INTO address_owner (address, workspace, profile)
    SELECT address, ?1, profile FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (address, profile)";
const MOVE_KEY: &str = "UPDATE address_key SET profile = new.profile
    FROM unnest(?2::TEXT[], ?3::SMALLINT[], ?4::BIGINT[]) AS new (key, namespace, profile)
    WHERE address_key.key = new.key AND address_key.namespace = new.namespace AND address_key.workspace = ?1";
const MOVE_OWNER: &str = "UPDATE address_owner SET profile = new.profile
    FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (address, profile)
    WHERE address_owner.address = new.address AND address_owner.workspace = ?1";

/// Rows of addresses. One that moves leaves its old profile's rows for its new one's.
pub(super) fn gather_addresses<'a>(slots: &Slots<'a>, writes: &mut Vec<Write<'a>>) {
    gather!(writes, Each LEAVE, picked(slots, has_moved), |(id, slot)| [slot.moved_from.map(|from| from.0), id.0]);
    gather!(writes, Each INSERT, picked(slots, |slot| is_new(slot) || has_moved(slot)), |(id, slot)| [
        slot.row.state.profile.0,
        id.0,
        slot.row.namespace as i16,
        slot.row.position as i32,
        slot.row.state.values.word().bits() as i64,
        i64::from(slot.row.state.epoch),
        slot.row.key.as_str(),
        slot.row.raw.as_deref(),
        slot.row.state.values.pack().map(|stamps| stamps.to_vec()),
    ]);
    let is_changed = |slot: &Slot| slot.change == Change::Update && !has_moved(slot);
    gather!(writes, Each UPDATE, picked(slots, is_changed), |(id, slot)| [
        slot.row.state.profile.0,
        id.0,
        slot.row.position as i32,
        slot.row.state.values.word().bits() as i64,
        i64::from(slot.row.state.epoch),
        slot.row.raw.as_deref(),
        slot.row.state.values.pack().map(|stamps| stamps.to_vec()),
    ]);
}

/// Whose new and moved addresses are.
pub(super) fn gather_owners<'a>(slots: &Slots<'a>, writes: &mut Vec<Write<'a>>) {
    gather!(writes, Each KEY, picked(slots, is_new), |(id, slot)| [
        slot.row.key.as_str(),
        slot.row.namespace as i16,
        id.0,
        slot.row.state.profile.0,
    ]);
    gather!(writes, Each OWNER, picked(slots, is_new), |(id, slot)| [id.0, slot.row.state.profile.0]);
    gather!(writes, Each MOVE_KEY, picked(slots, has_moved), |(_, slot)| [
        slot.row.key.as_str(),
        slot.row.namespace as i16,
        slot.row.state.profile.0,
    ]);
    gather!(writes, Each MOVE_OWNER, picked(slots, has_moved), |(id, slot)| [id.0, slot.row.state.profile.0]);
}

fn picked<'a>(slots: &Slots<'a>, wanted: impl Fn(&Slot) -> bool) -> Slots<'a> {
    slots.iter().filter(|(_, slot)| wanted(slot)).copied().collect()
}

fn is_new(slot: &Slot) -> bool {
    slot.change == Change::Insert
}

fn has_moved(slot: &Slot) -> bool {
    slot.moved_from.is_some()
}
