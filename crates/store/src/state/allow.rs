//! The allow list: addresses by their key, and domains of email addresses. While it is active, only these are sent to;
//! active and empty is the emergency brake.

mod operations;

use consent::{Namespace, WorkspaceId};

use super::entries::read_allowed;
use super::entry_key::{check_notes, plain};
use super::suppression::limit;
use crate::error::Result;
use crate::sql::{Db, params};
use crate::types::AllowEntry;

/// Adds or replaces allow entries; whether each is new.
pub(crate) fn allow(db: &impl Db, workspace: WorkspaceId, entries: &[AllowEntry]) -> Result<Vec<bool>> {
    const INSERT: &str = "INSERT INTO allow_entry (workspace, namespace, value, comment, added_by, added_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (workspace, namespace, value) DO NOTHING";
    const REPLACE: &str = "UPDATE allow_entry SET comment = ?4, added_by = ?5, added_at = ?6
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3";
    limit(entries.len())?;
    for entry in entries {
        check_notes([&entry.comment, &entry.by])?;
    }
    let keys =
        entries.iter().map(|entry| plain(&entry.namespace, &entry.value)).collect::<Result<Vec<_>>>()?;
    let row = |(entry, key)| {
        let (entry, key): (&AllowEntry, &String) = (entry, key);
        *params![workspace.0, entry.namespace.as_str(), key, &entry.comment, &entry.by, entry.at.0]
    };
    let added = db.execute_all(INSERT, entries.iter().zip(&keys).map(row))?;
    let known = entries.iter().zip(&keys).zip(&added).filter(|(_, added)| **added == 0);
    db.execute_all(REPLACE, known.map(|(entry, _)| row(entry)))?;
    Ok(added.into_iter().map(|added| added > 0).collect())
}

/// Removes allow entries; whether each was there.
pub(crate) fn disallow(
    db: &impl Db,
    workspace: WorkspaceId,
    entries: &[(Namespace, String)],
) -> Result<Vec<bool>> {
    const DELETE: &str = "DELETE FROM allow_entry WHERE workspace = ?1 AND namespace = ?2 AND value = ?3";
    limit(entries.len())?;
    let keys =
        entries.iter().map(|(namespace, value)| plain(namespace, value)).collect::<Result<Vec<_>>>()?;
    let rows =
        entries.iter().zip(&keys).map(|((namespace, _), key)| *params![workspace.0, namespace.as_str(), key]);
    Ok(db.execute_all(DELETE, rows)?.into_iter().map(|removed| removed > 0).collect())
}

/// The allow entry of one value.
pub(crate) fn of_value(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    value: &str,
) -> Result<Option<AllowEntry>> {
    const SELECT: &str = "SELECT namespace, value, comment, added_by, added_at FROM allow_entry
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3";
    let value = plain(namespace, value)?;
    db.first(SELECT, params![workspace.0, namespace.as_str(), &value], read_allowed)
}

/// Whether the allow list holds an address or its domain. Whether it is active the settings tell.
pub(crate) fn allowed(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    key: &str,
    domain: &str,
) -> Result<bool> {
    const SELECT: &str = "SELECT EXISTS (SELECT 1 FROM allow_entry
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3)";
    let holds = |value: &str| -> Result<bool> {
        db.one(SELECT, params![workspace.0, namespace.as_str(), value], |row| row.get(0))
    };
    Ok(holds(key)? || (!domain.is_empty() && holds(domain)?))
}

#[cfg(test)]
mod tests {
    use consent::Timestamp;

    use super::*;
    use crate::state::delivery_fixture::database;

    const WS: WorkspaceId = WorkspaceId(1);

    #[test]
    fn the_allow_list_holds_addresses_and_domains() {
        let conn = database();
        let entries = ["A@b.example", "c.example"].map(|value| AllowEntry {
            namespace: Namespace::Email,
            value: value.to_owned(),
            comment: "ours".to_owned(),
            by: "test".to_owned(),
            at: Timestamp(1),
        });
        assert_eq!(allow(&conn, WS, &entries).unwrap(), [true, true]);
        assert_eq!(allow(&conn, WS, &entries).unwrap(), [false, false]);
        let holds = |workspace, key: &str| {
            let (_, domain) = key.split_once('@').unwrap();
            allowed(&conn, workspace, &Namespace::Email, key, domain).unwrap()
        };
        assert!(holds(WS, "a@b.example"));
        assert!(!holds(WS, "x@b.example"));
        assert!(holds(WS, "x@c.example"));
        assert!(!holds(WS, "x@sub.c.example"));
        assert!(!holds(WorkspaceId(2), "a@b.example"));
        assert!(!allowed(&conn, WS, &Namespace::Phone, "a@b.example", "c.example").unwrap());
    }
}
