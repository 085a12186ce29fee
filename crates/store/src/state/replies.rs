//! Automatic answers: so many of a kind a day, each given out once.

use consent::{Timestamp, WorkspaceId};

use super::texts::{self, PAGE_MAX};
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{NewReply, Reply, ReplyKind, Text, TextId};

/// The time over which answers are counted, in microseconds.
const DAY: i64 = 24 * 3_600 * 1_000_000;
/// Bytes of what an answer says.
const BODY_BYTES_MAX: usize = 8_192;
/// Bytes of what became of one.
const DETAIL_LENGTH_MAX: usize = 255;

/// Waits to be sent; the condition of an index.
const WAITING: u8 = 1;
/// Given out: in doubt until it is told what became of it.
const TAKEN: u8 = 2;
/// Handed over.
const SENT: u8 = 3;
/// Refused.
const FAILED: u8 = 4;
/// Not worth sending any more.
const DROPPED: u8 = 5;

impl Store {
    /// Takes answers that wait to be sent, oldest first, at most `limit`; those that aren't worth sending any more are
    /// dropped. An answer is given out once: one whose process dies is never sent.
    pub fn take_replies(&self, workspace: WorkspaceId, now: Timestamp, limit: usize) -> Answer<Vec<Reply>> {
        self.write("take_replies", Key::Workspace(workspace), move |db| take(db, workspace, now, limit))
    }

    /// Notes what became of an answer that was taken, once; `detail` is at most 255 bytes.
    pub fn reply_done(&self, workspace: WorkspaceId, id: TextId, sent: bool, detail: &str) -> Answer<()> {
        let detail = detail.to_owned();
        self.write("reply_done", Key::Workspace(workspace), move |db| done(db, workspace, id, sent, &detail))
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
    Ok(true)
}

/// Takes answers that wait, see [`crate::Store::take_replies`].
pub(crate) fn take(db: &impl Db, workspace: WorkspaceId, now: Timestamp, limit: usize) -> Result<Vec<Reply>> {
    const DROP: &str = "UPDATE text_reply SET state = ?3
        WHERE workspace = ?1 AND state = 1 AND expires_at <= ?2";
    const SELECT: &str = "SELECT address, kind, place, message, body, expires_at FROM text_reply
        WHERE workspace = ?1 AND state = 1 ORDER BY received_at, message LIMIT ?2";
    const TAKE: &str = "UPDATE text_reply SET state = ?5
        WHERE workspace = ?1 AND address = ?2 AND kind = ?3 AND place = ?4 AND state = 1";
    db.execute(DROP, params![workspace.0, now.0, DROPPED])?;
    let waiting = db.all(SELECT, params![workspace.0, limit.min(PAGE_MAX) as i64], |row| {
        let key: (i64, u8, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (message, body) = (TextId(row.get(3)?), row.get::<String>(4)?);
        Ok((key, message, body, Timestamp(row.get(5)?)))
    })?;
    let keys = waiting
        .iter()
        .map(|((address, kind, place), ..)| *params![workspace.0, *address, *kind, *place, TAKEN]);
    let taken = db.execute_all(TAKE, keys)?;
    let mut replies = Vec::with_capacity(waiting.len());
    for (((_, kind, _), message, body, expires_at), taken) in waiting.into_iter().zip(taken) {
        if taken == 0 {
            continue;
        }
        let (text, number) = texts::named(db, workspace, message)?;
        replies.push(Reply {
            id: message,
            address: text.address,
            number,
            profile: text.profile,
            channel: text.channel,
            sender: text.sender,
            source: text.source,
            kind: kind_from(kind)?,
            body,
            expires_at,
        });
    }
    Ok(replies)
}

fn kind_from(code: u8) -> Result<ReplyKind> {
    let known = ReplyKind::ALL.into_iter().find(|kind| *kind as u8 == code);
    known.ok_or_else(|| StoreError::Damaged(format!("an answer of the kind {code}")))
}

/// Notes what became of an answer that was taken.
pub(crate) fn done(db: &impl Db, workspace: WorkspaceId, id: TextId, sent: bool, detail: &str) -> Result<()> {
    const UPDATE: &str = "UPDATE text_reply SET state = ?5, detail = ?6
        WHERE workspace = ?1 AND address = ?2 AND message = ?3 AND state = ?4";
    if detail.len() > DETAIL_LENGTH_MAX {
        return Err(StoreError::Invalid(format!("a detail has at most {DETAIL_LENGTH_MAX} bytes")));
    }
    let missing = || StoreError::Missing("the answer".to_owned());
    let (text, _) = texts::text(db, workspace, id)?.ok_or_else(missing)?;
    let (state, detail) = (if sent { SENT } else { FAILED }, detail.replace('\0', "\u{fffd}"));
    let key = params![workspace.0, text.address.0, &id.0, TAKEN, state, &detail];
    if db.execute(UPDATE, key)? == 0 { Err(missing()) } else { Ok(()) }
}
