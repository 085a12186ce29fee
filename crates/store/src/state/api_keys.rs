//! Keys of programs. The secrets themselves are kept nowhere.

use consent::{Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::ApiKey;

/// Revoked keys that are kept of a workspace.
const REVOKED_MAX: i64 = 1_000;
/// Bytes of a key's texts.
const TEXT_BYTES_MAX: usize = 2_000;

impl Store {
    /// Keeps a new key. [`StoreError::Exists`] where one that isn't revoked has its name.
    pub fn create_api_key(&self, key: ApiKey) -> Answer<()> {
        self.write("create_api_key", Key::Workspace(key.workspace), move |db| create(db, &key))
    }

    /// A workspace's keys, newest first, with the last 1,000 that were revoked.
    pub fn api_keys(&self, workspace: WorkspaceId) -> Answer<Vec<ApiKey>> {
        self.query("api_keys", Key::Workspace(workspace), move |db| all(db, workspace))
    }

    /// The keys of all workspaces that aren't revoked, in no order.
    pub fn valid_api_keys(&self) -> Answer<Vec<ApiKey>> {
        self.query("valid_api_keys", Key::Installation, |db| valid(db))
    }

    /// Revokes a key; `None` if there is none with this id that isn't revoked.
    pub fn revoke_api_key(
        &self,
        workspace: WorkspaceId,
        id: &str,
        by: &str,
        now: Timestamp,
    ) -> Answer<Option<ApiKey>> {
        let (id, by) = (id.to_owned(), by.to_owned());
        self.write("revoke_api_key", Key::Workspace(workspace), move |db| {
            revoke(db, workspace, &id, &by, now)
        })
    }

    /// Notes that a key was used.
    pub fn use_api_key(&self, workspace: WorkspaceId, id: &str, now: Timestamp) -> Answer<()> {
        let id = id.to_owned();
        self.write("use_api_key", Key::Workspace(workspace), move |db| used(db, workspace, &id, now))
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT workspace, id, name, digest, scopes, created_at, created_by, expires_at, revoked_at, revoked_by,
            used_at FROM api_key ",
            $rest
        )
    };
}

fn create(db: &impl Db, key: &ApiKey) -> Result<()> {
    const COUNT: &str = "SELECT count(*) FROM api_key WHERE workspace = ?1 AND revoked_at IS NULL";
    const TAKEN: &str =
        "SELECT count(*) FROM api_key WHERE workspace = ?1 AND name = ?2 AND revoked_at IS NULL";
    const OLD: &str = "SELECT id FROM api_key WHERE workspace = ?1 AND revoked_at IS NOT NULL
        ORDER BY revoked_at DESC, id DESC LIMIT 100 OFFSET ?2";
    const DELETE: &str = "DELETE FROM api_key WHERE workspace = ?1 AND id = ?2";
    const INSERT: &str =
        "INSERT INTO api_key (workspace, id, name, digest, scopes, created_at, created_by, expires_at,
        revoked_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '')";
    let ApiKey { workspace, id, name, digest, scopes, created_at, created_by, expires_at, .. } = key;
    let scopes = scopes.join(" ");
    let texts = [id, name, &scopes, created_by];
    if texts.iter().any(|text| text.len() > TEXT_BYTES_MAX || text.contains('\0')) {
        return Err(StoreError::Invalid("a key's texts are too long or hold U+0000".to_owned()));
    }
    let taken: u64 = db.one(TAKEN, params![workspace.0, name], |row| row.get(0))?;
    if taken > 0 {
        return Err(StoreError::Exists(format!("a key called `{name}`")));
    }
    let count: u64 = db.one(COUNT, params![workspace.0], |row| row.get(0))?;
    if count >= ApiKey::KEYS_MAX as u64 {
        return Err(StoreError::Invalid(format!("a workspace has at most {} keys", ApiKey::KEYS_MAX)));
    }
    let expires_at = expires_at.map(|at| at.0);
    let row = params![workspace.0, id, name, digest, &scopes, created_at.0, created_by, expires_at];
    db.execute(INSERT, row)?;
    for old in db.all(OLD, params![workspace.0, REVOKED_MAX], |row| row.get::<String>(0))? {
        db.execute(DELETE, params![workspace.0, &old])?;
    }
    Ok(())
}

fn all(db: &impl Db, workspace: WorkspaceId) -> Result<Vec<ApiKey>> {
    const SELECT: &str = select!("WHERE workspace = ?1 ORDER BY created_at DESC, id DESC");
    db.all(SELECT, params![workspace.0], read)
}

fn valid(db: &impl Db) -> Result<Vec<ApiKey>> {
    const SELECT: &str = select!("WHERE revoked_at IS NULL");
    db.all(SELECT, &[], read)
}

fn revoke(
    db: &impl Db,
    workspace: WorkspaceId,
    id: &str,
    by: &str,
    now: Timestamp,
) -> Result<Option<ApiKey>> {
    const UPDATE: &str = "UPDATE api_key SET revoked_at = ?3, revoked_by = ?4
        WHERE workspace = ?1 AND id = ?2 AND revoked_at IS NULL";
    const SELECT: &str = select!("WHERE workspace = ?1 AND id = ?2");
    if id.contains('\0') || db.execute(UPDATE, params![workspace.0, id, now.0, by])? == 0 {
        return Ok(None);
    }
    db.first(SELECT, params![workspace.0, id], read)
}

fn used(db: &impl Db, workspace: WorkspaceId, id: &str, now: Timestamp) -> Result<()> {
    const UPDATE: &str = "UPDATE api_key SET used_at = ?3
        WHERE workspace = ?1 AND id = ?2 AND (used_at IS NULL OR used_at < ?3)";
    db.execute(UPDATE, params![workspace.0, id, now.0]).map(drop)
}

fn read(row: &Row<'_>) -> Result<ApiKey> {
    let scopes: &str = row.get(4)?;
    let revoked_at = row.get::<Option<_>>(8)?.map(Timestamp);
    let revoked_by: String = row.get(9)?;
    Ok(ApiKey {
        workspace: WorkspaceId(row.get(0)?),
        id: row.get(1)?,
        name: row.get(2)?,
        digest: row.get(3)?,
        scopes: scopes.split_ascii_whitespace().map(str::to_owned).collect(),
        created_at: Timestamp(row.get(5)?),
        created_by: row.get(6)?,
        expires_at: row.get::<Option<_>>(7)?.map(Timestamp),
        revoked: revoked_at.map(|at| (at, revoked_by)),
        used_at: row.get::<Option<_>>(10)?.map(Timestamp),
    })
}
