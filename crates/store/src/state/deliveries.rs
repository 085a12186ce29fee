//! What became of a run's messages.

use consent::{AddressId, Deferral, ProfileId, RunId, Timestamp, WorkspaceId};

use super::{exclusions, runs};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, Sql, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Delivery, DeliveryState, Due, Part, RunReport};

/// Above `?5` and up to `?6`: the bounds of a part.
const DUE: &str = "SELECT profile, address, attempts, due_at FROM delivery
    WHERE workspace = ?1 AND run = ?2 AND due_at <= ?3 AND profile > ?5 AND profile <= ?6
    ORDER BY due_at, profile LIMIT ?4";
const DUE_PROFILES: &str = "SELECT profile FROM delivery
    WHERE workspace = ?1 AND run = ?2 AND due_at <= ?3 ORDER BY due_at, profile LIMIT ?4";
const NEXT_DUE: &str = "SELECT due_at FROM delivery
    WHERE workspace = ?1 AND run = ?2 AND due_at IS NOT NULL AND profile > ?3 AND profile <= ?4
    ORDER BY due_at LIMIT 1";
const NEXT_DUE_OF_ALL: &str = "SELECT due_at FROM delivery
    WHERE workspace = ?1 AND run = ?2 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1";
// By itself the planner walks the primary key, past all that was sent. The second test of the state admits the index;
// so in `UNSENT`.
const RETRY_DOUBTFUL: Sql = Sql::each(
    "UPDATE delivery INDEXED BY delivery_unsent SET state = ?4, at = ?3, due_at = ?3
        WHERE workspace = ?1 AND run = ?2 AND state = ?5 AND state <> 1 AND profile > ?6 AND profile <= ?7",
    "UPDATE delivery SET state = ?4, at = ?3, due_at = ?3
        WHERE workspace = ?1 AND run = ?2 AND state = ?5 AND state <> 1 AND profile > ?6 AND profile <= ?7",
);

impl Store {
    /// Makes the messages in doubt, of a part or of the whole run, due again, because someone asked for it. Answers how
    /// many.
    pub fn retry_doubtful(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
        at: Timestamp,
    ) -> Answer<u64> {
        self.write("retry_doubtful", Key::Run(workspace, run), move |db| {
            retry_doubtful(db, workspace, run, part.as_ref(), at)
        })
    }

    /// Messages of a part that are due for another attempt at `now`, soonest first, at most `limit`. Taking one is a
    /// claim.
    pub fn due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Part,
        now: Timestamp,
        limit: usize,
    ) -> Answer<Vec<Due>> {
        self.query("due", Key::Run(workspace, run), move |db| due(db, workspace, run, &part, now, limit))
    }

    /// When the next message of a part or of the whole run becomes due, if any waits.
    pub fn next_due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
    ) -> Answer<Option<Timestamp>> {
        self.query("next_due", Key::Run(workspace, run), move |db| {
            next_due(db, workspace, run, part.as_ref())
        })
    }

    /// What became of a run: counts per delivery state and per exclusion reason.
    pub fn run_report(&self, workspace: WorkspaceId, run: RunId) -> Answer<RunReport> {
        self.query("run_report", Key::Run(workspace, run), move |db| run_report(db, workspace, run))
    }

    /// What became of one profile in a run: the delivery, or the reason of its exclusion.
    pub fn run_outcome(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        profile: ProfileId,
    ) -> Answer<Option<Delivery>> {
        self.query("run_outcome", Key::Run(workspace, run), move |db| {
            run_outcome(db, workspace, run, profile)
        })
    }

    /// A run's deliveries in a state, by profile, after `after`, at most `limit`.
    pub fn deliveries(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: Option<DeliveryState>,
        after: Option<ProfileId>,
        limit: usize,
    ) -> Answer<Vec<Delivery>> {
        self.query("deliveries", Key::Run(workspace, run), move |db| {
            deliveries(db, workspace, run, state, after, limit)
        })
    }
}

/// The profiles that a part spans: above the first, up to the second. Without one: all there can be.
fn bounds(part: Option<&Part>) -> (i64, i64) {
    part.map_or((0, i64::MAX), |part| (part.after.map_or(0, |after| after.0), part.until.0))
}

