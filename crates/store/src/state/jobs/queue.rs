//! Queueing a job, in whatever transaction makes it due.

use consent::{JobId, Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::types::{Enqueued, JobState, NewJob, Repeat};

/// Bytes of a kind, of a key and of who asked.
const KIND_BYTES_MAX: usize = 64;
const KEY_BYTES_MAX: usize = 255;
const ACTOR_BYTES_MAX: usize = 200;

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

/// The state that a number stands for.
pub(super) fn state_from(code: u8) -> Result<JobState> {
    let known = JobState::ALL.into_iter().find(|state| *state as u8 == code);
    known.ok_or_else(|| StoreError::Damaged(format!("a job in the state {code}")))
}
