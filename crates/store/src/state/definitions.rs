//! What operators author: documents with versions. A version is never edited, and the current one is changed by whoever
//! knows which it was.

use consent::{Timestamp, WorkspaceId};

use super::look::check_object;
use super::runs::sql_limit;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{
    Definition, DefinitionInfo, DefinitionKind, DefinitionState, NewDefinition, PutDefinitions,
};

/// Bytes of an actor's name.
const ACTOR_BYTES_MAX: usize = 256;

/// Selects what [`read_info`] reads.
macro_rules! select_info {
    ($rest:literal) => {
        concat!("SELECT kind, name, version, state, changed_at FROM definition WHERE workspace = ?1 ", $rest)
    };
}

impl Store {
    /// Stores documents as new versions, all or none. Each names the version that it takes the place of.
    pub fn put_definitions(
        &self,
        workspace: WorkspaceId,
        definitions: Vec<NewDefinition>,
        actor: &str,
        at: Timestamp,
    ) -> Answer<PutDefinitions> {
        let actor = actor.to_owned();
        self.write("put_definitions", Key::Workspace(workspace), move |db| {
            put(db, workspace, &definitions, &actor, at)
        })
    }

    /// A version of a document; the current one if `version` is `None`.
    pub fn definition(
        &self,
        workspace: WorkspaceId,
        kind: DefinitionKind,
        name: &str,
        version: Option<i64>,
    ) -> Answer<Option<Definition>> {
        let name = name.to_owned();
        self.query("definition", Key::Workspace(workspace), move |db| {
            definition(db, workspace, kind, &name, version)
        })
    }

    /// Documents by kind and name, behind `after`, at most `limit`.
    pub fn definitions(
        &self,
        workspace: WorkspaceId,
        kind: Option<DefinitionKind>,
        after: Option<(DefinitionKind, String)>,
        limit: usize,
    ) -> Answer<Vec<DefinitionInfo>> {
        self.query("definitions", Key::Workspace(workspace), move |db| {
            definitions(db, workspace, kind, after.as_ref(), limit)
        })
    }

    /// Says how far a document is, if `version` is still the current one.
    pub fn set_definition_state(
        &self,
        workspace: WorkspaceId,
        kind: DefinitionKind,
        name: &str,
        version: i64,
        state: DefinitionState,
        at: Timestamp,
    ) -> Answer<PutDefinitions> {
        let name = name.to_owned();
        self.write("set_definition_state", Key::Workspace(workspace), move |db| {
            set_state(db, workspace, (kind, &name, version), state, at)
        })
    }
}

fn damaged(what: &str, code: u8) -> StoreError {
    StoreError::Damaged(format!("{what} {code}"))
}

fn kind_from(code: u8) -> Result<DefinitionKind> {
    let kind = DefinitionKind::ALL.into_iter().find(|kind| *kind as u8 == code);
    kind.ok_or_else(|| damaged("kind of a definition", code))
}

fn state_from(code: u8) -> Result<DefinitionState> {
    let state = DefinitionState::ALL.into_iter().find(|state| *state as u8 == code);
    state.ok_or_else(|| damaged("state of a definition", code))
}

fn read_info(row: &Row<'_>) -> Result<DefinitionInfo> {
    Ok(DefinitionInfo {
        kind: kind_from(row.get(0)?)?,
        name: row.get(1)?,
        version: row.get(2)?,
        state: state_from(row.get(3)?)?,
        changed_at: Timestamp(row.get(4)?),
    })
}

