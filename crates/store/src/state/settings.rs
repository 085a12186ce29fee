//! A workspace's settings: one JSON object. Members that this version doesn't know stay as they are.

mod operations;

use consent::WorkspaceId;
use serde_json::{Map, Value};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::types::Settings;

/// Bytes of the settings as JSON.
pub(crate) const SETTINGS_BYTES_MAX: usize = 1 << 18;

fn damaged(error: &serde_json::Error) -> StoreError {
    StoreError::Damaged(format!("settings: {error}"))
}

fn load(db: &impl Db, workspace: WorkspaceId) -> Result<Map<String, Value>> {
    const SELECT: &str = "SELECT body FROM settings WHERE workspace = ?1";
    let body: Option<String> = db.first(SELECT, params![workspace.0], |row| row.get(0))?;
    body.map_or_else(|| Ok(Map::new()), |body| serde_json::from_str(&body).map_err(|error| damaged(&error)))
}

fn read(members: Map<String, Value>) -> Result<Settings> {
    serde_json::from_value(Value::Object(members)).map_err(|error| damaged(&error))
}

/// The workspace's settings, the defaults if none were ever set. What can't be read isn't guessed at (I9).
pub(crate) fn settings(db: &impl Db, workspace: WorkspaceId) -> Result<Settings> {
    read(load(db, workspace)?)
}

/// Changes the workspace's settings; damaged ones aren't changed, since what they meant would be lost.
pub(crate) fn update(
    db: &impl Db,
    workspace: WorkspaceId,
    change: &dyn Fn(&mut Settings),
) -> Result<Settings> {
    // Locks the row: whoever comes second waits here, and changes what the first one wrote.
    const LOCK: &str = "INSERT INTO settings (workspace, body) VALUES (?1, '{}')
        ON CONFLICT (workspace) DO UPDATE SET body = settings.body";
    const PUT: &str = "UPDATE settings SET body = ?2 WHERE workspace = ?1";
    db.execute(LOCK, params![workspace.0])?;
    let mut members = load(db, workspace)?;
    let mut settings = read(members.clone())?;
    change(&mut settings);
    match serde_json::to_value(&settings) {
        Ok(Value::Object(known)) => members.extend(known),
        other => return Err(StoreError::Invalid(format!("settings: {other:?}"))),
    }
    let body = Value::Object(members).to_string();
    if body.len() > SETTINGS_BYTES_MAX {
        return Err(StoreError::Invalid(format!("settings have at most {SETTINGS_BYTES_MAX} bytes")));
    }
    db.execute(PUT, params![workspace.0, &body])?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::state::delivery_fixture::database;

    const WS: WorkspaceId = WorkspaceId(1);

    fn put(conn: &Connection, settings: &Settings) -> Result<Settings> {
        update(conn, WS, &|held| held.clone_from(settings))
    }

    fn some() -> Settings {
        Settings {
            default_consent: [("email".to_owned(), "p".to_owned())].into(),
            jurisdiction_pack: true,
            allow_lists_active: vec!["email".to_owned()],
            public_url: Some("https://mail.example.com".to_owned()),
            ..Settings::default()
        }
    }

    fn overwrite(conn: &Connection, body: &str) {
        conn.execute("INSERT OR REPLACE INTO settings VALUES (1, ?1)", [body]).unwrap();
    }

    #[test]
    fn settings_come_back_and_start_as_the_defaults() {
        let conn = database();
        assert_eq!(settings(&conn, WS).unwrap(), Settings::default());
        put(&conn, &some()).unwrap();
        assert_eq!(settings(&conn, WS).unwrap(), some());
        assert_eq!(settings(&conn, WorkspaceId(2)).unwrap(), Settings::default());
        put(&conn, &Settings::default()).unwrap();
        assert_eq!(settings(&conn, WS).unwrap(), Settings::default());
    }

    #[test]
    fn members_of_a_newer_version_stay() {
        let conn = database();
        overwrite(&conn, r#"{"quiet_hours": {"from": "22:00"}, "brand": "Old"}"#);
        assert_eq!(settings(&conn, WS).unwrap().brand.as_deref(), Some("Old"));
        put(&conn, &some()).unwrap();
        let kept = load(&conn, WS).unwrap();
        assert_eq!(kept["quiet_hours"]["from"], "22:00");
        assert_eq!(kept["brand"], Value::Null);
        assert_eq!(settings(&conn, WS).unwrap(), some());
    }

    #[test]
    fn damage_is_told_and_stays() {
        let conn = database();
        for body in ["", "{", "[]", r#"{"jurisdiction_pack": "yes"}"#] {
            overwrite(&conn, body);
            assert!(matches!(settings(&conn, WS), Err(StoreError::Damaged(_))), "{body}");
        }
        overwrite(&conn, "{");
        assert!(matches!(put(&conn, &some()), Err(StoreError::Damaged(_))));
        assert!(matches!(settings(&conn, WS), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn settings_are_limited() {
        let huge = Settings { brand: Some("x".repeat(SETTINGS_BYTES_MAX)), ..Settings::default() };
        assert!(matches!(put(&database(), &huge), Err(StoreError::Invalid(_))));
    }
}
