//! What became of a run's messages.

use std::collections::BTreeMap;

use consent::{AddressId, ProfileId, RunId, Timestamp, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{exclusions, runs};
use crate::api::Result;
use crate::error::StoreError;
use crate::types::{Delivery, DeliveryState, Due, RunReport};

const DUE: &str = "SELECT profile, address, attempts, due_at FROM delivery
    WHERE workspace = ?1 AND run = ?2 AND due_at <= ?3 ORDER BY due_at, profile LIMIT ?4";
const NEXT_DUE: &str = "SELECT due_at FROM delivery
    WHERE workspace = ?1 AND run = ?2 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1";
// By itself the planner walks the primary key, past all that was sent. The second test of the state admits the index;
// so in `UNSENT`.
const RETRY_DOUBTFUL: &str = "UPDATE delivery INDEXED BY delivery_unsent SET state = ?4, at = ?3, due_at = ?3
    WHERE workspace = ?1 AND run = ?2 AND state = ?5 AND state <> 1";

/// Messages that are due for another attempt at `now`, soonest first, at most `limit`. Those that a claim has taken
/// aren't among them.
pub(crate) fn due(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Due>> {
    let mut statement = conn.prepare_cached(DUE)?;
    let read = |row: &Row<'_>| {
        Ok(Due {
            profile: ProfileId(row.get(0)?),
            address: AddressId(row.get(1)?),
            attempts: row.get(2)?,
            due_at: Timestamp(row.get(3)?),
        })
    };
    let limit = runs::sql_limit(limit);
    statement.query_and_then([workspace.0, run.0, now.0, limit], read)?.collect()
}

/// When the next message becomes due, if any waits.
pub(crate) fn next_due(conn: &Connection, workspace: WorkspaceId, run: RunId) -> Result<Option<Timestamp>> {
    let next = conn.prepare_cached(NEXT_DUE)?.query_row([workspace.0, run.0], |row| row.get(0)).optional()?;
    Ok(next.map(Timestamp))
}

/// Makes the messages in doubt due again at `at`, because someone asked for it. Answers how many.
pub(crate) fn retry_doubtful(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    at: Timestamp,
) -> Result<u64> {
    let (from, to) = (DeliveryState::InDoubt as u8, DeliveryState::Deferred as u8);
    Ok(conn.prepare_cached(RETRY_DOUBTFUL)?.execute(params![workspace.0, run.0, at.0, to, from])? as u64)
}

/// What became of a run: counts per delivery state and per exclusion reason.
pub(crate) fn run_report(conn: &Connection, workspace: WorkspaceId, run: RunId) -> Result<RunReport> {
    const AUDIENCE: &str = "SELECT audience_size FROM run WHERE workspace = ?1 AND id = ?2";
    const COUNT: &str =
        "SELECT state, count(*) FROM delivery WHERE workspace = ?1 AND run = ?2 GROUP BY state";
    let key = [workspace.0, run.0];
    let audience: Option<i64> = conn.prepare_cached(AUDIENCE)?.query_row(key, |row| row.get(0)).optional()?;
    let audience = audience.ok_or_else(|| runs::missing(run))? as u64;
    let mut statement = conn.prepare_cached(COUNT)?;
    let counted =
        statement.query_and_then(key, |row| Ok((state_from(row.get(0)?)?, row.get::<_, i64>(1)? as u64)))?;
    let deliveries = counted.collect::<Result<BTreeMap<_, _>>>()?;
    Ok(RunReport { audience, deliveries, excluded: exclusions::counts(conn, workspace, run)? })
}

/// Selects what [`read_message`] reads.
macro_rules! select_messages {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT profile, address, state, attempts, at, code, detail FROM ",
            $from,
            " WHERE workspace = ?1 AND run = ?2 ",
            $rest
        )
    };
}

fn read_message(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery::Message {
        profile: ProfileId(row.get(0)?),
        address: AddressId(row.get(1)?),
        state: state_from(row.get(2)?)?,
        attempts: row.get(3)?,
        at: Timestamp(row.get(4)?),
        code: row.get(5)?,
        detail: row.get(6)?,
    })
}

const MESSAGE: &str = select_messages!("delivery", "AND profile = ?3");
const ALL: &str = select_messages!("delivery", "AND profile > ?3 ORDER BY profile LIMIT ?4");
const SENT: &str = select_messages!("delivery", "AND profile > ?3 AND state = 1 ORDER BY profile LIMIT ?4");
const UNSENT: &str = select_messages!(
    "delivery INDEXED BY delivery_unsent",
    "AND profile > ?3 AND state = ?5 AND state <> 1 ORDER BY profile LIMIT ?4"
);

/// What became of one profile in a run: the delivery, or the reason of its exclusion; `None` while it is neither, or
/// when it isn't in the audience.
pub(crate) fn run_outcome(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    profile: ProfileId,
) -> Result<Option<Delivery>> {
    let mut statement = conn.prepare_cached(MESSAGE)?;
    let mut rows = statement.query([workspace.0, run.0, profile.0])?;
    if let Some(row) = rows.next()? {
        return read_message(row).map(Some);
    }
    let reason = exclusions::reason(conn, workspace, run, profile)?;
    Ok(reason.map(|reason| Delivery::Excluded { profile, reason }))
}

/// A run's messages in a state, or in any, by profile, after `after`, at most `limit`. Excluded profiles have none.
pub(crate) fn deliveries(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    state: Option<DeliveryState>,
    after: Option<ProfileId>,
    limit: usize,
) -> Result<Vec<Delivery>> {
    let key = [workspace.0, run.0, after.map_or(0, |profile| profile.0), runs::sql_limit(limit)];
    match state {
        None => conn.prepare_cached(ALL)?.query_and_then(key, read_message)?.collect(),
        Some(DeliveryState::Sent) => conn.prepare_cached(SENT)?.query_and_then(key, read_message)?.collect(),
        Some(state) => {
            let [workspace, run, after, limit] = key;
            let mut statement = conn.prepare_cached(UNSENT)?;
            let key = [workspace, run, after, limit, i64::from(state as u8)];
            statement.query_and_then(key, read_message)?.collect()
        }
    }
}

fn state_from(code: u8) -> Result<DeliveryState> {
    [
        DeliveryState::Sent,
        DeliveryState::Deferred,
        DeliveryState::Rejected,
        DeliveryState::InDoubt,
        DeliveryState::GivenUp,
    ]
    .into_iter()
    .find(|state| *state as u8 == code)
    .ok_or_else(|| StoreError::Damaged(format!("delivery state {code}")))
}

#[cfg(test)]
mod tests;
