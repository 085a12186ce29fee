//! Automatic answers: so many of a kind a day, each with the job that sends it.

use consent::{Timestamp, WorkspaceId};

use super::jobs::queue::enqueue;
use super::texts;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{NewJob, NewReply, Reply, ReplyEnd, ReplyKind, Text, TextId};

/// The time over which answers are counted, in microseconds.
const DAY: i64 = 24 * 3_600 * 1_000_000;
/// Bytes of what an answer says.
const BODY_BYTES_MAX: usize = 8_192;
/// Bytes of what became of one.
const DETAIL_LENGTH_MAX: usize = 255;

/// Waits to be sent; the condition of an index.
const WAITING: u8 = 1;
/// Handed over.
const SENT: u8 = 3;
/// Refused.
const FAILED: u8 = 4;
/// Not worth sending any more.
const DROPPED: u8 = 5;

impl Store {
    /// The answer to a text, if it is still to be sent.
    pub fn reply(&self, workspace: WorkspaceId, id: TextId) -> Answer<Option<Reply>> {
        self.query("reply", Key::Workspace(workspace), move |db| open(db, workspace, id))
    }

    /// Notes what became of an answer, once; `detail` is at most 255 bytes. False if it had ended before.
    pub fn reply_done(
        &self,
        workspace: WorkspaceId,
        id: TextId,
        end: ReplyEnd,
        detail: &str,
    ) -> Answer<bool> {
        let detail = detail.to_owned();
        self.write("reply_done", Key::Workspace(workspace), move |db| done(db, workspace, id, end, &detail))
    }
}

/// Keeps an answer, unless the number has had too many of its kind; whether it goes out.
pub(super) fn keep(db: &impl Db, workspace: WorkspaceId, text: &Text, reply: &NewReply) -> Result<bool> {
    // Whatever bears a later time counts too: a clock may have been put back.
    const COUNT: &str = "SELECT count(*) FROM text_reply
        WHERE workspace = ?1 AND address = ?2 AND kind = ?3 AND received_at > ?4";
    const NEXT: &str = "SELECT coalesce(max(place), 0) + 1 FROM text_reply
        WHERE workspace = ?1 AND address = ?2 AND kind = ?3";
    const INSERT: &str = "INSERT INTO text_reply
        (workspace, address, kind, place, message, body, received_at, expires_at, state, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '')";
    if reply.body.len() > BODY_BYTES_MAX || reply.body.contains('\0') {
        return Err(StoreError::Invalid(format!(
            "an automatic answer has at most {BODY_BYTES_MAX} bytes and no U+0000"
        )));
    }
    let (address, kind) = (text.address.0, reply.kind as u8);
    let since = text.received_at.0.saturating_sub(DAY);
    let count: u64 = db.one(COUNT, params![workspace.0, address, kind, since], |row| row.get(0))?;
    if count >= u64::from(reply.per_day) {
        return Ok(false);
    }
    // Two nodes that count at once choose the same place: one of them does it again.
    let place: i64 = db.one(NEXT, params![workspace.0, address, kind], |row| row.get(0))?;
    let values = params![
        workspace.0,
        address,
        kind,
        place,
        &text.id.0,
        &reply.body,
        text.received_at.0,
        reply.expires_at.0,
        if reply.at_once { SENT } else { WAITING },
    ];
    db.execute(INSERT, values)?;
    if !reply.at_once {
        enqueue(db, workspace, &NewJob::answering(text.id, text.received_at))?;
    }
    Ok(true)
}

fn open(db: &impl Db, workspace: WorkspaceId, id: TextId) -> Result<Option<Reply>> {
    const SELECT: &str = "SELECT kind, body, expires_at FROM text_reply
        WHERE workspace = ?1 AND address = ?2 AND message = ?3 AND state = ?4";
    let Some((text, number)) = texts::text(db, workspace, id)? else { return Ok(None) };
    let key = params![workspace.0, text.address.0, &id.0, WAITING];
    let found = db.first(SELECT, key, |row| Ok((kind_from(row.get(0)?)?, row.get(1)?, row.get(2)?)))?;
    Ok(found.map(|(kind, body, expires_at)| Reply {
        id,
        address: text.address,
        number,
        profile: text.profile,
        channel: text.channel,
        sender: text.sender,
        source: text.source,
        kind,
        body,
        expires_at: Timestamp(expires_at),
    }))
}

fn kind_from(code: u8) -> Result<ReplyKind> {
    let known = ReplyKind::ALL.into_iter().find(|kind| *kind as u8 == code);
    known.ok_or_else(|| StoreError::Damaged(format!("an answer of the kind {code}")))
}

fn done(db: &impl Db, workspace: WorkspaceId, id: TextId, end: ReplyEnd, detail: &str) -> Result<bool> {
    const UPDATE: &str = "UPDATE text_reply SET state = ?5, detail = ?6
        WHERE workspace = ?1 AND address = ?2 AND message = ?3 AND state = ?4";
    if detail.len() > DETAIL_LENGTH_MAX {
        return Err(StoreError::Invalid(format!("a detail has at most {DETAIL_LENGTH_MAX} bytes")));
    }
    let Some((text, _)) = texts::text(db, workspace, id)? else { return Ok(false) };
    let state = match end {
        ReplyEnd::Sent => SENT,
        ReplyEnd::Failed => FAILED,
        ReplyEnd::Dropped => DROPPED,
    };
    let detail = detail.replace('\0', "\u{fffd}");
    let key = params![workspace.0, text.address.0, &id.0, WAITING, state, &detail];
    Ok(db.execute(UPDATE, key)? > 0)
}

/// Drops an answer whose job was given up.
pub(super) fn drop_one(db: &impl Db, workspace: WorkspaceId, id: TextId) -> Result<()> {
    done(db, workspace, id, ReplyEnd::Dropped, "").map(drop)
}
