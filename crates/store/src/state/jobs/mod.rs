//! Jobs: work that is done in the background, each piece once for its intent, by one worker at a time.
//!
//! A worker holds a lease. When it ends without a word, the job is given to another: so a job may be begun twice, and what
//! it does must bear that. Times are the callers', as everywhere here; leases are long beside what clocks differ by, and a
//! generation fences off whoever has lost one.

mod adopt;
mod lease;
mod look;
mod manage;
mod workers;

use consent::{JobId, Timestamp, WorkspaceId};

pub(crate) use self::adopt::adopt;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Enqueued, Job, JobLease, JobState, NewJob, Repeat};

/// Bytes of a kind, of a key and of who asked.
const KIND_BYTES_MAX: usize = 64;
const KEY_BYTES_MAX: usize = 255;
const ACTOR_BYTES_MAX: usize = 200;
/// Bytes of what is told of an attempt.
const TOLD_BYTES_MAX: usize = 256 << 10;
/// Most jobs at once.
const PAGE_MAX: usize = 1_000;

impl Store {
    /// Queues a job, once for its kind and key.
    pub fn enqueue_job(&self, workspace: WorkspaceId, job: NewJob) -> Answer<Enqueued> {
        self.write("enqueue_job", Key::Workspace(workspace), move |db| enqueue(db, workspace, &job))
    }
}

/// Queues a job in the transaction that makes it due, see [`crate::Store::enqueue_job`].
pub(crate) fn enqueue(db: &impl Db, workspace: WorkspaceId, job: &NewJob) -> Result<Enqueued> {
    const INSERT: &str =
        "INSERT INTO job (workspace, id, created_at, due_at, ended_at, generation, done, total, attempts, state, cancel,
            kind, key, unit, actor, owner, payload, result, error)
        VALUES (?1, ?2, ?3, ?4, NULL, 0, 0, 0, 0, ?5, ?6, ?7, ?8, '', ?9, NULL, ?10, NULL, NULL)
        ON CONFLICT DO NOTHING";
    const AGAIN: &str =
        "UPDATE job SET created_at = ?3, due_at = ?4, ended_at = NULL, generation = generation + 1, done = 0, total = 0,
            attempts = 0, state = ?5, cancel = ?6, actor = ?7, owner = NULL, payload = ?8, result = NULL, error = NULL
        WHERE workspace = ?1 AND id = ?2";
    const SELECT: &str = "SELECT state, kind, key, due_at FROM job WHERE workspace = ?1 AND id = ?2";
    check(job)?;
    let NewJob { kind, key, payload, due_at, actor, at, repeat } = job;
    let id = JobId::of(workspace, kind, key);
    let queued = JobState::Queued as u8;
    let row = params![workspace.0, id.0, at.0, due_at.0, queued, false, kind, key, actor, payload];
    if db.execute(INSERT, row)? > 0 {
        return Ok(Enqueued::New(id));
    }
    let found = db.first(SELECT, params![workspace.0, id.0], |row| {
        let same = row.get::<&str>(1)? == kind && row.get::<&str>(2)? == key;
        Ok((state_from(row.get(0)?)?, same, Timestamp(row.get(3)?)))
    })?;
    let (state, same, found_due) = found.ok_or(StoreError::Conflict)?;
    if !same {
        // Two intents with one hash.
        return Err(StoreError::Exists(id.to_string()));
    }
    let is_held = state == JobState::Running && found_due > *at;
    match repeat {
        Repeat::WhenIdle if !is_held => {}
        Repeat::WhenOver if !state.is_open() => {}
        _ if state.is_open() => return Ok(Enqueued::Open(id)),
        _ => return Ok(Enqueued::Over(id, state)),
    }
    db.execute(AGAIN, params![workspace.0, id.0, at.0, due_at.0, queued, false, actor, payload])?;
    Ok(Enqueued::New(id))
}

fn check(job: &NewJob) -> Result<()> {
    let NewJob { kind, key, payload, actor, .. } = job;
    let plain = |text: &str, max| !text.is_empty() && text.len() <= max && !text.contains(char::is_control);
    let fits = plain(kind, KIND_BYTES_MAX)
        && plain(key, KEY_BYTES_MAX)
        && plain(actor, ACTOR_BYTES_MAX)
        && payload.len() <= NewJob::PAYLOAD_BYTES_MAX
        && !payload.contains('\0');
    if fits { Ok(()) } else { Err(StoreError::Invalid("a job's texts are empty or too long".to_owned())) }
}

/// Text about an attempt as it can be kept.
fn told(text: &str) -> Result<&str> {
    if text.len() > TOLD_BYTES_MAX || text.contains('\0') {
        return Err(StoreError::Invalid(format!(
            "what is told of a job takes at most {TOLD_BYTES_MAX} bytes"
        )));
    }
    Ok(text)
}

/// Selects what [`read`] reads.
macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, key, state, created_at, due_at, ended_at, attempts, cancel, done, total, unit, actor, owner,
                payload, result, error, generation FROM job WHERE workspace = ?1 ",
            $rest
        )
    };
}
use select_jobs;

fn read(row: &Row<'_>) -> Result<Job> {
    let id = JobId(row.get(0)?);
    Ok(Job {
        id,
        kind: row.get(1)?,
        key: row.get(2)?,
        state: state_from(row.get(3)?)?,
        created_at: Timestamp(row.get(4)?),
        due_at: Timestamp(row.get(5)?),
        ended_at: row.get::<Option<_>>(6)?.map(Timestamp),
        attempts: row.get(7)?,
        cancel: row.get(8)?,
        done: row.get(9)?,
        total: row.get(10)?,
        unit: row.get(11)?,
        actor: row.get(12)?,
        owner: row.get(13)?,
        payload: row.get(14)?,
        result: row.get(15)?,
        error: row.get(16)?,
        lease: JobLease { job: id, generation: row.get(17)? },
    })
}

fn state_from(code: u8) -> Result<JobState> {
    let known = JobState::ALL.into_iter().find(|state| *state as u8 == code);
    known.ok_or_else(|| StoreError::Damaged(format!("a job in the state {code}")))
}

/// One job.
fn job(db: &impl Db, workspace: WorkspaceId, id: JobId) -> Result<Option<Job>> {
    const SELECT: &str = select_jobs!("AND id = ?2");
    db.first(SELECT, params![workspace.0, id.0], read)
}
