//! Requests of programs that may be sent again: each is done once, and whoever sends it again is told what was answered
//! the first time. They are kept for a day.

use consent::{ConsentChange, Timestamp, WorkspaceId};

use super::change::{BULK_MIN, ChangeConsent, Wants};
use super::record::Recorder;
use super::rows::Rows;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{KeptAnswer, PartOutcome, RecordedBefore, RequestBegun, RequestId, RequestPart};

/// How long a request is kept, in microseconds.
const KEPT: i64 = 24 * 3_600 * 1_000_000;
/// Those that are forgotten when another one comes.
const FORGOTTEN_AT_ONCE: i64 = 64;
/// Bytes of an answer's headers.
const HEAD_BYTES_MAX: usize = 4_096;

impl Store {
    /// Begins a request, or says what is known of it. Until `lease` nobody else begins it, unless it is answered or
    /// abandoned before.
    pub fn begin_request(
        &self,
        workspace: WorkspaceId,
        request: RequestId,
        fingerprint: [u8; 32],
        now: Timestamp,
        lease: Timestamp,
    ) -> Answer<RequestBegun> {
        self.write("begin_request", Key::Each(workspace), move |db| {
            begin(db, workspace, request, fingerprint, now, lease)
        })
    }

    /// Keeps the answer to a request that was begun.
    pub fn answer_request(
        &self,
        workspace: WorkspaceId,
        request: RequestId,
        answer: KeptAnswer,
    ) -> Answer<()> {
        self.write("answer_request", Key::Each(workspace), move |db| keep(db, workspace, request, &answer))
    }

    /// Lets a request that was begun be begun again: it came to nothing. What was recorded of its parts stays.
    pub fn abandon_request(&self, workspace: WorkspaceId, request: RequestId) -> Answer<()> {
        self.write("abandon_request", Key::Each(workspace), move |db| abandon(db, workspace, request))
    }

    /// The same for all requests, when the one process that works on this state starts.
    pub fn abandon_requests(&self) -> Answer<()> {
        self.write("abandon_requests", Key::Installation, |db| {
            db.execute("UPDATE api_request SET lease = 0 WHERE status = 0 AND lease > 0", &[]).map(drop)
        })
    }

    /// Records changes as part of a request, once: whoever says the part again is told what it did. All changes of the part
    /// are recorded or none.
    pub fn record_part(
        &self,
        workspace: WorkspaceId,
        part: RequestPart,
        changes: Vec<ConsentChange>,
    ) -> Answer<PartOutcome> {
        self.change("record_part", Key::Each(workspace), workspace, RecordPart { part, changes })
    }
}

