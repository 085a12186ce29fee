//! Jobs: work that is done in the background, each piece once for its intent, by one worker at a time.
//!
//! A worker holds a lease. When it ends without a word, the job is given to another: so a job may be begun twice, and what
//! it does must bear that. Times are the callers', as everywhere here; leases are long beside what clocks differ by, and a
//! generation fences off whoever has lost one.

pub(crate) mod adopt;
mod lease;
mod look;
mod manage;
pub(crate) mod queue;
mod workers;

use consent::{JobId, Timestamp, WorkspaceId};

use self::queue::{enqueue, state_from};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Enqueued, Job, JobLease, NewJob};

/// Bytes of what is told of an attempt.
const TOLD_BYTES_MAX: usize = 256 << 10;
/// Most jobs at once.
const PAGE_MAX: usize = 1_000;

impl Store {
    /// Queues a job, once for its kind and key.
    pub fn enqueue_job(&self, workspace: WorkspaceId, job: NewJob) -> Answer<Enqueued> {
        self.write("enqueue_job", Key::Workspace(workspace), move |db| enqueue(db, workspace, &job))
    }

    /// Gives a job to each notice and each answer to a text that waits without one. A database that is shared may have nodes
    /// of before jobs, which queue none.
    pub fn adopt_jobs(&self, workspace: WorkspaceId) -> Answer<()> {
        self.write("adopt_jobs", Key::Workspace(workspace), move |db| adopt::adopt_in(db, workspace))
    }
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

/// One job.
fn job(db: &impl Db, workspace: WorkspaceId, id: JobId) -> Result<Option<Job>> {
    const SELECT: &str = select_jobs!("AND id = ?2");
    db.first(SELECT, params![workspace.0, id.0], read)
}
