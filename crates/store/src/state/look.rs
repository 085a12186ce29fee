//! How the public pages look: one JSON object, and the files that they show.

use consent::{Timestamp, WorkspaceId};
use sha2::{Digest as _, Sha256};

use super::lists::check_name;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Asset, Look};

impl Store {
    /// How pages look; version 0 and no body before it was ever set.
    pub fn page_look(&self, workspace: WorkspaceId) -> Answer<Look> {
        self.query("page_look", Key::Workspace(workspace), move |db| look(db, workspace))
    }

    /// Its version alone, for whoever keeps it.
    pub fn page_look_version(&self, workspace: WorkspaceId) -> Answer<i64> {
        self.query("page_look_version", Key::Workspace(workspace), move |db| version(db, workspace))
    }

    /// Replaces how pages look; the same again is the same version.
    pub fn put_page_look(&self, workspace: WorkspaceId, body: &str, at: Timestamp) -> Answer<Look> {
        let body = body.to_owned();
        self.write("put_page_look", Key::Workspace(workspace), move |db| put(db, workspace, &body, at))
    }

    /// An asset by its name.
    pub fn asset(&self, workspace: WorkspaceId, name: &str) -> Answer<Option<Asset>> {
        let name = name.to_owned();
        self.query("asset", Key::Workspace(workspace), move |db| asset(db, workspace, &name))
    }

    /// The names of all assets, with their hashes, by name.
    pub fn assets(&self, workspace: WorkspaceId) -> Answer<Vec<(String, [u8; 32])>> {
        self.query("assets", Key::Workspace(workspace), move |db| assets(db, workspace))
    }

    /// Keeps an asset in place of one of the same name; answers its hash.
    pub fn put_asset(
        &self,
        workspace: WorkspaceId,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
        at: Timestamp,
    ) -> Answer<[u8; 32]> {
        let (name, content_type) = (name.to_owned(), content_type.to_owned());
        self.write("put_asset", Key::Each(workspace), move |db| {
            put_asset(db, workspace, &name, (&content_type, &bytes), at)
        })
    }

    /// Removes an asset; false if it isn't there.
    pub fn remove_asset(&self, workspace: WorkspaceId, name: &str, at: Timestamp) -> Answer<bool> {
        let name = name.to_owned();
        self.write("remove_asset", Key::Workspace(workspace), move |db| {
            remove_asset(db, workspace, &name, at)
        })
    }
}

/// How pages look.
pub(crate) fn look(db: &impl Db, workspace: WorkspaceId) -> Result<Look> {
    const SELECT: &str = "SELECT version, body FROM page_look WHERE workspace = ?1";
    let found =
        db.first(SELECT, params![workspace.0], |row| Ok(Look { version: row.get(0)?, body: row.get(1)? }))?;
    Ok(found.unwrap_or_default())
}

/// The version alone.
pub(crate) fn version(db: &impl Db, workspace: WorkspaceId) -> Result<i64> {
    const SELECT: &str = "SELECT version FROM page_look WHERE workspace = ?1";
    Ok(db.first(SELECT, params![workspace.0], |row| row.get(0))?.unwrap_or_default())
}

/// Replaces how pages look.
pub(crate) fn put(db: &impl Db, workspace: WorkspaceId, body: &str, at: Timestamp) -> Result<Look> {
    check_object(body, Look::BODY_BYTES_MAX, "a look")?;
    let before = look(db, workspace)?;
    if before.body == body {
        return Ok(before);
    }
    write(db, workspace, &Look { version: before.version + 1, body: body.to_owned() }, at)
}

fn write(db: &impl Db, workspace: WorkspaceId, look: &Look, at: Timestamp) -> Result<Look> {
    const PUT: &str = "INSERT INTO page_look (workspace, version, updated_at, body) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (workspace) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at,
            body = excluded.body";
    db.execute(PUT, params![workspace.0, look.version, at.0, &look.body])?;
    Ok(look.clone())
}

/// Whoever keeps the look notices that an asset has changed.
fn touch(db: &impl Db, workspace: WorkspaceId, at: Timestamp) -> Result<()> {
    let before = look(db, workspace)?;
    write(db, workspace, &Look { version: before.version + 1, ..before }, at).map(drop)
}

/// Fails for a text that is no JSON object, or a long one.
pub(super) fn check_object(body: &str, bytes_max: usize, what: &str) -> Result<()> {
    let is_object = body.len() <= bytes_max
        && serde_json::from_str::<serde_json::Value>(body).is_ok_and(|value| value.is_object());
    if is_object {
        return Ok(());
    }
    Err(StoreError::Invalid(format!("{what} is a JSON object of at most {bytes_max} bytes")))
}

/// An asset.
pub(crate) fn asset(db: &impl Db, workspace: WorkspaceId, name: &str) -> Result<Option<Asset>> {
    const SELECT: &str =
        "SELECT hash, content_type, bytes FROM page_asset WHERE workspace = ?1 AND name = ?2";
    if check_name(name, "an asset").is_err() {
        return Ok(None);
    }
    db.first(SELECT, params![workspace.0, name], |row| {
        Ok(Asset { hash: row.get(0)?, content_type: row.get(1)?, bytes: row.get(2)? })
    })
}

/// The names of all assets and their hashes.
pub(crate) fn assets(db: &impl Db, workspace: WorkspaceId) -> Result<Vec<(String, [u8; 32])>> {
    const SELECT: &str = "SELECT name, hash FROM page_asset WHERE workspace = ?1 ORDER BY name";
    db.all(SELECT, params![workspace.0], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Keeps an asset; answers its hash.
pub(crate) fn put_asset(
    db: &impl Db,
    workspace: WorkspaceId,
    name: &str,
    (content_type, bytes): (&str, &[u8]),
    at: Timestamp,
) -> Result<[u8; 32]> {
    const PUT: &str = "INSERT INTO page_asset (workspace, name, content_type, hash, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (workspace, name) DO UPDATE SET content_type = excluded.content_type,
            hash = excluded.hash, bytes = excluded.bytes";
    check_name(name, "an asset")?;
    if content_type.len() > Asset::CONTENT_TYPE_LENGTH_MAX || content_type.contains(char::is_control) {
        return Err(StoreError::Invalid("an asset's media type is a short line".to_owned()));
    }
    if bytes.len() > Asset::BYTES_MAX {
        return Err(StoreError::Invalid(format!("an asset has at most {} bytes", Asset::BYTES_MAX)));
    }
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let known = assets(db, workspace)?;
    if known.len() >= Asset::COUNT_MAX && !known.iter().any(|(other, _)| other == name) {
        return Err(StoreError::Invalid(format!("there are {} assets already", Asset::COUNT_MAX)));
    }
    touch(db, workspace, at)?;
    db.execute(PUT, params![workspace.0, name, content_type, &hash, bytes])?;
    Ok(hash)
}

/// Removes an asset.
pub(crate) fn remove_asset(db: &impl Db, workspace: WorkspaceId, name: &str, at: Timestamp) -> Result<bool> {
    const DELETE: &str = "DELETE FROM page_asset WHERE workspace = ?1 AND name = ?2";
    if check_name(name, "an asset").is_err() || db.execute(DELETE, params![workspace.0, name])? == 0 {
        return Ok(false);
    }
    touch(db, workspace, at)?;
    Ok(true)
}
