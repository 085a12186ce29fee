//! Jobs in the hands of a worker: taken, renewed, ended.

use std::time::Duration;

use consent::{JobId, Timestamp, WorkspaceId};

use super::{PAGE_MAX, manage, read, select_jobs, told};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Sql, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Job, JobEnd, JobLease, JobState, JobStep, JobsWanted, Renewed};

/// Bytes of what is counted, and of a node's name.
const UNIT_BYTES_MAX: usize = 40;
const OWNER_BYTES_MAX: usize = 200;

impl Store {
    /// Whether a job of one of these kinds can be taken.
    pub fn jobs_due(&self, workspace: WorkspaceId, kinds: Vec<String>, now: Timestamp) -> Answer<bool> {
        self.query("jobs_due", Key::Workspace(workspace), move |db| due(db, workspace, &kinds, now))
    }

    /// Takes jobs that are due, of each kind those first that are due the longest: queued ones, ones to be tried again, and
    /// ones whose lease has ended. One whose workers died too often is given up instead.
    pub fn lease_jobs(
        &self,
        workspace: WorkspaceId,
        owner: &str,
        wanted: Vec<JobsWanted>,
        lease: Duration,
        now: Timestamp,
    ) -> Answer<Vec<Job>> {
        let owner = owner.to_owned();
        self.write("lease_jobs", Key::Workspace(workspace), move |db| {
            let mut taken = Vec::new();
            for wanted in &wanted {
                taken.extend(take(db, workspace, &owner, wanted, (now, now.plus(lease)))?);
            }
            Ok(taken)
        })
    }

    /// Takes one job, if it can be taken now.
    pub fn lease_job(
        &self,
        workspace: WorkspaceId,
        owner: &str,
        job: JobId,
        lease: Duration,
        now: Timestamp,
    ) -> Answer<Option<Job>> {
        let owner = owner.to_owned();
        self.write("lease_job", Key::Workspace(workspace), move |db| {
            let Some(found) = super::job(db, workspace, job)? else { return Ok(None) };
            if !found.state.is_open() || found.due_at > now {
                return Ok(None);
            }
            give(db, workspace, &owner, found, now.plus(lease))
        })
    }

    /// Holds a job for longer, and tells how far it is.
    pub fn renew_job(
        &self,
        workspace: WorkspaceId,
        lease: JobLease,
        step: JobStep,
        until: Timestamp,
    ) -> Answer<Renewed> {
        self.write("renew_job", Key::Workspace(workspace), move |db| renew(db, workspace, lease, step, until))
    }

    /// Adds to how far a job is that another holds: whoever helps with it has no lease.
    pub fn advance_job(&self, workspace: WorkspaceId, job: JobId, more: u64) -> Answer<()> {
        const UPDATE: &str = "UPDATE job SET done = done + ?3 WHERE workspace = ?1 AND id = ?2 AND state = 2";
        self.write("advance_job", Key::Workspace(workspace), move |db| {
            db.execute(UPDATE, params![workspace.0, job.0, more.cast_signed()]).map(drop)
        })
    }

    /// Notes something with a job that is held, for whoever takes it next; false if the lease was lost.
    pub fn note_job(&self, workspace: WorkspaceId, lease: JobLease, note: String) -> Answer<bool> {
        const UPDATE: &str = "UPDATE job SET result = ?4
            WHERE workspace = ?1 AND id = ?2 AND generation = ?3 AND state = 2";
        self.write("note_job", Key::Workspace(workspace), move |db| {
            let values = params![workspace.0, lease.job.0, lease.generation, told(&note)?];
            Ok(db.execute(UPDATE, values)? > 0)
        })
    }

    /// Notes how an attempt ended; false if the lease was lost before. One that is to go on later, or be tried again, is
    /// cancelled where somebody asked for that.
    pub fn end_job(
        &self,
        workspace: WorkspaceId,
        lease: JobLease,
        end: JobEnd,
        now: Timestamp,
    ) -> Answer<bool> {
        self.write("end_job", Key::Workspace(workspace), move |db| {
            end_attempt(db, workspace, lease, &end, now)
        })
    }

    /// Notes that the work of a job is done, whoever holds it: for work whose end all who do it can see.
    pub fn conclude_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        result: String,
        now: Timestamp,
    ) -> Answer<bool> {
        const UPDATE: &str =
            "UPDATE job SET state = ?3, result = ?4, ended_at = ?5, owner = NULL, error = NULL,
            generation = generation + 1 WHERE workspace = ?1 AND id = ?2 AND state < 4";
        self.write("conclude_job", Key::Workspace(workspace), move |db| {
            let done = JobState::Done as u8;
            Ok(db.execute(UPDATE, params![workspace.0, job.0, done, told(&result)?, now.0])? > 0)
        })
    }
}

