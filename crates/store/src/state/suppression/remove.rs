//! Taking values off the suppression list, and what is remembered of it.

use consent::{Namespace, Timestamp, WorkspaceId};

use super::limit;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::state::entries::read_entry;
use crate::state::entry_key::{any, check_notes};
use crate::state::soft_bounces;
use crate::store::{Answer, Key, Store};
use crate::types::{Removal, Removed, SuppressionCategory, SuppressionEntry};

/// Most records of removals in one answer.
const REMOVED_MAX: usize = 10_000;

impl Store {
    /// Takes values off the suppression list and keeps a record of what was there and why it went. Soft bounces of the
    /// address are forgotten. Answers, in order, the entries that were removed.
    pub fn unsuppress(
        &self,
        workspace: WorkspaceId,
        removals: Vec<Removal>,
    ) -> Answer<Vec<Vec<SuppressionEntry>>> {
        self.write("unsuppress", Key::Each(workspace), move |db| unsuppress(db, workspace, &removals))
    }

    /// What was taken off the suppression list, newest first, of one value or of all, at most `limit`.
    pub fn removed(
        &self,
        workspace: WorkspaceId,
        value: Option<(Namespace, String)>,
        limit: usize,
    ) -> Answer<Vec<Removed>> {
        self.query("removed", Key::Workspace(workspace), move |db| {
            let value = value.as_ref().map(|(namespace, value)| (namespace, value.as_str()));
            removed(db, workspace, value, limit)
        })
    }
}

/// Takes values off the list, see [`crate::Store::unsuppress`].
pub(crate) fn unsuppress(
    db: &impl Db,
    workspace: WorkspaceId,
    removals: &[Removal],
) -> Result<Vec<Vec<SuppressionEntry>>> {
    const DELETE: &str = "DELETE FROM suppression
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3 AND (?4 = 0 OR category = ?4)
        RETURNING namespace, value, category, reason, added_by, added_at, updated_at, expires_at";
    limit(removals.len())?;
    let mut answer = Vec::with_capacity(removals.len());
    for removal in removals {
        check_notes([&removal.reason, &removal.by])?;
        if removal.reason.trim().is_empty() {
            return Err(StoreError::Invalid(
                "taking an entry off the suppression list has a reason".to_owned(),
            ));
        }
        let namespace = removal.namespace.as_str();
        let value = any(&removal.namespace, &removal.value)?;
        let category = removal.category.map_or(0, |category| category as u8);
        let mut entries = db.all(DELETE, params![workspace.0, namespace, &value, category], read_entry)?;
        entries.sort_by_key(|entry| entry.category);
        record_removal(db, workspace, &entries, removal)?;
        soft_bounces::forget(db, workspace, namespace, &value, removal.at)?;
        answer.push(entries);
    }
    Ok(answer)
}

fn record_removal(
    db: &impl Db,
    workspace: WorkspaceId,
    entries: &[SuppressionEntry],
    removal: &Removal,
) -> Result<()> {
    const NEXT: &str = "SELECT coalesce(max(number), 0) + 1 FROM suppression_removed
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3 AND category = ?4";
    const INSERT: &str = "INSERT INTO suppression_removed
        (workspace, namespace, value, category, number, reason, added_by, added_at, updated_at, expires_at,
            of_category, removal_reason, removed_by, removed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    for entry in entries {
        let (namespace, value, category) = (entry.namespace.as_str(), &entry.value, entry.category as u8);
        let number: i64 = db.one(NEXT, params![workspace.0, namespace, value, category], |row| row.get(0))?;
        let row = params![
            workspace.0,
            namespace,
            value,
            category,
            number,
            &entry.reason,
            &entry.by,
            entry.at.0,
            entry.updated_at.0,
            entry.expires_at.map(|time| time.0),
            removal.category.map(|category| category as u8),
            &removal.reason,
            &removal.by,
            removal.at.0,
        ];
        db.execute(INSERT, row)?;
    }
    Ok(())
}

/// Selects what [`read_removed`] reads.
macro_rules! select_removed {
    ($rest:literal) => {
        concat!(
            "SELECT namespace, value, category, reason, added_by, added_at, updated_at, expires_at,
                of_category, removal_reason, removed_by, removed_at FROM suppression_removed ",
            $rest
        )
    };
}

/// What was taken off the list, newest first.
pub(crate) fn removed(
    db: &impl Db,
    workspace: WorkspaceId,
    value: Option<(&Namespace, &str)>,
    limit: usize,
) -> Result<Vec<Removed>> {
    const OF_VALUE: &str = select_removed!(
        "WHERE workspace = ?1 AND namespace = ?2 AND value = ?3 ORDER BY removed_at DESC, number DESC LIMIT ?4"
    );
    const ALL: &str = select_removed!("WHERE workspace = ?1 ORDER BY removed_at DESC LIMIT ?2");
    let limit = limit.min(REMOVED_MAX) as i64;
    match value {
        Some((namespace, value)) => {
            let value = any(namespace, value)?;
            db.all(OF_VALUE, params![workspace.0, namespace.as_str(), &value, limit], read_removed)
        }
        None => db.all(ALL, params![workspace.0, limit], read_removed),
    }
}

fn read_removed(row: &Row<'_>) -> Result<Removed> {
    let entry = read_entry(row)?;
    let category: Option<u8> = row.get(8)?;
    let removal = Removal {
        namespace: entry.namespace.clone(),
        value: entry.value.clone(),
        category: category.map(SuppressionCategory::from_code).transpose()?,
        reason: row.get(9)?,
        by: row.get(10)?,
        at: Timestamp(row.get(11)?),
    };
    Ok(Removed { entry, removal })
}