/// A name that no document can have, such as one with a NUL, which PostgreSQL doesn't take, is the name of none.
fn is_name(name: &str) -> bool {
    (1..=NewDefinition::NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn info(
    db: &impl Db,
    workspace: WorkspaceId,
    kind: DefinitionKind,
    name: &str,
) -> Result<Option<DefinitionInfo>> {
    const SELECT: &str = select_info!("AND kind = ?2 AND name = ?3");
    if !is_name(name) {
        return Ok(None);
    }
    db.first(SELECT, params![workspace.0, kind as u8, name], read_info)
}

fn definition(
    db: &impl Db,
    workspace: WorkspaceId,
    kind: DefinitionKind,
    name: &str,
    version: Option<i64>,
) -> Result<Option<Definition>> {
    const SELECT: &str = "SELECT created_at, actor, document FROM definition_version
        WHERE workspace = ?1 AND kind = ?2 AND name = ?3 AND version = ?4";
    let Some(current) = info(db, workspace, kind, name)? else { return Ok(None) };
    let version = version.unwrap_or(current.version);
    db.first(SELECT, params![workspace.0, kind as u8, name, version], |row| {
        Ok(Definition {
            current: current.clone(),
            version,
            created_at: Timestamp(row.get(0)?),
            actor: row.get(1)?,
            document: row.get(2)?,
        })
    })
}

fn definitions(
    db: &impl Db,
    workspace: WorkspaceId,
    kind: Option<DefinitionKind>,
    after: Option<&(DefinitionKind, String)>,
    limit: usize,
) -> Result<Vec<DefinitionInfo>> {
    const SELECT: &str = select_info!(
        "AND kind BETWEEN ?2 AND ?3 AND (kind > ?4 OR kind = ?4 AND name > ?5) ORDER BY kind, name LIMIT ?6"
    );
    let (least, most) = kind.map_or((0, u8::MAX), |kind| (kind as u8, kind as u8));
    let (after_kind, after_name) = after.map_or((0, ""), |(kind, name)| (*kind as u8, name.as_str()));
    if !after_name.is_empty() && !is_name(after_name) {
        return Err(StoreError::Invalid("no page begins there".to_owned()));
    }
    let values = params![workspace.0, least, most, after_kind, after_name, sql_limit(limit)];
    db.all(SELECT, values, read_info)
}

fn put(
    db: &impl Db,
    workspace: WorkspaceId,
    definitions: &[NewDefinition],
    actor: &str,
    at: Timestamp,
) -> Result<PutDefinitions> {
    const HEAD: &str = "INSERT INTO definition (workspace, kind, name, version, state, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (workspace, kind, name) DO UPDATE
        SET version = excluded.version, state = excluded.state, changed_at = excluded.changed_at";
    const VERSION: &str = "INSERT INTO definition_version
        (workspace, kind, name, version, created_at, actor, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    check(definitions, actor)?;
    // Nothing is written before all have been looked at: an answer, unlike an error, is committed.
    for new in definitions {
        let current = info(db, workspace, new.kind, &new.name)?.map_or(0, |info| info.version);
        if current != new.expected {
            return Ok(PutDefinitions::Changed { kind: new.kind, name: new.name.clone(), current });
        }
    }
    let mut stored = Vec::with_capacity(definitions.len());
    for new in definitions {
        let (kind, version) = (new.kind as u8, new.expected + 1);
        db.execute(HEAD, params![workspace.0, kind, &new.name, version, new.state as u8, at.0])?;
        db.execute(VERSION, params![workspace.0, kind, &new.name, version, at.0, actor, &new.document])?;
        let NewDefinition { kind, name, state, .. } = new.clone();
        stored.push(DefinitionInfo { kind, name, version, state, changed_at: at });
    }
    Ok(PutDefinitions::Stored(stored))
}

fn check(definitions: &[NewDefinition], actor: &str) -> Result<()> {
    let invalid = |rule: String| Err(StoreError::Invalid(rule));
    if definitions.len() > NewDefinition::COUNT_MAX {
        return invalid(format!("at most {} definitions are stored at once", NewDefinition::COUNT_MAX));
    }
    if actor.len() > ACTOR_BYTES_MAX || actor.contains('\0') {
        return invalid(format!("an actor's name has at most {ACTOR_BYTES_MAX} bytes"));
    }
    let mut names = std::collections::HashSet::new();
    for new in definitions {
        if !is_name(&new.name) {
            let most = NewDefinition::NAME_BYTES_MAX;
            return invalid(format!("a definition's name has 1 to {most} bytes on one line"));
        }
        if !names.insert((new.kind, new.name.as_str())) {
            return invalid(format!("the {} `{}` is given twice", new.kind, new.name));
        }
        check_object(&new.document, NewDefinition::DOCUMENT_BYTES_MAX, "a definition")?;
    }
    Ok(())
}

fn set_state(
    db: &impl Db,
    workspace: WorkspaceId,
    (kind, name, version): (DefinitionKind, &str, i64),
    state: DefinitionState,
    at: Timestamp,
) -> Result<PutDefinitions> {
    const UPDATE: &str = "UPDATE definition SET state = ?5, changed_at = ?6
        WHERE workspace = ?1 AND kind = ?2 AND name = ?3 AND version = ?4";
    let missing = || StoreError::Missing(format!("the {kind} `{name}`"));
    let current = info(db, workspace, kind, name)?.ok_or_else(missing)?;
    if current.version != version {
        return Ok(PutDefinitions::Changed { kind, name: name.to_owned(), current: current.version });
    }
    if current.state == state {
        return Ok(PutDefinitions::Stored(vec![current]));
    }
    db.execute(UPDATE, params![workspace.0, kind as u8, name, version, state as u8, at.0])?;
    Ok(PutDefinitions::Stored(vec![DefinitionInfo { state, changed_at: at, ..current }]))
}
