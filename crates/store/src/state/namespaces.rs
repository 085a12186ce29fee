//! Namespaces as numbers: 1 email, 2 phone, 3 push, the brand's own from 16 on.

use consent::{Namespace, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};

const EMAIL: i64 = 1;
const PHONE: i64 = 2;
const PUSH: i64 = 3;
const FIRST_CUSTOM: i64 = 16;
/// Namespaces of the brand's own in a workspace.
const CUSTOM_MAX: i64 = 1_000;

/// The code of a namespace; `None` for one of the brand's own that no address has used yet.
pub(crate) fn code(db: &impl Db, workspace: WorkspaceId, namespace: &Namespace) -> Result<Option<i64>> {
    const FIND: &str = "SELECT code FROM namespace WHERE workspace = ?1 AND name = ?2";
    Ok(Some(match namespace {
        Namespace::Email => EMAIL,
        Namespace::Phone => PHONE,
        Namespace::Push => PUSH,
        Namespace::Custom(name) => {
            return db.first(FIND, params![workspace.0, name], |row| row.get(0));
        }
    }))
}

/// The code of a namespace, given out if need be.
pub(crate) fn code_or_new(db: &impl Db, workspace: WorkspaceId, namespace: &Namespace) -> Result<i64> {
    const NEXT: &str = "SELECT coalesce(max(code) + 1, ?2) FROM namespace WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO namespace (workspace, code, name) VALUES (?1, ?2, ?3)";
    if let Some(code) = code(db, workspace, namespace)? {
        return Ok(code);
    }
    let code: i64 = db.one(NEXT, params![workspace.0, FIRST_CUSTOM], |row| row.get(0))?;
    if code >= FIRST_CUSTOM + CUSTOM_MAX {
        return Err(StoreError::Invalid(format!("there are {CUSTOM_MAX} namespaces already")));
    }
    db.execute(INSERT, params![workspace.0, code, namespace.as_str()])?;
    Ok(code)
}

/// The namespace of a code.
pub(crate) fn name(db: &impl Db, workspace: WorkspaceId, code: i64) -> Result<Namespace> {
    const FIND: &str = "SELECT name FROM namespace WHERE workspace = ?1 AND code = ?2";
    Ok(match code {
        EMAIL => Namespace::Email,
        PHONE => Namespace::Phone,
        PUSH => Namespace::Push,
        code => {
            let name = db.first(FIND, params![workspace.0, code], |row| row.get(0))?;
            Namespace::Custom(
                name.ok_or_else(|| StoreError::Damaged(format!("namespace {code} has no name")))?,
            )
        }
    })
}
