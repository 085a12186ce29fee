//! Finding people by the brand's own id, or by how an address or an id begins.

use consent::{Namespace, ProfileId, WorkspaceId};

use super::namespaces;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Sql, params};
use crate::store::{Answer, Key, Store};
use crate::types::Found;

/// Most people of a page.
const PAGE_MAX: usize = 1_000;
/// Bytes of a prefix.
const PREFIX_BYTES_MAX: usize = 512;

impl Store {
    /// The profile with an id of the brand's.
    pub fn profile_by_external_id(&self, workspace: WorkspaceId, id: &str) -> Answer<Option<ProfileId>> {
        let id = id.to_owned();
        self.query("profile_by_external_id", Key::Workspace(workspace), move |db| by_id(db, workspace, &id))
    }

    /// Those with an address of a namespace whose key begins with `prefix`, by key, behind `after`.
    pub fn search_addresses(
        &self,
        workspace: WorkspaceId,
        namespace: Namespace,
        prefix: &str,
        after: Option<String>,
        limit: usize,
    ) -> Answer<Vec<Found>> {
        let prefix = prefix.to_owned();
        self.query("search_addresses", Key::Workspace(workspace), move |db| {
            addresses(db, workspace, &namespace, &prefix, after.as_deref(), limit)
        })
    }

    /// Those whose id of the brand's begins with `prefix`, by id, behind `after`.
    pub fn search_external_ids(
        &self,
        workspace: WorkspaceId,
        prefix: &str,
        after: Option<String>,
        limit: usize,
    ) -> Answer<Vec<Found>> {
        let prefix = prefix.to_owned();
        self.query("search_external_ids", Key::Workspace(workspace), move |db| {
            external_ids(db, workspace, &prefix, after.as_deref(), limit)
        })
    }
}

fn by_id(db: &impl Db, workspace: WorkspaceId, id: &str) -> Result<Option<ProfileId>> {
    const SELECT: Sql = Sql::each(
        "SELECT id FROM profile WHERE workspace = ?1 AND external_id = ?2",
        "SELECT profile FROM profile_external_id WHERE workspace = ?1 AND external_id = ?2",
    );
    if id.contains('\0') {
        return Ok(None);
    }
    db.first(SELECT, params![workspace.0, id], |row| Ok(ProfileId(row.get(0)?)))
}

/// Where a prefix's texts begin and end. Above every text that begins with it stands the prefix with the last character
/// there is, many times over.
fn bounds(prefix: &str, after: Option<&str>, limit: usize) -> Result<(String, String, bool)> {
    let fits = (1..=PAGE_MAX).contains(&limit) && prefix.len() <= PREFIX_BYTES_MAX;
    if !fits || prefix.contains('\0') || after.is_some_and(|after| after.contains('\0')) {
        return Err(StoreError::Invalid(format!(
            "a search has a prefix of at most {PREFIX_BYTES_MAX} bytes without U+0000, and pages of 1 to {PAGE_MAX}"
        )));
    }
    let end = format!("{prefix}{}", "\u{10ffff}".repeat(8));
    Ok((after.unwrap_or(prefix).to_owned(), end, after.is_some()))
}

fn addresses(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Found>> {
    const SELECT: Sql = Sql::each(
        "SELECT key, profile FROM address WHERE workspace = ?1 AND namespace = ?2 AND key >= ?3 AND key < ?4
            AND (?5 = 0 OR key > ?3) ORDER BY key LIMIT ?6",
        "SELECT key, profile FROM address_key WHERE workspace = ?1 AND namespace = ?2 AND key COLLATE \"C\" >= ?3
            AND key COLLATE \"C\" < ?4 AND (?5 = 0 OR key COLLATE \"C\" > ?3) ORDER BY key COLLATE \"C\" LIMIT ?6",
    );
    let (from, end, behind) = bounds(prefix, after, limit)?;
    let Some(code) = namespaces::code(db, workspace, namespace)? else { return Ok(Vec::new()) };
    let asked = params![workspace.0, code, &from, &end, i64::from(behind), limit as i64];
    db.all(SELECT, asked, |row| Ok(Found { text: row.get(0)?, profile: ProfileId(row.get(1)?) }))
}

fn external_ids(
    db: &impl Db,
    workspace: WorkspaceId,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Found>> {
    const SELECT: Sql = Sql::each(
        "SELECT external_id, id FROM profile WHERE workspace = ?1 AND external_id >= ?2 AND external_id < ?3
            AND (?4 = 0 OR external_id > ?2) ORDER BY external_id LIMIT ?5",
        "SELECT external_id, profile FROM profile_external_id WHERE workspace = ?1 AND external_id COLLATE \"C\" >= ?2
            AND external_id COLLATE \"C\" < ?3 AND (?4 = 0 OR external_id COLLATE \"C\" > ?2)
            ORDER BY external_id COLLATE \"C\" LIMIT ?5",
    );
    let (from, end, behind) = bounds(prefix, after, limit)?;
    let asked = params![workspace.0, &from, &end, i64::from(behind), limit as i64];
    db.all(SELECT, asked, |row| Ok(Found { text: row.get(0)?, profile: ProfileId(row.get(1)?) }))
}
