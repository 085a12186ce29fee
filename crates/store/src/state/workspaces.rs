//! Workspaces: isolated sets of people, lists, definitions and settings in one installation.

use consent::WorkspaceId;

use super::lists::check_name;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::Workspace;

impl Store {
    /// All workspaces, by their ids; the main one is among them.
    pub fn workspaces(&self) -> Answer<Vec<Workspace>> {
        self.query("workspaces", Key::Installation, move |db| workspaces(db))
    }

    /// Makes a workspace with nothing in it.
    pub fn create_workspace(&self, name: &str) -> Answer<Workspace> {
        let name = name.to_owned();
        self.write("create_workspace", Key::Installation, move |db| create(db, &name))
    }
}

fn workspaces(db: &impl Db) -> Result<Vec<Workspace>> {
    const SELECT: &str = "SELECT id, name FROM workspace ORDER BY id";
    db.all(SELECT, params![], |row| Ok(Workspace { id: WorkspaceId(row.get(0)?), name: row.get(1)? }))
}

fn create(db: &impl Db, name: &str) -> Result<Workspace> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM workspace";
    const INSERT: &str = "INSERT INTO workspace (id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    check_name(name, "a workspace")?;
    let id: i64 = db.one(NEXT, params![], |row| row.get(0))?;
    if id > Workspace::ID_MAX {
        return Err(StoreError::Invalid(format!("there are at most {} workspaces", Workspace::ID_MAX)));
    }
    if workspaces(db)?.iter().any(|known| known.name == name) {
        return Err(StoreError::Exists(format!("the workspace `{name}`")));
    }
    match db.execute(INSERT, params![id, name])? {
        // Another node made one at the same moment.
        0 => Err(StoreError::Conflict),
        _ => Ok(Workspace { id: WorkspaceId(id), name: name.to_owned() }),
    }
}
