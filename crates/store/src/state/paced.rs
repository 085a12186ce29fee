//! The last marketing message to people who asked for fewer: noted when it is claimed, before anything goes out.

use consent::{ProfileId, RunId, Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::types::PacedSend;

/// Notes that a run is about to send to these people; answers those who may not be sent to after all, since another run
/// has claimed them within their pace. Of two runs that decide at the same moment one gets here first.
pub(crate) fn claim(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    paced: &[PacedSend],
    at: Timestamp,
) -> Result<Vec<ProfileId>> {
    const PUT: &str = "INSERT INTO paced_send (profile, workspace, channel, run, at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (profile, channel, workspace) DO UPDATE SET run = excluded.run, at = excluded.at
            WHERE paced_send.run = excluded.run OR paced_send.at <= ?6";
    let row = |send: &PacedSend| {
        let from = send.pace.counts_from(at).unwrap_or(Timestamp(i64::MAX));
        *params![send.profile.0, workspace.0, send.channel as u8, run.0, at.0, from.0]
    };
    let written = db.execute_all(PUT, paced.iter().map(row))?;
    if written.len() != paced.len() {
        return Err(StoreError::Damaged("a claim of paced messages".to_owned()));
    }
    let late = paced.iter().zip(written).filter(|(_, written)| *written == 0);
    Ok(late.map(|(send, _)| send.profile).collect())
}

/// What was sent to a profile counts for the one that it is merged into.
pub(crate) fn carry(db: &impl Db, workspace: WorkspaceId, from: ProfileId, into: ProfileId) -> Result<()> {
    const SELECT: &str = "SELECT channel, run, at FROM paced_send WHERE profile = ?1 AND workspace = ?2";
    const PUT: &str = "INSERT INTO paced_send (profile, workspace, channel, run, at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (profile, channel, workspace) DO UPDATE SET run = excluded.run, at = excluded.at
            WHERE paced_send.at < excluded.at";
    const DELETE: &str = "DELETE FROM paced_send WHERE profile = ?1 AND workspace = ?2";
    let sent: Vec<(u8, i64, i64)> =
        db.all(SELECT, params![from.0, workspace.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if sent.is_empty() {
        return Ok(());
    }
    let rows = sent.into_iter().map(|(channel, run, at)| *params![into.0, workspace.0, channel, run, at]);
    db.execute_all(PUT, rows)?;
    db.execute(DELETE, params![from.0, workspace.0]).map(drop)
}
