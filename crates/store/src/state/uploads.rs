//! Uploads, see [`crate::Uploads`].

use consent::{Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Upload, UploadState};

/// Ended uploads that are kept.
const ENDED_MAX: i64 = 1_000;
/// Bytes of an upload's failures.
const FAILURES_BYTES_MAX: usize = 4 << 20;
/// Bytes of each of its other texts.
const TEXT_BYTES_MAX: usize = 2_000;
/// The first state that is an end, see [`UploadState::has_ended`].
const ENDED: u8 = UploadState::Complete as u8;

impl Store {
    /// Records one. Of those that have ended, the newest 1,000 are kept.
    pub fn create_upload(&self, workspace: WorkspaceId, upload: Upload) -> Answer<()> {
        self.write("create_upload", Key::Workspace(workspace), move |db| create(db, workspace, &upload))
    }

    /// Replaces what is known of one that hasn't ended; whether there is such a one.
    pub fn put_upload(&self, workspace: WorkspaceId, upload: Upload) -> Answer<bool> {
        self.write("put_upload", Key::Workspace(workspace), move |db| put(db, workspace, &upload))
    }

    /// One by its id.
    pub fn upload(&self, workspace: WorkspaceId, id: &str) -> Answer<Option<Upload>> {
        let id = id.to_owned();
        self.query("upload", Key::Workspace(workspace), move |db| upload(db, workspace, &id))
    }

    /// All, newest first, without their failures.
    pub fn uploads(&self, workspace: WorkspaceId) -> Answer<Vec<Upload>> {
        self.query("uploads", Key::Workspace(workspace), move |db| all(db, workspace))
    }

    /// Forgets one; whether it was there.
    pub fn delete_upload(&self, workspace: WorkspaceId, id: &str) -> Answer<bool> {
        let id = id.to_owned();
        self.write("delete_upload", Key::Workspace(workspace), move |db| delete(db, workspace, &id))
    }
}

fn check(upload: &Upload) -> Result<()> {
    let Upload { id, by, filename, detail, failures, .. } = upload;
    let texts = [id, by, filename, detail];
    if texts.iter().any(|text| text.len() > TEXT_BYTES_MAX || text.contains('\0'))
        || failures.len() > FAILURES_BYTES_MAX
        || failures.contains('\0')
    {
        return Err(StoreError::Invalid("an upload's texts are too long or hold U+0000".to_owned()));
    }
    Ok(())
}

pub(crate) fn create(db: &impl Db, workspace: WorkspaceId, upload: &Upload) -> Result<()> {
    const INSERT: &str =
        "INSERT INTO upload_job (workspace, id, added_by, filename, allowed, created_at, ended_at,
        state, rows_read, handled, failed, detail, failures)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    const OLD: &str = "SELECT id FROM upload_job WHERE workspace = ?1 AND state >= ?2
        ORDER BY created_at DESC, id DESC LIMIT 100 OFFSET ?3";
    check(upload)?;
    let Upload { id, by, filename, allowed, created_at, ended_at, detail, failures, .. } = upload;
    db.execute(
        INSERT,
        params![
            workspace.0,
            id,
            by,
            filename,
            *allowed,
            created_at.0,
            ended_at.map(|at| at.0),
            upload.state as u8,
            upload.read.cast_signed(),
            upload.handled.cast_signed(),
            upload.failed.cast_signed(),
            detail,
            failures,
        ],
    )?;
    let old = db.all(OLD, params![workspace.0, ENDED, ENDED_MAX], |row| row.get::<String>(0))?;
    old.iter().try_for_each(|id| delete(db, workspace, id).map(drop))
}

pub(crate) fn put(db: &impl Db, workspace: WorkspaceId, upload: &Upload) -> Result<bool> {
    const UPDATE: &str =
        "UPDATE upload_job SET ended_at = ?3, state = ?4, rows_read = ?5, handled = ?6, failed = ?7,
        detail = ?8, failures = ?9 WHERE workspace = ?1 AND id = ?2 AND state < ?10";
    check(upload)?;
    let changed = db.execute(
        UPDATE,
        params![
            workspace.0,
            &upload.id,
            upload.ended_at.map(|at| at.0),
            upload.state as u8,
            upload.read.cast_signed(),
            upload.handled.cast_signed(),
            upload.failed.cast_signed(),
            &upload.detail,
            &upload.failures,
            ENDED,
        ],
    )?;
    Ok(changed > 0)
}

pub(crate) fn upload(db: &impl Db, workspace: WorkspaceId, id: &str) -> Result<Option<Upload>> {
    const SELECT: &str =
        "SELECT id, added_by, filename, allowed, created_at, ended_at, state, rows_read, handled, failed,
        detail, failures FROM upload_job WHERE workspace = ?1 AND id = ?2";
    if id.contains('\0') {
        return Ok(None);
    }
    db.first(SELECT, params![workspace.0, id], read)
}

pub(crate) fn all(db: &impl Db, workspace: WorkspaceId) -> Result<Vec<Upload>> {
    const SELECT: &str =
        "SELECT id, added_by, filename, allowed, created_at, ended_at, state, rows_read, handled, failed,
        detail, '' FROM upload_job WHERE workspace = ?1 ORDER BY created_at DESC, id DESC";
    db.all(SELECT, params![workspace.0], read)
}

pub(crate) fn delete(db: &impl Db, workspace: WorkspaceId, id: &str) -> Result<bool> {
    const DELETE: &str = "DELETE FROM upload_job WHERE workspace = ?1 AND id = ?2";
    Ok(!id.contains('\0') && db.execute(DELETE, params![workspace.0, id])? > 0)
}

fn read(row: &Row<'_>) -> Result<Upload> {
    let code: u8 = row.get(6)?;
    let state = UploadState::from_code(code);
    Ok(Upload {
        id: row.get(0)?,
        by: row.get(1)?,
        filename: row.get(2)?,
        allowed: row.get(3)?,
        created_at: Timestamp(row.get(4)?),
        ended_at: row.get::<Option<_>>(5)?.map(Timestamp),
        state: state.ok_or_else(|| StoreError::Damaged(format!("an upload in the state {code}")))?,
        read: row.get(7)?,
        handled: row.get(8)?,
        failed: row.get(9)?,
        detail: row.get(10)?,
        failures: row.get(11)?,
    })
}
