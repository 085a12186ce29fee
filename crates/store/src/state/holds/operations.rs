//! Reading holds, and ending them.

use consent::{Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::state::texts::{self, PAGE_MAX};
use crate::store::{Answer, Key, Store};
use crate::types::{Hold, HoldDecision, TextId};

/// Bytes of who decided.
const BY_LENGTH_MAX: usize = 200;

impl Store {
    /// The messages that wait to be read, oldest first, after `after` (which may have been decided), at most `limit`.
    pub fn holds(&self, workspace: WorkspaceId, after: Option<TextId>, limit: usize) -> Answer<Vec<Hold>> {
        self.query("holds", Key::Workspace(workspace), move |db| undecided(db, workspace, after, limit))
    }

    /// A message that waits to be read, or waited.
    pub fn hold(&self, workspace: WorkspaceId, id: TextId) -> Answer<Option<Hold>> {
        self.query("hold", Key::Workspace(workspace), move |db| of_text(db, workspace, id))
    }

    /// Ends a hold; false if it isn't there or has ended.
    pub fn decide_hold(&self, workspace: WorkspaceId, id: TextId, decision: HoldDecision) -> Answer<bool> {
        self.write("decide_hold", Key::Workspace(workspace), move |db| decide(db, workspace, id, &decision))
    }
}

/// Ends a hold; false if it isn't there or has ended.
pub(crate) fn decide(
    db: &impl Db,
    workspace: WorkspaceId,
    id: TextId,
    decision: &HoldDecision,
) -> Result<bool> {
    const UPDATE: &str = "UPDATE text_hold SET refused = ?4, decided_by = ?5, decided_at = ?6
        WHERE workspace = ?1 AND address = ?2 AND message = ?3 AND decided_at IS NULL";
    let HoldDecision { refused, by, at } = decision;
    if by.len() > BY_LENGTH_MAX || by.contains(char::is_control) {
        return Err(StoreError::Invalid(format!(
            "who decides about a message has at most {BY_LENGTH_MAX} bytes on one line"
        )));
    }
    let Some((text, _)) = texts::text(db, workspace, id)? else { return Ok(false) };
    let values = params![workspace.0, text.address.0, &id.0, *refused, by, at.0];
    Ok(db.execute(UPDATE, values)? > 0)
}

/// A hold, decided or not.
pub(crate) fn of_text(db: &impl Db, workspace: WorkspaceId, id: TextId) -> Result<Option<Hold>> {
    const SELECT: &str = "SELECT refused, decided_by, decided_at FROM text_hold
        WHERE workspace = ?1 AND address = ?2 AND message = ?3";
    let Some((text, number)) = texts::text(db, workspace, id)? else { return Ok(None) };
    let decision = db.first(SELECT, params![workspace.0, text.address.0, &id.0], read_decision)?;
    Ok(decision.map(|decision| Hold { text, number, decision }))
}

fn read_decision(row: &Row<'_>) -> Result<Option<HoldDecision>> {
    let Some(at) = row.get::<Option<_>>(2)? else { return Ok(None) };
    Ok(Some(HoldDecision { refused: row.get(0)?, by: row.get(1)?, at: Timestamp(at) }))
}

/// The holds that are undecided, oldest first, after one of them (decided by now or not).
pub(crate) fn undecided(
    db: &impl Db,
    workspace: WorkspaceId,
    after: Option<TextId>,
    limit: usize,
) -> Result<Vec<Hold>> {
    const SELECT: &str = "SELECT message FROM text_hold WHERE workspace = ?1 AND decided_at IS NULL
        AND since >= ?2 AND (since > ?2 OR message > ?3) ORDER BY since, message LIMIT ?4";
    let (since, above) = match after {
        None => (i64::MIN, TextId([0; 16])),
        Some(after) => match texts::text(db, workspace, after)? {
            Some((text, _)) => (text.received_at.0, after),
            None => return Err(StoreError::Missing("the message to go on after".to_owned())),
        },
    };
    let key = params![workspace.0, since, &above.0, limit.min(PAGE_MAX) as i64];
    let ids = db.all(SELECT, key, |row| row.get(0).map(TextId))?;
    let hold = |id: TextId| {
        texts::named(db, workspace, id).map(|(text, number)| Hold { text, number, decision: None })
    };
    ids.into_iter().map(hold).collect()
}
