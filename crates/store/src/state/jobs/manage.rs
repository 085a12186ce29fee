//! What operators, and time, do to jobs: cancel, retry, forget.

use consent::{JobId, Timestamp, WorkspaceId};

use super::{PAGE_MAX, read, select_jobs};
use crate::error::Result;
use crate::sql::{Db, params};
use crate::state::{notices, replies};
use crate::store::{Answer, Key, Store};
use crate::types::{Job, JobCancelled, JobState, JobsKept, NOTICE_JOB, REPLY_JOB};

/// How long a notice or an answer waits to be taken, in microseconds.
const UNTAKEN_MAX: i64 = 24 * 3_600 * 1_000_000;

impl Store {
    /// Asks that a job be ended. One that nobody works on ends at once; `None` if there is no such job.
    pub fn cancel_job(
        &self,
        workspace: WorkspaceId,
        id: JobId,
        now: Timestamp,
    ) -> Answer<Option<JobCancelled>> {
        self.write("cancel_job", Key::Workspace(workspace), move |db| cancel(db, workspace, id, now))
    }

    /// Makes a job due now that was given up or cancelled, or waits for its next attempt; its attempts count anew. Answers the state
    /// that it was in; in any other nothing changes. `None` if there is no such job.
    pub fn retry_job(&self, workspace: WorkspaceId, id: JobId, now: Timestamp) -> Answer<Option<JobState>> {
        self.write("retry_job", Key::Workspace(workspace), move |db| retry(db, workspace, id, now))
    }

    /// Forgets jobs that ended long ago, and notices of old; how many jobs. Call it again while it answers many.
    pub fn purge_jobs(&self, workspace: WorkspaceId, kept: JobsKept, now: Timestamp) -> Answer<u64> {
        self.write("purge_jobs", Key::Workspace(workspace), move |db| purge(db, workspace, kept, now))
    }
}

fn cancel(db: &impl Db, workspace: WorkspaceId, id: JobId, now: Timestamp) -> Result<Option<JobCancelled>> {
    const ASK: &str = "UPDATE job SET cancel = ?3 WHERE workspace = ?1 AND id = ?2";
    let Some(job) = super::job(db, workspace, id)? else { return Ok(None) };
    if !job.state.is_open() {
        return Ok(Some(JobCancelled::Over(job.state)));
    }
    if job.state == JobState::Running && job.due_at > now {
        db.execute(ASK, params![workspace.0, id.0, true])?;
        return Ok(Some(JobCancelled::Asked));
    }
    end_cancelled(db, workspace, &job, now)?;
    Ok(Some(JobCancelled::Now))
}

/// Ends a job because somebody asked for it.
pub(super) fn end_cancelled(db: &impl Db, workspace: WorkspaceId, job: &Job, now: Timestamp) -> Result<()> {
    end(db, workspace, job, JobState::Cancelled, job.error.as_deref(), now)
}

/// Gives a job up.
pub(super) fn bury(
    db: &impl Db,
    workspace: WorkspaceId,
    job: &Job,
    told: &str,
    now: Timestamp,
) -> Result<()> {
    end(db, workspace, job, JobState::Dead, Some(told), now)
}

fn end(
    db: &impl Db,
    workspace: WorkspaceId,
    job: &Job,
    state: JobState,
    error: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    const UPDATE: &str = "UPDATE job SET state = ?3, error = ?4, ended_at = ?5, owner = NULL,
        generation = generation + 1 WHERE workspace = ?1 AND id = ?2";
    db.execute(UPDATE, params![workspace.0, job.id.0, state as u8, error, now.0])?;
    // What it was about has ended with it: whoever asks for a notice again gets one.
    match job.kind.as_str() {
        NOTICE_JOB => job.notice().map_or(Ok(()), |notice| notices::take::drop_one(db, workspace, notice)),
        REPLY_JOB => job.text().map_or(Ok(()), |text| replies::drop_one(db, workspace, text)),
        _ => Ok(()),
    }
}

fn retry(db: &impl Db, workspace: WorkspaceId, id: JobId, now: Timestamp) -> Result<Option<JobState>> {
    const UPDATE: &str =
        "UPDATE job SET state = ?3, due_at = ?4, ended_at = NULL, attempts = 0, cancel = ?5, owner = NULL,
            generation = generation + 1 WHERE workspace = ?1 AND id = ?2";
    let Some(job) = super::job(db, workspace, id)? else { return Ok(None) };
    let waits = job.state == JobState::Queued && job.due_at > now;
    if waits || matches!(job.state, JobState::Dead | JobState::Failed | JobState::Cancelled) {
        db.execute(UPDATE, params![workspace.0, id.0, JobState::Queued as u8, now.0, false])?;
    }
    Ok(Some(job.state))
}

fn purge(db: &impl Db, workspace: WorkspaceId, kept: JobsKept, now: Timestamp) -> Result<u64> {
    const DONE: &str =
        "SELECT id FROM job WHERE workspace = ?1 AND state > 3 AND state <> 5 AND ended_at <= ?2
        ORDER BY ended_at LIMIT ?3";
    const DEAD: &str =
        "SELECT id FROM job WHERE workspace = ?1 AND state > 3 AND state = 5 AND ended_at <= ?2
        ORDER BY ended_at LIMIT ?3";
    const DELETE: &str = "DELETE FROM job WHERE workspace = ?1 AND id = ?2";
    notices::purge(db, workspace, now)?;
    drop_untaken(db, workspace, now)?;
    let mut forgotten = 0;
    for (select, kept) in [(DONE, kept.done), (DEAD, kept.dead)] {
        let before = now.0.saturating_sub(i64::try_from(kept.as_micros()).unwrap_or(i64::MAX));
        let ids: Vec<i64> =
            db.all(select, params![workspace.0, before, PAGE_MAX as i64], |row| row.get(0))?;
        let keys = ids.iter().map(|id| *params![workspace.0, *id]);
        forgotten += db.execute_all(DELETE, keys)?.into_iter().sum::<u64>();
    }
    Ok(forgotten)
}

/// Ends notices and answers that nobody has taken within a day: where no server sends them, nobody waits for them any more.
fn drop_untaken(db: &impl Db, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    const SELECT: &str = select_jobs!(
        "AND kind = ?2 AND state < 4 AND due_at <= ?3 AND state <> 2 ORDER BY due_at, id LIMIT ?4"
    );
    let before = now.0.saturating_sub(UNTAKEN_MAX);
    for kind in [NOTICE_JOB, REPLY_JOB] {
        for job in db.all(SELECT, params![workspace.0, kind, before, PAGE_MAX as i64], read)? {
            let told = Some("nobody took it within a day");
            end(db, workspace, &job, JobState::Cancelled, told, now)?;
        }
    }
    Ok(())
}