fn begin(
    db: &impl Db,
    workspace: WorkspaceId,
    request: RequestId,
    fingerprint: [u8; 32],
    now: Timestamp,
    lease: Timestamp,
) -> Result<RequestBegun> {
    const SELECT: &str = "SELECT fingerprint, at, lease, status, head, body FROM api_request
        WHERE workspace = ?1 AND id = ?2";
    const INSERT: &str = "INSERT INTO api_request (workspace, id, fingerprint, at, lease, status, head, body)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, '', ?6)";
    const TAKE: &str = "UPDATE api_request SET lease = ?3 WHERE workspace = ?1 AND id = ?2";
    forget(db, workspace, now)?;
    let found = db.first(SELECT, params![workspace.0, &request.0], |row| {
        let (held, at, leased): ([u8; 32], i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let answer = KeptAnswer { status: row.get(3)?, head: row.get(4)?, body: row.get(5)? };
        Ok((held, at, leased, answer))
    })?;
    let nothing: &[u8] = &[];
    match found {
        Some((_, at, ..)) if is_old(at, now) => {
            remove(db, workspace, &request.0)?;
            let row = params![workspace.0, &request.0, &fingerprint, now.0, lease.0, nothing];
            db.execute(INSERT, row)?;
            Ok(RequestBegun::Fresh)
        }
        Some((held, ..)) if held != fingerprint => Ok(RequestBegun::Other),
        Some((.., answer)) if answer.status != 0 => Ok(RequestBegun::Done(answer)),
        Some((_, _, leased, _)) if leased > now.0 => Ok(RequestBegun::InWork),
        Some(_) => {
            db.execute(TAKE, params![workspace.0, &request.0, lease.0])?;
            Ok(RequestBegun::Fresh)
        }
        None => {
            let row = params![workspace.0, &request.0, &fingerprint, now.0, lease.0, nothing];
            db.execute(INSERT, row)?;
            Ok(RequestBegun::Fresh)
        }
    }
}

const fn is_old(at: i64, now: Timestamp) -> bool {
    at < now.0.saturating_sub(KEPT)
}

fn remove(db: &impl Db, workspace: WorkspaceId, id: &[u8]) -> Result<()> {
    db.execute("DELETE FROM api_request_part WHERE workspace = ?1 AND id = ?2", params![workspace.0, id])?;
    db.execute("DELETE FROM api_request WHERE workspace = ?1 AND id = ?2", params![workspace.0, id]).map(drop)
}

/// Forgets some of those that are too old: more than come in, so that they don't pile up.
fn forget(db: &impl Db, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    const OLD: &str = "SELECT id FROM api_request WHERE workspace = ?1 AND at < ?2 ORDER BY at LIMIT ?3";
    let until = now.0.saturating_sub(KEPT);
    let old = db.all(OLD, params![workspace.0, until, FORGOTTEN_AT_ONCE], |row| row.get::<Vec<u8>>(0))?;
    old.iter().try_for_each(|id| remove(db, workspace, id))
}

fn keep(db: &impl Db, workspace: WorkspaceId, request: RequestId, answer: &KeptAnswer) -> Result<()> {
    const UPDATE: &str = "UPDATE api_request SET lease = 0, status = ?3, head = ?4, body = ?5
        WHERE workspace = ?1 AND id = ?2 AND status = 0";
    let KeptAnswer { status, head, body } = answer;
    if body.len() > KeptAnswer::BODY_BYTES_MAX || head.len() > HEAD_BYTES_MAX || head.contains('\0') {
        return Err(StoreError::Invalid("the answer is too long to be kept".to_owned()));
    }
    db.execute(UPDATE, params![workspace.0, &request.0, *status, head, body]).map(drop)
}

fn abandon(db: &impl Db, workspace: WorkspaceId, request: RequestId) -> Result<()> {
    const UPDATE: &str = "UPDATE api_request SET lease = 0 WHERE workspace = ?1 AND id = ?2 AND status = 0";
    db.execute(UPDATE, params![workspace.0, &request.0]).map(drop)
}

/// Records the changes of a part once.
struct RecordPart {
    part: RequestPart,
    changes: Vec<ConsentChange>,
}

impl ChangeConsent for RecordPart {
    type Answer = PartOutcome;

    fn wants(&self, wants: &mut Wants) {
        for change in &self.changes {
            wants.subject(&change.subject);
        }
    }

    fn is_bulk(&self) -> bool {
        self.changes.len() >= BULK_MIN
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<PartOutcome> {
        const SELECT: &str = "SELECT fingerprint, answer FROM api_request_part
            WHERE workspace = ?1 AND id = ?2 AND part = ?3";
        const INSERT: &str = "INSERT INTO api_request_part (workspace, id, part, fingerprint, at, answer)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        const LEASE: &str =
            "UPDATE api_request SET lease = ?3 WHERE workspace = ?1 AND id = ?2 AND status = 0";
        let RequestPart { request, part, fingerprint, at, lease } = self.part;
        let (db, workspace) = recorder.rows.beside();
        let found = db.first(SELECT, params![workspace.0, &request.0, part], |row| {
            Ok((row.get::<[u8; 32]>(0)?, row.get::<Vec<u8>>(1)?))
        })?;
        if let Some((held, answer)) = found {
            if held != fingerprint {
                return Ok(PartOutcome::Other);
            }
            let before = RecordedBefore::unpack(&answer);
            let damaged = || StoreError::Damaged("what a part of a request did".to_owned());
            return before.map(PartOutcome::Before).ok_or_else(damaged);
        }
        let done = self.changes.iter().map(|change| recorder.record(change)).collect::<Result<Vec<_>>>()?;
        let kept: Vec<RecordedBefore> = done.iter().map(RecordedBefore::from).collect();
        let answer = RecordedBefore::pack(&kept);
        let (db, workspace) = recorder.rows.write_beside();
        db.execute(INSERT, params![workspace.0, &request.0, part, &fingerprint, at.0, &answer])?;
        db.execute(LEASE, params![workspace.0, &request.0, lease.0])?;
        Ok(PartOutcome::Recorded(done))
    }
}
