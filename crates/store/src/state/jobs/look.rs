//! What there is of jobs: one, pages, counts.

use consent::{JobId, WorkspaceId};

use super::{PAGE_MAX, read, select_jobs, state_from};
use crate::error::Result;
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Job, JobCount, JobFilter, JobState};

impl Store {
    /// A job by its id.
    pub fn job(&self, workspace: WorkspaceId, id: JobId) -> Answer<Option<Job>> {
        self.query("job", Key::Workspace(workspace), move |db| super::job(db, workspace, id))
    }

    /// Jobs, newest first, at most `limit`.
    pub fn jobs(&self, workspace: WorkspaceId, filter: JobFilter, limit: usize) -> Answer<Vec<Job>> {
        self.query("jobs", Key::Workspace(workspace), move |db| list(db, workspace, &filter, limit))
    }

    /// Jobs of a kind that run, whoever works on them.
    pub fn running_jobs(&self, workspace: WorkspaceId, kind: &str) -> Answer<Vec<Job>> {
        const SELECT: &str =
            select_jobs!("AND kind = ?2 AND state < 4 AND state = 2 ORDER BY due_at, id LIMIT ?3");
        let kind = kind.to_owned();
        self.query("running_jobs", Key::Workspace(workspace), move |db| {
            db.all(SELECT, params![workspace.0, &kind, PAGE_MAX as i64], read)
        })
    }

    /// How many jobs are open or were given up, by kind and state.
    pub fn job_counts(&self, workspace: WorkspaceId) -> Answer<Vec<JobCount>> {
        self.query("job_counts", Key::Workspace(workspace), move |db| counts(db, workspace))
    }
}

fn list(db: &impl Db, workspace: WorkspaceId, filter: &JobFilter, limit: usize) -> Result<Vec<Job>> {
    // A state that isn't asked for is 0.
    const SELECT: &str = select_jobs!(
        "AND (created_at < ?2 OR created_at = ?2 AND id < ?3) AND (?4 = '' OR kind = ?4)
        AND (?5 = 1 OR state IN (?6, ?7, ?8, ?9, ?10, ?11)) ORDER BY created_at DESC, id DESC LIMIT ?12"
    );
    let (at, id) = filter.after.map_or((i64::MAX, i64::MAX), |(at, id)| (at.0, id.0));
    let kind = filter.kind.as_deref().unwrap_or_default();
    let any = i64::from(filter.states.is_empty());
    let asked = |state: JobState| if filter.states.contains(&state) { i64::from(state as u8) } else { 0 };
    let [queued, running, failed, done, dead, cancelled] = JobState::ALL.map(asked);
    let limit = limit.min(PAGE_MAX) as i64;
    let values =
        params![workspace.0, at, id, kind, any, queued, running, failed, done, dead, cancelled, limit];
    db.all(SELECT, values, read)
}

fn counts(db: &impl Db, workspace: WorkspaceId) -> Result<Vec<JobCount>> {
    const OPEN: &str = "SELECT kind, state, count(*), min(created_at), min(due_at) FROM job
        WHERE workspace = ?1 AND state < 4 GROUP BY kind, state ORDER BY kind, state";
    const DEAD: &str = "SELECT kind, state, count(*), min(created_at), min(due_at) FROM job
        WHERE workspace = ?1 AND state = 5 GROUP BY kind, state ORDER BY kind";
    let mut counts = Vec::new();
    for select in [OPEN, DEAD] {
        counts.extend(db.all(select, params![workspace.0], |row| {
            Ok(JobCount {
                kind: row.get(0)?,
                state: state_from(row.get(1)?)?,
                count: row.get(2)?,
                oldest: consent::Timestamp(row.get(3)?),
                next: consent::Timestamp(row.get(4)?),
            })
        })?);
    }
    counts.sort_by(|one, other| one.kind.cmp(&other.kind).then(one.state.cmp(&other.state)));
    Ok(counts)
}
