//! Somebody asks for a notice to an address.

use consent::WorkspaceId;

use super::{SENT, WAITING};
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::state::jobs::queue::enqueue;
use crate::state::preferences::check_language;
use crate::store::{Answer, Key, Store};
use crate::types::{Asked, NewJob, NewNotice, NoticeId, NoticeLimits};

impl Store {
    /// Queues a notice to an address that somebody typed. One that waits already isn't queued a second time, but says
    /// what was asked last. Nothing depends on whether the address is known, nor on what was sent to it before, so that not
    /// even its time tells. The job that sends it is queued in the same transaction.
    pub fn ask_notice(
        &self,
        workspace: WorkspaceId,
        notice: NewNotice,
        limits: NoticeLimits,
    ) -> Answer<Asked> {
        let hash = self.secrets().typed_address(workspace, &notice.address);
        let asking = Asking { hash, notice, limits };
        self.write("ask_notice", Key::Workspace(workspace), move |db| ask(db, workspace, &asking))
    }
}

/// A notice with what stands for its address.
pub(crate) struct Asking {
    /// The keyed hash of the address.
    pub hash: [u8; 16],
    /// What is asked for.
    pub notice: NewNotice,
    /// How many there may be.
    pub limits: NoticeLimits,
}

/// What is kept of an address.
struct Known {
    /// Whether the notice waits, or is on its way.
    open: bool,
    /// Whether it waits: then it says what was asked last.
    waits: bool,
}

/// Queues a notice, see [`crate::Store::ask_notice`].
pub(crate) fn ask(db: &impl Db, workspace: WorkspaceId, asking: &Asking) -> Result<Asked> {
    let asked = checked(asking)?;
    super::purge(db, workspace, asking.notice.at)?;
    let known = known(db, workspace, asking)?;
    if known.waits {
        reword(db, workspace, asking, &asked)?;
    }
    if known.open {
        return Ok(Asked::Queued);
    }
    if is_full(db, workspace, asking)? {
        return Ok(Asked::Full);
    }
    put(db, workspace, asking, &asked)?;
    let at = asking.notice.at;
    let id = NoticeId { hash: asking.hash, kind: asking.notice.kind, list: list(asking), at };
    enqueue(db, workspace, &NewJob::noticing(id, at))?;
    Ok(Asked::Queued)
}

/// What is asked as JSON text, within the limits.
fn checked(asking: &Asking) -> Result<String> {
    let invalid = |why: String| StoreError::Invalid(format!("a notice: {why}"));
    check_language(&asking.notice.language)?;
    let asked = serde_json::to_string(&asking.notice.asked).map_err(|error| invalid(error.to_string()))?;
    if asked.len() > NewNotice::ASKED_BYTES_MAX {
        return Err(invalid(format!("who asked takes at most {} bytes", NewNotice::ASKED_BYTES_MAX)));
    }
    Ok(asked)
}

fn known(db: &impl Db, workspace: WorkspaceId, asking: &Asking) -> Result<Known> {
    const SELECT: &str = "SELECT state FROM notice
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4";
    let key = params![&asking.hash, workspace.0, asking.notice.kind as u8, list(asking)];
    let state: Option<u8> = db.first(SELECT, key, |row| row.get(0))?;
    Ok(Known { open: state.is_some_and(|state| state < SENT), waits: state == Some(WAITING) })
}

fn list(asking: &Asking) -> i64 {
    asking.notice.list.map_or(0, |list| list.0)
}

/// Whether too many wait.
fn is_full(db: &impl Db, workspace: WorkspaceId, asking: &Asking) -> Result<bool> {
    const COUNT: &str = "SELECT count(*) FROM
        (SELECT 1 FROM notice WHERE workspace = ?1 AND state < 3 LIMIT ?2) AS waiting";
    let most = asking.limits.waiting_max;
    let waiting: u64 = db.one(COUNT, params![workspace.0, most], |row| row.get(0))?;
    Ok(waiting >= u64::from(most))
}

fn put(db: &impl Db, workspace: WorkspaceId, asking: &Asking, asked: &str) -> Result<()> {
    const PUT: &str =
        "INSERT INTO notice (hash, workspace, kind, list, state, at, due_at, generation, takings,
            times, namespace, address, language, asked)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (hash, kind, list, workspace) DO UPDATE SET state = excluded.state, at = excluded.at,
            due_at = excluded.due_at, takings = 0, counted = 0, namespace = excluded.namespace,
            address = excluded.address, language = excluded.language, asked = excluded.asked";
    let notice = &asking.notice;
    let values = params![
        &asking.hash,
        workspace.0,
        notice.kind as u8,
        list(asking),
        WAITING,
        notice.at.0,
        &[0_u8; 0],
        notice.address.namespace().as_str(),
        notice.address.raw(),
        &notice.language,
        asked,
    ];
    db.execute(PUT, values).map(drop)
}

/// A notice that waits says what was asked last.
fn reword(db: &impl Db, workspace: WorkspaceId, asking: &Asking, asked: &str) -> Result<()> {
    const UPDATE: &str = "UPDATE notice SET language = ?5, asked = ?6
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND state = 1";
    let notice = &asking.notice;
    let key = params![&asking.hash, workspace.0, notice.kind as u8, list(asking), &notice.language, asked];
    db.execute(UPDATE, key).map(drop)
}
