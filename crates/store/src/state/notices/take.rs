//! Notices on their way: read by the job that sends them, and forgotten when they are sent.

use consent::{Address, Evidence, ListId, Namespace, WorkspaceId};

use super::{DROPPED, FAILED, SENT};
use crate::error::Result;
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Notice, NoticeId, NoticeOutcome};

impl Store {
    /// A notice that is still to be sent. One that can't be read, so that nobody could send it, is none.
    pub fn notice(&self, workspace: WorkspaceId, id: NoticeId) -> Answer<Option<Notice>> {
        self.query("notice", Key::Workspace(workspace), move |db| open(db, workspace, id))
    }

    /// Notes what became of a notice; the address is forgotten with it. False if it had ended before.
    pub fn notice_done(&self, workspace: WorkspaceId, id: NoticeId, outcome: NoticeOutcome) -> Answer<bool> {
        self.write("notice_done", Key::Workspace(workspace), move |db| done(db, workspace, id, outcome))
    }
}

fn open(db: &impl Db, workspace: WorkspaceId, id: NoticeId) -> Result<Option<Notice>> {
    const SELECT: &str = "SELECT namespace, address, language, asked FROM notice
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND at = ?5 AND state < 3";
    let NoticeId { hash, kind, list, at } = id;
    let key = params![&hash, workspace.0, kind as u8, list, at.0];
    Ok(db.first(SELECT, key, |row| Ok(read(id, row)))?.flatten())
}

fn read(id: NoticeId, row: &Row<'_>) -> Option<Notice> {
    let namespace: Namespace = row.get::<&str>(0).ok()?.parse().ok()?;
    let address = Address::parse(&namespace, row.get::<&str>(1).ok()?, None).ok()?;
    let asked: Evidence = serde_json::from_str(row.get(3).ok()?).ok()?;
    let list = (id.list != 0).then_some(ListId(id.list));
    Some(Notice { id, kind: id.kind, address, list, language: row.get(2).ok()?, asked, at: id.at })
}

fn done(db: &impl Db, workspace: WorkspaceId, id: NoticeId, outcome: NoticeOutcome) -> Result<bool> {
    const END: &str = "UPDATE notice SET state = ?6, address = NULL, asked = NULL
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND at = ?5 AND state < 3";
    let state = match outcome {
        NoticeOutcome::Sent => SENT,
        NoticeOutcome::Failed => FAILED,
        NoticeOutcome::Dropped => DROPPED,
    };
    let NoticeId { hash, kind, list, at } = id;
    Ok(db.execute(END, params![&hash, workspace.0, kind as u8, list, at.0, state])? > 0)
}

/// Drops a notice whose job was given up.
pub(crate) fn drop_one(db: &impl Db, workspace: WorkspaceId, id: NoticeId) -> Result<()> {
    done(db, workspace, id, NoticeOutcome::Dropped).map(drop)
}
