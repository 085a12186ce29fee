//! Notices on their way: each given out once, unless its taker died, and forgotten when it is sent.

use consent::{Address, Evidence, ListId, Namespace, Timestamp, WorkspaceId};

use super::{DROPPED, FAILED, SENT, TAKEN, WAITING, WORTH_MAX};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Notice, NoticeId, NoticeKind, NoticeOutcome};

/// Most notices at once.
const PAGE_MAX: usize = 1_000;
/// How long nothing may be heard of one before it is given out again.
const HEARD_WITHIN: i64 = 5 * 60 * 1_000_000;
/// How often it is given out. Whoever takes it may have sent it and died then, time and again.
const TAKINGS_MAX: i64 = 3;

impl Store {
    /// Takes notices that are due, oldest first, at most `limit`. Each is given out once, unless nothing was heard of it
    /// for five minutes: then again, three times in all. Those that have waited for a day are dropped.
    pub fn take_notices(&self, workspace: WorkspaceId, now: Timestamp, limit: usize) -> Answer<Vec<Notice>> {
        self.write("take_notices", Key::Workspace(workspace), move |db| take(db, workspace, now, limit))
    }

    /// Notes what became of a notice; the address is forgotten with it. False if it isn't the taker's any more.
    pub fn notice_done(&self, workspace: WorkspaceId, id: NoticeId, outcome: NoticeOutcome) -> Answer<bool> {
        self.write("notice_done", Key::Workspace(workspace), move |db| done(db, workspace, id, outcome))
    }
}

/// Takes notices that are due, see [`crate::Store::take_notices`].
pub(crate) fn take(
    db: &impl Db,
    workspace: WorkspaceId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Notice>> {
    const SELECT: &str =
        "SELECT hash, kind, list, generation, namespace, address, language, asked, at FROM notice
        WHERE workspace = ?1 AND state < 3 AND due_at <= ?2 ORDER BY due_at, hash, kind, list LIMIT ?3";
    const TAKE: &str =
        "UPDATE notice SET state = ?6, due_at = ?7, generation = generation + 1, takings = takings + 1
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND generation = ?5";
    super::purge(db, workspace, now)?;
    drop_stale(db, workspace, now)?;
    let key = params![workspace.0, now.0, limit.min(PAGE_MAX) as i64];
    let waiting = db.all(SELECT, key, read)?;
    let again_at = now.0.saturating_add(HEARD_WITHIN);
    let keys = waiting.iter().map(|(NoticeId { hash, kind, list, generation }, _)| {
        *params![hash, workspace.0, *kind as u8, *list, *generation, TAKEN, again_at]
    });
    let taken = db.execute_all(TAKE, keys)?;
    let mut notices = Vec::with_capacity(waiting.len());
    for ((id, notice), taken) in waiting.into_iter().zip(taken) {
        let id = NoticeId { generation: id.generation + 1, ..id };
        match notice {
            Some(notice) if taken > 0 => notices.push(Notice { id, ..notice }),
            // Not readable: nobody could send it, now or later.
            None => drop(done(db, workspace, id, NoticeOutcome::Failed)?),
            Some(_) => {}
        }
    }
    Ok(notices)
}

/// Drops those that have waited too long, or were given out too often.
fn drop_stale(db: &impl Db, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    const DROP: &str = "UPDATE notice SET state = ?4, address = NULL, asked = NULL
        WHERE workspace = ?1 AND state < 3 AND due_at <= ?2 AND (at <= ?3 OR takings >= ?5)";
    let worth_from = now.0.saturating_sub(WORTH_MAX);
    db.execute(DROP, params![workspace.0, now.0, worth_from, DROPPED, TAKINGS_MAX]).map(drop)
}

/// A notice, `None` if it can't be read.
fn read(row: &Row<'_>) -> Result<(NoticeId, Option<Notice>)> {
    let code: u8 = row.get(1)?;
    let kind = NoticeKind::ALL.into_iter().find(|kind| *kind as u8 == code);
    let kind = kind.ok_or_else(|| StoreError::Damaged(format!("a notice of the kind {code}")))?;
    let id = NoticeId { hash: row.get(0)?, kind, list: row.get(2)?, generation: row.get(3)? };
    let notice = || -> Option<Notice> {
        let namespace: Namespace = row.get::<&str>(4).ok()?.parse().ok()?;
        let address = Address::parse(&namespace, row.get::<&str>(5).ok()?, None).ok()?;
        let asked: Evidence = serde_json::from_str(row.get(7).ok()?).ok()?;
        let (language, at) = (row.get(6).ok()?, Timestamp(row.get(8).ok()?));
        let list = (id.list != 0).then_some(ListId(id.list));
        Some(Notice { id, kind, address, list, language, asked, at })
    };
    Ok((id, notice()))
}

/// Notes what became of a notice, see [`crate::Store::notice_done`].
pub(crate) fn done(
    db: &impl Db,
    workspace: WorkspaceId,
    id: NoticeId,
    outcome: NoticeOutcome,
) -> Result<bool> {
    const END: &str = "UPDATE notice SET state = ?6, address = NULL, asked = NULL
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND generation = ?5 AND state = 2";
    // It wasn't sent, so it counts as not taken.
    const LATER: &str = "UPDATE notice SET state = ?6, due_at = ?7, takings = takings - 1
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND generation = ?5 AND state = 2";
    let NoticeId { hash, kind, list, generation } = id;
    let kind = kind as u8;
    let end = |state| params![&hash, workspace.0, kind, list, generation, state].to_vec();
    let changed = match outcome {
        NoticeOutcome::Sent => db.execute(END, &end(SENT))?,
        NoticeOutcome::Failed => db.execute(END, &end(FAILED))?,
        NoticeOutcome::Later(at) => {
            db.execute(LATER, params![&hash, workspace.0, kind, list, generation, WAITING, at.0])?
        }
    };
    Ok(changed > 0)
}
