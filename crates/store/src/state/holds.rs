//! Messages that wait for a person to read them: until then no marketing goes to the number.

mod operations;

use consent::{AddressId, WorkspaceId};

use super::fence;
use crate::error::Result;
use crate::sql::{Db, params};
use crate::types::{HoldDecision, Text};

/// Holds a message.
pub(super) fn hold(db: &impl Db, workspace: WorkspaceId, text: &Text) -> Result<()> {
    const INSERT: &str = "INSERT INTO text_hold (workspace, address, message, since) VALUES (?1, ?2, ?3, ?4)";
    fence::open_only_to(db, fence::KNOWS_HOLDS)?;
    db.execute(INSERT, params![workspace.0, text.address.0, &text.id.0, text.received_at.0]).map(drop)
}

/// Ends all holds of an address that are undecided.
pub(super) fn release(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
    decision: &HoldDecision,
) -> Result<()> {
    const UPDATE: &str = "UPDATE text_hold SET refused = ?3, decided_by = ?4, decided_at = ?5
        WHERE workspace = ?1 AND address = ?2 AND decided_at IS NULL";
    let HoldDecision { refused, by, at } = decision;
    db.execute(UPDATE, params![workspace.0, address.0, *refused, by, at.0]).map(drop)
}

/// Whether any message of the workspace waits to be read: if not, [`is_held`] needn't be asked in the same snapshot.
pub(crate) fn any(db: &impl Db, workspace: WorkspaceId) -> Result<bool> {
    const SELECT: &str =
        "SELECT EXISTS (SELECT 1 FROM text_hold WHERE workspace = ?1 AND decided_at IS NULL)";
    db.one(SELECT, params![workspace.0], |row| row.get(0))
}

/// Asks whether a message of the address `?2` waits to be read.
pub(crate) const IS_HELD: &str = "SELECT EXISTS (SELECT 1 FROM text_hold
    WHERE workspace = ?1 AND address = ?2 AND decided_at IS NULL)";

/// Whether a message of an address waits to be read.
pub(crate) fn is_held(db: &impl Db, workspace: WorkspaceId, address: AddressId) -> Result<bool> {
    db.one(IS_HELD, params![workspace.0, address.0], |row| row.get(0))
}
