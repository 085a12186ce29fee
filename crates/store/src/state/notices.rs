//! Notices: what is to be sent to one address because somebody typed it. Found by a keyed hash of the address, which
//! itself is kept only until the notice is sent.
//!
//! Nothing here looks whether the address is known, so nothing tells whoever typed it.

pub(crate) mod ask;
pub(crate) mod take;

use consent::{Timestamp, WorkspaceId};

use crate::error::Result;
use crate::sql::{Db, params};

const DAY: i64 = 24 * 3_600 * 1_000_000;
/// How long a row is kept.
const KEPT_MAX: i64 = 2 * DAY;

/// Waits to be sent. Below 3 is the condition of an index: waiting, or, as programs of before there were jobs note it,
/// given out.
const WAITING: u8 = 1;
/// Handed over.
const SENT: u8 = 3;
/// Refused for good.
const FAILED: u8 = 4;
/// Not worth sending any more.
const DROPPED: u8 = 5;

/// Removes what is too old to count.
pub(super) fn purge(db: &impl Db, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    const DELETE: &str = "DELETE FROM notice WHERE workspace = ?1 AND at <= ?2";
    db.execute(DELETE, params![workspace.0, now.0.saturating_sub(KEPT_MAX)]).map(drop)
}
