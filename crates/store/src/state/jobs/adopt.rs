//! What was queued before there were jobs, or by a node of before, gets one.

use consent::{Timestamp, WorkspaceId};

use super::queue::enqueue;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::types::{NewJob, NoticeId, NoticeKind, TextId};

/// Rows looked at together: what is in memory.
const PAGE: i64 = 1_000;

/// Gives a job to all that waits, in every workspace.
pub(crate) fn adopt(db: &impl Db) -> Result<()> {
    const WORKSPACES: &str = "SELECT id FROM workspace";
    let workspaces: Vec<i64> = db.all(WORKSPACES, params![], |row| row.get(0))?;
    workspaces.into_iter().try_for_each(|workspace| adopt_in(db, WorkspaceId(workspace)))
}

/// Gives a job to all that waits in a workspace.
pub(super) fn adopt_in(db: &impl Db, workspace: WorkspaceId) -> Result<()> {
    pages(|after| waiting_notices(db, workspace, after), |job| enqueue(db, workspace, job).map(drop))?;
    pages(|after| waiting_replies(db, workspace, after), |job| enqueue(db, workspace, job).map(drop))
}

/// A row, as the place that the next page begins behind, with its job.
type Found<K> = ((i64, K), NewJob);

/// Rows page by page, with the time and the key that the next page begins behind.
fn pages<K: Default>(
    page: impl Fn((i64, K)) -> Result<Vec<Found<K>>>,
    mut each: impl FnMut(&NewJob) -> Result<()>,
) -> Result<()> {
    let mut after = (i64::MIN, K::default());
    loop {
        let rows = page(after)?;
        let more = rows.len() as i64 == PAGE;
        for (_, job) in &rows {
            each(job)?;
        }
        match rows.into_iter().next_back() {
            Some((last, _)) if more => after = last,
            _ => return Ok(()),
        }
    }
}

/// Hash, kind and list of a notice.
type NoticeKey = ([u8; 16], u8, i64);

fn waiting_notices(
    db: &impl Db,
    workspace: WorkspaceId,
    (at, (hash, kind, list)): (i64, NoticeKey),
) -> Result<Vec<Found<NoticeKey>>> {
    const SELECT: &str = "SELECT hash, kind, list, at, due_at FROM notice WHERE workspace = ?1 AND state < 3
        AND (due_at > ?2 OR due_at = ?2 AND (hash, kind, list) > (?3, ?4, ?5))
        ORDER BY due_at, hash, kind, list LIMIT ?6";
    db.all(SELECT, params![workspace.0, at, &hash, kind, list, PAGE], |row| {
        let (hash, code, list): NoticeKey = (row.get(0)?, row.get(1)?, row.get(2)?);
        let kind = NoticeKind::ALL.into_iter().find(|kind| *kind as u8 == code);
        let kind = kind.ok_or_else(|| StoreError::Damaged(format!("a notice of the kind {code}")))?;
        let id = NoticeId { hash, kind, list, at: Timestamp(row.get(3)?) };
        let due_at: i64 = row.get(4)?;
        Ok(((due_at, (hash, code, list)), NewJob::noticing(id, Timestamp(due_at))))
    })
}

fn waiting_replies(
    db: &impl Db,
    workspace: WorkspaceId,
    (at, message): (i64, [u8; 16]),
) -> Result<Vec<Found<[u8; 16]>>> {
    const SELECT: &str = "SELECT message, received_at FROM text_reply WHERE workspace = ?1 AND state = 1
        AND (received_at > ?2 OR received_at = ?2 AND message > ?3) ORDER BY received_at, message LIMIT ?4";
    db.all(SELECT, params![workspace.0, at, &message, PAGE], |row| {
        let (message, at): ([u8; 16], i64) = (row.get(0)?, row.get(1)?);
        Ok(((at, message), NewJob::answering(TextId(message), Timestamp(at))))
    })
}
