//! Parts of runs: which node works on what, and when nothing is left.
//!
//! Whoever takes a part holds the engine's lock on it, which ends with its process, and raises the part's generation.
//! Claims name the generation, so that someone who lost the lock without noticing can't claim any more.

use consent::{ProfileId, RunId, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;

use super::{deliveries, fence, runs};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Connection, Key, Store};
use crate::types::{Offer, Part, PartRef, RunState};

/// Most candidates of one kind that are looked at: more than nodes that can work at a time.
const CANDIDATES_MAX: usize = 256;

impl Store {
    /// Finishes the run if nothing is left: every part walked, no claim open, no message waiting. Whether it has ended.
    pub fn finish_run_if_done(&self, workspace: WorkspaceId, run: RunId, at: Timestamp) -> Answer<bool> {
        self.write("finish_run_if_done", Key::Run(workspace, run), move |db| {
            finish_if_done(db, workspace, run, at)
        })
    }

    /// Takes a part of the run in which there is something to do at `now`: one that isn't walked to its end, else one
    /// whose process died within a claim, else one with messages due. Whoever held it before can't claim any more.
    ///
    /// An engine that isn't shared fails with [`StoreError::Busy`] while another process works on the run.
    pub fn take_part(&self, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Answer<Offer> {
        let store = self.clone();
        Box::pin(async move { store.offer(workspace, run, now).await })
    }

    async fn offer(&self, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Result<Offer> {
        let key = Key::Run(workspace, run);
        let begin = |part| self.write("take_part", key, move |db| begin(db, workspace, run, part));
        // Where only one process works on a run, its lock covers all parts.
        let whole = if self.is_shared() { None } else { Some(self.lock_run(workspace, run).await?) };
        let candidates = self.query("candidates", key, move |db| candidates(db, workspace, run, now)).await?;
        let Some(candidates) = candidates else { return Ok(Offer::Done) };
        if let (Some(guard), Some(part)) = (whole, candidates.first().copied()) {
            return Ok(Offer::Part { part: begin(part).await?, guard });
        }
        for number in &candidates {
            let number = *number;
            let Some(guard) = self.lock(workspace, run, number).await? else { continue };
            // Whoever held it may have done it meanwhile.
            let still = move |db: &Connection<'_>| is_candidate(db, workspace, run, number, now);
            if self.query("is_candidate", key, still).await? {
                return Ok(Offer::Part { part: begin(number).await?, guard });
            }
        }
        if !candidates.is_empty() {
            return Ok(Offer::Busy);
        }
        Ok(self.next_due(workspace, run, None).await?.map_or(Offer::Done, Offer::Wait))
    }
}

/// Divides an audience into parts of `size` members, or leaves it whole. An empty one has no part.
pub(crate) fn create(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    audience: &RoaringTreemap,
    size: Option<u64>,
) -> Result<()> {
    const INSERT: &str = "INSERT INTO run_part
        (workspace, run, part, after_profile, until_profile, cursor, claims, generation)
        VALUES (?1, ?2, ?3, ?4, ?5, NULL, 0, 0)";
    let size = size.unwrap_or(u64::MAX).max(1);
    // The members' kind is checked before: all are positive 64-bit integers.
    let until = |n: u64| audience.select(n.saturating_mul(size).min(audience.len()).saturating_sub(1));
    let count = i64::try_from(audience.len().div_ceil(size)).unwrap_or(i64::MAX);
    let bound = |n: i64| until(n.cast_unsigned()).map(u64::cast_signed);
    let rows = (1..=count).map(|number| {
        let after = (number > 1).then(|| bound(number - 1)).flatten();
        [workspace.0.into(), run.0.into(), number.into(), after.into(), bound(number).into()]
    });
    db.execute_all(INSERT, rows)?;
    Ok(())
}

/// The parts on which there is something to do, the most urgent first: those not walked, those whose process died
/// within a claim, those with messages due. Some may be held by others. `None`: the run has ended.
pub(crate) fn candidates(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    now: Timestamp,
) -> Result<Option<Vec<u32>>> {
    const AHEAD: &str = "SELECT part FROM run_part
        WHERE workspace = ?1 AND run = ?2 AND (cursor IS NULL OR cursor < until_profile)
        ORDER BY part LIMIT ?3";
    const CLAIMED: &str =
        "SELECT DISTINCT part FROM run_claim WHERE workspace = ?1 AND run = ?2 ORDER BY part LIMIT ?3";
    if runs::state(db, workspace, run)? != RunState::Open {
        return Ok(None);
    }
    let key = params![workspace.0, run.0, runs::sql_limit(CANDIDATES_MAX)];
    let mut found: Vec<u32> = db.all(AHEAD, key, |row| row.get(0))?;
    found.extend(db.all(CLAIMED, key, |row| row.get::<u32>(0))?);
    found.extend(with_due(db, workspace, run, now)?);
    let mut seen = std::collections::HashSet::new();
    found.retain(|part| seen.insert(*part));
    Ok(Some(found))
}

/// Whether there is something to do on a part.
pub(crate) fn is_candidate(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    part: u32,
    now: Timestamp,
) -> Result<bool> {
    const CLAIMED: &str =
        "SELECT EXISTS (SELECT 1 FROM run_claim WHERE workspace = ?1 AND run = ?2 AND part = ?3)";
    let progress = progress(db, workspace, run, part)?;
    if progress.state != RunState::Open {
        return Ok(false);
    }
    Ok(!progress.part.is_walked()
        || db.one(CLAIMED, params![workspace.0, run.0, part], |row| row.get(0))?
        || !deliveries::due(db, workspace, run, &progress.part, now, 1)?.is_empty())
}

/// The parts of the messages that are due, the longest due first.
fn with_due(db: &impl Db, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Result<Vec<u32>> {
    const ENDS: &str =
        "SELECT until_profile, part FROM run_part WHERE workspace = ?1 AND run = ?2 ORDER BY part";
    let due = deliveries::due_profiles(db, workspace, run, now, CANDIDATES_MAX)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let ends: Vec<(i64, u32)> =
        db.all(ENDS, params![workspace.0, run.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let part = |profile: &ProfileId| ends.get(ends.partition_point(|(until, _)| *until < profile.0));
    Ok(due.iter().filter_map(part).map(|(_, part)| *part).collect())
}

/// Begins to work on a part whose lock the caller holds: who held it before is fenced off.
pub(crate) fn begin(db: &impl Db, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Part> {
    const TAKE: &str = "UPDATE run_part SET generation = generation + 1
        WHERE workspace = ?1 AND run = ?2 AND part = ?3
        RETURNING part, generation, after_profile, until_profile, cursor";
    // Whoever takes a part is about to send links that name their message.
    fence::open_only_to(db, fence::KNOWS_MESSAGES)?;
    db.first(TAKE, params![workspace.0, run.0, part], read_part)?
        .ok_or_else(|| StoreError::Missing(format!("part {part} of {run}")))
}

fn read_part(row: &Row<'_>) -> Result<Part> {
    Ok(Part {
        number: row.get(0)?,
        generation: row.get(1)?,
        after: row.get::<Option<i64>>(2)?.map(ProfileId),
        until: ProfileId(row.get(3)?),
        cursor: row.get::<Option<i64>>(4)?.map(ProfileId),
    })
}

/// How far a part is; what a claim looks at.
pub(crate) struct Progress {
    /// Whether the run takes claims.
    pub state: RunState,
    /// The part.
    pub part: Part,
    /// Number of the latest claim.
    pub claims: u32,
}

/// Reads how far a part is.
pub(crate) fn progress(db: &impl Db, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Progress> {
    const SELECT: &str = "SELECT part, generation, after_profile, until_profile, cursor, claims, state
        FROM run JOIN run_part ON run_part.workspace = run.workspace AND run_part.run = run.id
        WHERE run.workspace = ?1 AND run.id = ?2 AND run_part.part = ?3";
    let read = |row: &Row<'_>| {
        let state = runs::state_from(row.get(6)?)?;
        Ok(Progress { state, part: read_part(row)?, claims: row.get(5)? })
    };
    db.first(SELECT, params![workspace.0, run.0, part], read)?.ok_or_else(|| runs::missing(run))
}

/// Refuses who works on a part that someone else has taken since.
pub(crate) fn check_generation(run: RunId, held: &Part, named: PartRef) -> Result<()> {
    if held.generation == named.generation {
        return Ok(());
    }
    Err(StoreError::Busy(format!("part {} of {run}, which was taken over,", named.number)))
}

/// Notes a claim: its number and, for one from the audience, the new cursor. Always writes the part's row, so that two
/// who claim at once collide.
pub(crate) fn advance(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    part: u32,
    claims: u32,
    cursor: Option<ProfileId>,
) -> Result<()> {
    const UPDATE: &str = "UPDATE run_part SET claims = ?4, cursor = coalesce(?5, cursor)
        WHERE workspace = ?1 AND run = ?2 AND part = ?3";
    let cursor = cursor.map(|cursor| cursor.0);
    db.execute(UPDATE, params![workspace.0, run.0, part, claims, cursor])?;
    Ok(())
}

/// Finishes an open run if nothing is left of it: every part walked, no claim open, no message waiting. Whether the run
/// has ended, be it before.
pub(crate) fn finish_if_done(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    at: Timestamp,
) -> Result<bool> {
    const LEFT: &str = "SELECT EXISTS (SELECT 1 FROM run_part
            WHERE workspace = ?1 AND run = ?2 AND (cursor IS NULL OR cursor < until_profile)),
        EXISTS (SELECT 1 FROM run_claim WHERE workspace = ?1 AND run = ?2)";
    if runs::state(db, workspace, run)? != RunState::Open {
        return Ok(true);
    }
    let left =
        db.one(LEFT, params![workspace.0, run.0], |row| Ok(row.get::<bool>(0)? || row.get::<bool>(1)?))?;
    if left || deliveries::next_due(db, workspace, run, None)?.is_some() {
        return Ok(false);
    }
    runs::set_run_state(db, workspace, run, RunState::Finished, at)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
