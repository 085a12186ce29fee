//! Channel configurations, each version kept for the runs that send with it.

use consent::{Timestamp, WorkspaceId};
use sha2::{Digest, Sha256};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Configuration, ConfigurationId};

/// Bytes of a configuration's name.
pub(crate) const NAME_LENGTH_MAX: usize = 256;
/// Bytes of a configuration's content.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 20;

type Digested = [u8; 32];

impl Store {
    /// Stores a channel configuration under its name. The same content again is the same version; other content
    /// makes a new version, while runs go on with theirs.
    pub fn put_configuration(
        &self,
        workspace: WorkspaceId,
        name: &str,
        body: &str,
        at: Timestamp,
    ) -> Answer<Configuration> {
        let (name, body) = (name.to_owned(), body.to_owned());
        self.write("put_configuration", Key::Workspace(workspace), move |db| {
            put_configuration(db, workspace, &name, &body, at)
        })
    }

    /// A configuration by id.
    pub fn configuration(
        &self,
        workspace: WorkspaceId,
        id: ConfigurationId,
    ) -> Answer<Option<Configuration>> {
        self.query("configuration", Key::Workspace(workspace), move |db| configuration(db, workspace, id))
    }
}

/// Stores a configuration under its name. The content of the latest version again is that version; any other makes
/// a new one, even if an older version had it.
pub(crate) fn put_configuration(
    db: &impl Db,
    workspace: WorkspaceId,
    name: &str,
    body: &str,
    at: Timestamp,
) -> Result<Configuration> {
    const LATEST: &str = "SELECT id, version, sha256 FROM configuration
        WHERE workspace = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1";
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM configuration WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO configuration (workspace, id, name, version, sha256, created_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    if !(1..=NAME_LENGTH_MAX).contains(&name.len()) || body.len() > BODY_BYTES_MAX {
        let rule = format!(
            "a configuration has a name of 1 to {NAME_LENGTH_MAX} bytes and at most {BODY_BYTES_MAX} bytes"
        );
        return Err(StoreError::Invalid(rule));
    }
    let sha256: Digested = Sha256::digest(body).into();
    let latest: Option<(i64, i64, Digested)> =
        db.first(LATEST, params![workspace.0, name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (name, body) = (name.to_owned(), body.to_owned());
    let version = match latest {
        Some((id, version, known)) if known == sha256 => {
            return Ok(Configuration { id: ConfigurationId(id), name, version, body });
        }
        Some((_, version, _)) => version + 1,
        None => 1,
    };
    let id: i64 = db.one(NEXT, params![workspace.0], |row| row.get(0))?;
    db.execute(INSERT, params![workspace.0, id, &name, version, &sha256, at.0, &body])?;
    Ok(Configuration { id: ConfigurationId(id), name, version, body })
}

/// A configuration by id, checked against its digest.
pub(crate) fn configuration(
    db: &impl Db,
    workspace: WorkspaceId,
    id: ConfigurationId,
) -> Result<Option<Configuration>> {
    const SELECT: &str =
        "SELECT name, version, body, sha256 FROM configuration WHERE workspace = ?1 AND id = ?2";
    let found = db.first(SELECT, params![workspace.0, id.0], |row| {
        let configuration = Configuration { id, name: row.get(0)?, version: row.get(1)?, body: row.get(2)? };
        Ok((configuration, row.get::<Digested>(3)?))
    })?;
    match found {
        Some((configuration, sha256)) if sha256 != Digested::from(Sha256::digest(&configuration.body)) => {
            Err(StoreError::Damaged(format!("configuration {}", id.0)))
        }
        found => Ok(found.map(|(configuration, _)| configuration)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::delivery_fixture::database;

    const WS: WorkspaceId = WorkspaceId(1);

    #[test]
    fn other_content_makes_a_version_and_the_same_none() {
        let conn = database();
        let put =
            |workspace, name, body| put_configuration(&conn, workspace, name, body, Timestamp(1)).unwrap();
        let first = put(WS, "mail", "a");
        assert_eq!((first.version, first.name.as_str(), first.body.as_str()), (1, "mail", "a"));
        assert_eq!(put(WS, "mail", "a"), first);
        let second = put(WS, "mail", "b");
        assert_eq!(second.version, 2);
        // Back to what it was is a version of its own.
        let third = put(WS, "mail", "a");
        assert_eq!(third.version, 3);
        let other_name = put(WS, "sms", "a");
        assert_eq!(other_name.version, 1);
        assert_eq!(put(WorkspaceId(2), "mail", "b").version, 1);
        for stored in [first, second, third, other_name] {
            assert_eq!(configuration(&conn, WS, stored.id).unwrap(), Some(stored));
        }
        assert_eq!(configuration(&conn, WorkspaceId(3), ConfigurationId(1)).unwrap(), None);
    }

    #[test]
    fn changed_content_is_damage() {
        let conn = database();
        let id = put_configuration(&conn, WS, "mail", "a", Timestamp(1)).unwrap().id;
        conn.execute("UPDATE configuration SET body = 'b'", []).unwrap();
        assert!(matches!(configuration(&conn, WS, id), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn names_and_sizes_are_limited() {
        let conn = database();
        let put = |name: &str, body: &str| put_configuration(&conn, WS, name, body, Timestamp(1));
        assert!(matches!(put("", "a"), Err(StoreError::Invalid(_))));
        assert!(matches!(put(&"x".repeat(NAME_LENGTH_MAX + 1), "a"), Err(StoreError::Invalid(_))));
        assert!(matches!(put("a", &"x".repeat(BODY_BYTES_MAX + 1)), Err(StoreError::Invalid(_))));
        put(&"x".repeat(NAME_LENGTH_MAX), &"x".repeat(BODY_BYTES_MAX)).unwrap();
    }
}