fn due(db: &impl Db, workspace: WorkspaceId, kinds: &[String], now: Timestamp) -> Result<bool> {
    const SELECT: &str = "SELECT EXISTS
        (SELECT 1 FROM job WHERE workspace = ?1 AND kind = ?2 AND state < 4 AND due_at <= ?3)";
    for kind in kinds {
        if db.one(SELECT, params![workspace.0, kind, now.0], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn take(
    db: &impl Db,
    workspace: WorkspaceId,
    owner: &str,
    wanted: &JobsWanted,
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<Job>> {
    // Nodes that ask at the same time get different ones instead of waiting for each other.
    const SELECT: Sql = Sql::each(
        select_jobs!("AND kind = ?2 AND state < 4 AND due_at <= ?3 ORDER BY due_at, id LIMIT ?4"),
        select_jobs!(
            "AND kind = ?2 AND state < 4 AND due_at <= ?3 ORDER BY due_at, id LIMIT ?4 FOR UPDATE SKIP LOCKED"
        ),
    );
    let limit = wanted.at_most.min(PAGE_MAX) as i64;
    let found = db.all(SELECT, params![workspace.0, &wanted.kind, now.0, limit], read)?;
    let mut taken = Vec::with_capacity(found.len());
    for job in found {
        if job.state == JobState::Running && job.attempts >= wanted.attempts_max {
            let told = format!("nothing was heard of {} attempts", job.attempts);
            manage::bury(db, workspace, &job, &told, now)?;
        } else if job.cancel {
            manage::end_cancelled(db, workspace, &job, now)?;
        } else {
            taken.extend(give(db, workspace, owner, job, until)?);
        }
    }
    Ok(taken)
}

/// Gives a job to a worker.
fn give(
    db: &impl Db,
    workspace: WorkspaceId,
    owner: &str,
    job: Job,
    until: Timestamp,
) -> Result<Option<Job>> {
    const TAKE: &str = "UPDATE job SET state = ?4, due_at = ?5, owner = ?6, generation = generation + 1,
            attempts = attempts + 1, done = 0, total = 0
        WHERE workspace = ?1 AND id = ?2 AND generation = ?3";
    if owner.is_empty() || owner.len() > OWNER_BYTES_MAX || owner.contains(char::is_control) {
        return Err(StoreError::Invalid("a node has a short name".to_owned()));
    }
    let running = JobState::Running as u8;
    let key = params![workspace.0, job.id.0, job.lease.generation, running, until.0, owner];
    if db.execute(TAKE, key)? == 0 {
        return Ok(None);
    }
    let lease = JobLease { generation: job.lease.generation + 1, ..job.lease };
    let (attempts, state, owner) = (job.attempts + 1, JobState::Running, Some(owner.to_owned()));
    Ok(Some(Job { lease, attempts, state, owner, due_at: until, done: 0, total: 0, ..job }))
}

fn renew(
    db: &impl Db,
    workspace: WorkspaceId,
    lease: JobLease,
    step: JobStep,
    until: Timestamp,
) -> Result<Renewed> {
    const UPDATE: &str = "UPDATE job SET due_at = ?4, done = done + ?5, total = ?6, unit = ?7
        WHERE workspace = ?1 AND id = ?2 AND generation = ?3 AND state = 2";
    const CANCEL: &str = "SELECT cancel FROM job WHERE workspace = ?1 AND id = ?2";
    if step.unit.len() > UNIT_BYTES_MAX {
        return Err(StoreError::Invalid("what a job counts has a short name".to_owned()));
    }
    let JobStep { more, total, unit } = step;
    let (more, total) = (more.cast_signed(), total.cast_signed());
    let values = params![workspace.0, lease.job.0, lease.generation, until.0, more, total, unit];
    if db.execute(UPDATE, values)? == 0 {
        return Ok(Renewed::Lost);
    }
    let cancel: bool = db.one(CANCEL, params![workspace.0, lease.job.0], |row| row.get(0))?;
    Ok(if cancel { Renewed::Cancelled } else { Renewed::Held })
}

fn end_attempt(
    db: &impl Db,
    workspace: WorkspaceId,
    lease: JobLease,
    end: &JobEnd,
    now: Timestamp,
) -> Result<bool> {
    const DONE: &str = "UPDATE job SET state = ?3, ended_at = ?4, owner = NULL, result = ?5, error = NULL
        WHERE workspace = ?1 AND id = ?2";
    const LATER: &str =
        "UPDATE job SET state = ?3, due_at = ?4, owner = NULL, error = ?5, attempts = attempts - 1
        WHERE workspace = ?1 AND id = ?2";
    const FAILED: &str = "UPDATE job SET state = ?3, due_at = ?4, owner = NULL, error = ?5
        WHERE workspace = ?1 AND id = ?2";
    let Some(job) = super::job(db, workspace, lease.job)? else { return Ok(false) };
    if job.state != JobState::Running || job.lease != lease {
        return Ok(false);
    }
    let id = job.id.0;
    match end {
        JobEnd::Done(result) => {
            db.execute(DONE, params![workspace.0, id, JobState::Done as u8, now.0, told(result)?])?;
        }
        JobEnd::Cancelled(error) => {
            let error = error.as_deref().map(told).transpose()?.map(str::to_owned);
            manage::end_cancelled(db, workspace, &Job { error, ..job }, now)?;
        }
        JobEnd::Failed(error, None) => manage::bury(db, workspace, &job, told(error)?, now)?,
        JobEnd::Later(..) | JobEnd::Failed(..) if job.cancel => {
            manage::end_cancelled(db, workspace, &job, now)?;
        }
        JobEnd::Later(at, why) => {
            let why = why.as_deref().map(told).transpose()?;
            db.execute(LATER, params![workspace.0, id, JobState::Queued as u8, at.0, why])?;
        }
        JobEnd::Failed(error, Some(at)) => {
            db.execute(FAILED, params![workspace.0, id, JobState::Failed as u8, at.0, told(error)?])?;
        }
    }
    Ok(true)
}
