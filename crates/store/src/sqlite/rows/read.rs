//! What columns hold.

use consent::{AddressId, Choice, EntryId, ProfileId, Stamp, Timestamp};
use rusqlite::Row;

use crate::error::Result;
use crate::state::rows::AddressState;
use crate::state::stamps::{Values, choice};

/// The columns `word, stamps`.
pub(super) fn read_values(row: &Row<'_>) -> Result<Values> {
    Values::unpack(row.get(0)?, row.get_ref(1)?.as_blob_or_null()?)
}

/// The columns `id, profile, word, epoch, stamps`.
pub(super) fn read_address(row: &Row<'_>) -> Result<AddressState> {
    Ok(AddressState {
        id: AddressId(row.get(0)?),
        profile: ProfileId(row.get(1)?),
        values: Values::unpack(row.get(2)?, row.get_ref(4)?.as_blob_or_null()?)?,
        epoch: row.get(3)?,
    })
}

/// The columns `choice, at, entry` of a subscription.
pub(super) fn read_subscription(row: &Row<'_>) -> Result<(Choice, Stamp)> {
    let stamp = Stamp { at: Timestamp(row.get(1)?), entry: EntryId(row.get(2)?) };
    Ok((choice(row.get(0)?)?, stamp))
}
