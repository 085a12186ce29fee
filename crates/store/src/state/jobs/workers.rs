//! Nodes that work on jobs: each says so from time to time.

use std::time::Duration;

use consent::{Timestamp, WorkspaceId};

use crate::error::Result;
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::JobWorker;

/// A lease that ends further ahead than this was written by a clock that was wrong: a job isn't held back by it.
const AHEAD_MAX: Duration = Duration::from_hours(1);
/// How long a node is remembered that has said nothing more.
const KEPT: Duration = Duration::from_hours(24);

impl Store {
    /// A node says that it works on jobs of these kinds until then, unless it is heard of again.
    pub fn worker_beat(
        &self,
        workspace: WorkspaceId,
        node: &str,
        kinds: Vec<String>,
        until: Timestamp,
        now: Timestamp,
    ) -> Answer<()> {
        let node = node.to_owned();
        self.write("worker_beat", Key::Workspace(workspace), move |db| {
            beat(db, workspace, &node, &kinds, until, now)
        })
    }

    /// A node says that it works no more.
    pub fn worker_gone(&self, workspace: WorkspaceId, node: &str) -> Answer<()> {
        const DELETE: &str = "DELETE FROM job_worker WHERE workspace = ?1 AND node = ?2";
        let node = node.to_owned();
        self.write("worker_gone", Key::Workspace(workspace), move |db| {
            db.execute(DELETE, params![workspace.0, &node]).map(drop)
        })
    }

    /// The nodes that work on jobs now.
    pub fn workers(&self, workspace: WorkspaceId, now: Timestamp) -> Answer<Vec<JobWorker>> {
        const SELECT: &str = "SELECT node, kind, until_at FROM job_worker
            WHERE workspace = ?1 AND until_at > ?2 AND until_at <= ?3 ORDER BY kind, node";
        self.query("workers", Key::Workspace(workspace), move |db| {
            db.all(SELECT, params![workspace.0, now.0, now.plus(AHEAD_MAX).0], |row| {
                Ok(JobWorker { node: row.get(0)?, kind: row.get(1)?, until: Timestamp(row.get(2)?) })
            })
        })
    }
}

fn beat(
    db: &impl Db,
    workspace: WorkspaceId,
    node: &str,
    kinds: &[String],
    until: Timestamp,
    now: Timestamp,
) -> Result<()> {
    const UPSERT: &str = "INSERT INTO job_worker (workspace, kind, node, until_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (workspace, kind, node) DO UPDATE SET until_at = excluded.until_at";
    const FORGET: &str = "DELETE FROM job_worker WHERE workspace = ?1 AND (until_at <= ?2 OR until_at > ?3)";
    const FREE: &str = "UPDATE job SET due_at = ?4
        WHERE workspace = ?1 AND kind = ?2 AND state < 4 AND state = 2 AND due_at > ?3";
    let ahead = now.plus(AHEAD_MAX).0;
    let before = now.0.saturating_sub(i64::try_from(KEPT.as_micros()).unwrap_or(i64::MAX));
    db.execute(FORGET, params![workspace.0, before, ahead])?;
    for kind in kinds {
        db.execute(UPSERT, params![workspace.0, kind, node, until.0])?;
        db.execute(FREE, params![workspace.0, kind, ahead, now.0])?;
    }
    Ok(())
}