/// A part's messages that are due for another attempt at `now`, soonest first, at most `limit`. Those that a claim has
/// taken aren't among them.
pub(crate) fn due(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    part: &Part,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Due>> {
    let (above, until) = bounds(Some(part));
    let key = params![workspace.0, run.0, now.0, runs::sql_limit(limit), above, until];
    db.all(DUE, key, |row| {
        Ok(Due {
            profile: ProfileId(row.get(0)?),
            address: AddressId(row.get(1)?),
            attempts: row.get(2)?,
            due_at: Timestamp(row.get(3)?),
        })
    })
}

/// Whose messages are due at `now`, in the whole run, soonest first, at most `limit`.
pub(crate) fn due_profiles(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ProfileId>> {
    let key = params![workspace.0, run.0, now.0, runs::sql_limit(limit)];
    db.all(DUE_PROFILES, key, |row| Ok(ProfileId(row.get(0)?)))
}

/// When the next message of a part or of the whole run becomes due, if any waits.
pub(crate) fn next_due(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    part: Option<&Part>,
) -> Result<Option<Timestamp>> {
    let read = |row: &Row<'_>| Ok(Timestamp(row.get(0)?));
    if part.is_none() {
        return db.first(NEXT_DUE_OF_ALL, params![workspace.0, run.0], read);
    }
    let (above, until) = bounds(part);
    db.first(NEXT_DUE, params![workspace.0, run.0, above, until], read)
}

/// Makes the messages in doubt, of a part or of the whole run, due again at `at`, because someone asked for it. Answers
/// how many.
pub(crate) fn retry_doubtful(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    part: Option<&Part>,
    at: Timestamp,
) -> Result<u64> {
    let (from, to) = (DeliveryState::InDoubt as u8, DeliveryState::Deferred as u8);
    let (above, until) = bounds(part);
    db.execute(RETRY_DOUBTFUL, params![workspace.0, run.0, at.0, to, from, above, until])
}

/// What became of a run: counts per delivery state and per exclusion reason.
pub(crate) fn run_report(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<RunReport> {
    const WAITING: Sql = Sql::each(
        "SELECT cause, count(*) FROM delivery INDEXED BY delivery_unsent
            WHERE workspace = ?1 AND run = ?2 AND state = ?3 AND state <> 1 AND cause <> 0
                AND due_at IS NOT NULL GROUP BY cause",
        "SELECT cause, count(*) FROM delivery
            WHERE workspace = ?1 AND run = ?2 AND state = ?3 AND state <> 1 AND cause <> 0
                AND due_at IS NOT NULL GROUP BY cause",
    );
    const AUDIENCE: &str = "SELECT audience_size FROM run WHERE workspace = ?1 AND id = ?2";
    const COUNT: &str =
        "SELECT state, count(*) FROM delivery WHERE workspace = ?1 AND run = ?2 GROUP BY state";
    let key = params![workspace.0, run.0];
    let audience = db.first(AUDIENCE, key, |row| row.get(0))?.ok_or_else(|| runs::missing(run))?;
    let counted = db.all(COUNT, key, |row| Ok((state_from(row.get(0)?)?, row.get(1)?)))?;
    let deliveries = counted.into_iter().collect();
    let deferred = params![workspace.0, run.0, DeliveryState::Deferred as u8];
    let waiting =
        db.all(WAITING, deferred, |row| Ok((exclusions::reason_from(row.get(0)?)?, row.get(1)?)))?;
    let (waiting, excluded) = (waiting.into_iter().collect(), exclusions::counts(db, workspace, run)?);
    Ok(RunReport { audience, deliveries, waiting, excluded })
}

/// Selects what [`read_message`] reads.
macro_rules! select_messages {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT profile, address, state, attempts, at, code, detail, cause, due_at FROM ",
            $from,
            " WHERE workspace = ?1 AND run = ?2 ",
            $rest
        )
    };
}

fn read_message(row: &Row<'_>) -> Result<Delivery> {
    let cause: i64 = row.get(7)?;
    let cause = if cause == 0 { None } else { Some(exclusions::reason_from(cause)?) };
    let until: Option<i64> = row.get(8)?;
    let wait = |cause| until.map(|until| Deferral { until: Timestamp(until), cause });
    Ok(Delivery::Message {
        profile: ProfileId(row.get(0)?),
        address: AddressId(row.get(1)?),
        state: state_from(row.get(2)?)?,
        attempts: row.get(3)?,
        at: Timestamp(row.get(4)?),
        code: row.get(5)?,
        detail: row.get(6)?,
        waits: cause.and_then(wait),
    })
}

const MESSAGE: &str = select_messages!("delivery", "AND profile = ?3");
const ALL: &str = select_messages!("delivery", "AND profile > ?3 ORDER BY profile LIMIT ?4");
const SENT: &str = select_messages!("delivery", "AND profile > ?3 AND state = 1 ORDER BY profile LIMIT ?4");
const UNSENT: Sql = Sql::each(
    select_messages!(
        "delivery INDEXED BY delivery_unsent",
        "AND profile > ?3 AND state = ?5 AND state <> 1 ORDER BY profile LIMIT ?4"
    ),
    select_messages!("delivery", "AND profile > ?3 AND state = ?5 AND state <> 1 ORDER BY profile LIMIT ?4"),
);

/// What became of one profile in a run: the delivery, or the reason of its exclusion; `None` while it is neither, or
/// when it isn't in the audience.
pub(crate) fn run_outcome(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    profile: ProfileId,
) -> Result<Option<Delivery>> {
    let message = db.first(MESSAGE, params![workspace.0, run.0, profile.0], read_message)?;
    if message.is_some() {
        return Ok(message);
    }
    let reason = exclusions::reason(db, workspace, run, profile)?;
    Ok(reason.map(|reason| Delivery::Excluded { profile, reason }))
}

/// A run's messages in a state, or in any, by profile, after `after`, at most `limit`. Excluded profiles have none.
pub(crate) fn deliveries(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    state: Option<DeliveryState>,
    after: Option<ProfileId>,
    limit: usize,
) -> Result<Vec<Delivery>> {
    let (after, limit) = (after.map_or(0, |profile| profile.0), runs::sql_limit(limit));
    let key = params![workspace.0, run.0, after, limit];
    match state {
        None => db.all(ALL, key, read_message),
        Some(DeliveryState::Sent) => db.all(SENT, key, read_message),
        Some(state) => db.all(UNSENT, params![workspace.0, run.0, after, limit, state as u8], read_message),
    }
}

pub(super) fn state_from(code: u8) -> Result<DeliveryState> {
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
