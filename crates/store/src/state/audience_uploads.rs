//! Whom address files name: profiles, found once by the file's hash. The addresses themselves aren't kept.

use consent::{Timestamp, WorkspaceId};
use roaring::RoaringTreemap;

use super::look::check_object;
use super::runs::PIECE_BYTES;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::AudienceUpload;

/// Bytes of [`AudienceUpload::body`].
const BODY_BYTES_MAX: usize = 1 << 20;
/// Bytes of a channel's name.
const CHANNEL_BYTES_MAX: usize = 32;

impl Store {
    /// Keeps whom an address file names, in place of what was kept of the same file for the same channel.
    pub fn put_audience_upload(&self, workspace: WorkspaceId, upload: AudienceUpload) -> Answer<()> {
        self.write("put_audience_upload", Key::Workspace(workspace), move |db| put(db, workspace, &upload))
    }

    /// Whom an address file names.
    pub fn audience_upload(
        &self,
        workspace: WorkspaceId,
        sha256: &str,
        channel: &str,
    ) -> Answer<Option<AudienceUpload>> {
        let (sha256, channel) = (sha256.to_owned(), channel.to_owned());
        self.query("audience_upload", Key::Workspace(workspace), move |db| {
            upload(db, workspace, &sha256, &channel)
        })
    }
}

fn is_key(sha256: &str, channel: &str) -> bool {
    sha256.len() == 64
        && sha256.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
        && (1..=CHANNEL_BYTES_MAX).contains(&channel.len())
        && channel.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn put(db: &impl Db, workspace: WorkspaceId, upload: &AudienceUpload) -> Result<()> {
    const DELETE: &str = "DELETE FROM audience_upload WHERE workspace = ?1 AND sha256 = ?2 AND channel = ?3";
    const INSERT: &str = "INSERT INTO audience_upload
        (workspace, sha256, channel, piece, created_at, body, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let invalid = |rule: &str| StoreError::Invalid(rule.to_owned());
    if !is_key(&upload.sha256, &upload.channel) {
        return Err(invalid("an upload is named by a SHA-256 in hexadecimal digits and a channel"));
    }
    check_object(&upload.body, BODY_BYTES_MAX, "what is said of an upload")?;
    let mut bytes = Vec::with_capacity(upload.profiles.serialized_size());
    upload.profiles.serialize_into(&mut bytes).map_err(|error| invalid(&error.to_string()))?;
    let (sha256, channel, at) = (&upload.sha256, &upload.channel, upload.created_at.0);
    db.execute(DELETE, params![workspace.0, sha256, channel])?;
    for (number, piece) in (0_u32..).zip(bytes.chunks(PIECE_BYTES)) {
        let body = if number == 0 { &*upload.body } else { "" };
        db.execute(INSERT, params![workspace.0, sha256, channel, number, at, body, piece])?;
    }
    Ok(())
}

fn upload(
    db: &impl Db,
    workspace: WorkspaceId,
    sha256: &str,
    channel: &str,
) -> Result<Option<AudienceUpload>> {
    const SELECT: &str = "SELECT created_at, body, bytes FROM audience_upload
        WHERE workspace = ?1 AND sha256 = ?2 AND channel = ?3 ORDER BY piece";
    if !is_key(sha256, channel) {
        return Ok(None);
    }
    let (mut bytes, mut first) = (Vec::new(), None);
    db.each(SELECT, params![workspace.0, sha256, channel], |row| {
        if first.is_none() {
            first = Some((Timestamp(row.get(0)?), row.get::<String>(1)?));
        }
        bytes.extend_from_slice(row.get(2)?);
        Ok(())
    })?;
    let Some((created_at, body)) = first else { return Ok(None) };
    let profiles = RoaringTreemap::deserialize_from(bytes.as_slice())
        .map_err(|error| StoreError::Damaged(format!("the upload {sha256}: {error}")))?;
    let (sha256, channel) = (sha256.to_owned(), channel.to_owned());
    Ok(Some(AudienceUpload { sha256, channel, created_at, body, profiles }))
}
