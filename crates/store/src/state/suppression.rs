//! The suppression list: addresses by their key, domains of email addresses, exact both (a domain's entry says nothing about
//! its subdomains), and addresses by their hash. A look-up is one probe of a key, or two or three.

mod operations;
mod remove;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use consent::decide::Suppressed;
use consent::{Namespace, Timestamp, WorkspaceId};

use super::entries::read_entry;
use super::entry_key::{any, check_notes, hashes, is_hash, kind_of, kind_sql};
use super::fence;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::types::{EntryKind, IMPORT_MAX, SuppressionCategory, SuppressionEntry};

/// Adds or replaces suppression entries, see [`crate::Store::suppress`].
pub(crate) fn suppress(
    db: &impl Db,
    workspace: WorkspaceId,
    entries: &[SuppressionEntry],
) -> Result<Vec<bool>> {
    limit(entries.len())?;
    for entry in entries {
        check_notes([&entry.reason, &entry.by])?;
    }
    let keys = entries.iter().map(|entry| any(&entry.namespace, &entry.value)).collect::<Result<Vec<_>>>()?;
    note_hashed(
        db,
        workspace,
        entries.iter().zip(&keys).map(|(entry, key)| (&entry.namespace, key.as_str())),
    )?;
    let entries: Vec<_> = entries.iter().zip(keys.iter().map(String::as_str)).collect();
    put(db, workspace, &entries)
}

pub(super) fn limit(count: usize) -> Result<()> {
    if count > IMPORT_MAX {
        return Err(StoreError::Invalid(format!("more than {IMPORT_MAX} entries at once")));
    }
    Ok(())
}

/// Adds or replaces entries, each with its value in the form that it is kept in; whether each is new.
pub(super) fn put(
    db: &impl Db,
    workspace: WorkspaceId,
    entries: &[(&SuppressionEntry, &str)],
) -> Result<Vec<bool>> {
    // Of a large import nearly every entry is new: one statement for each, and another for those that aren't.
    const INSERT: &str = "INSERT INTO suppression
        (workspace, namespace, value, category, reason, added_by, added_at, updated_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (workspace, namespace, value, category) DO NOTHING";
    const REPLACE: &str = "UPDATE suppression SET reason = ?5, added_by = ?6, updated_at = ?7,
            expires_at = CASE WHEN expires_at IS NULL OR CAST(?8 AS BIGINT) IS NULL THEN NULL
                WHEN expires_at > ?8 THEN expires_at ELSE ?8 END
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3 AND category = ?4";
    let rows = entries.iter().map(|(entry, value)| {
        *params![
            workspace.0,
            entry.namespace.as_str(),
            *value,
            entry.category as u8,
            &entry.reason,
            &entry.by,
            entry.at.0,
            (entry.updated_at != entry.at).then_some(entry.updated_at.0),
            entry.expires_at.map(|time| time.0),
        ]
    });
    let is_new: Vec<bool> = db.execute_all(INSERT, rows)?.into_iter().map(|added| added > 0).collect();
    let known = entries.iter().zip(&is_new).filter(|(_, is_new)| !**is_new);
    let rows = known.map(|((entry, value), _)| {
        *params![
            workspace.0,
            entry.namespace.as_str(),
            *value,
            entry.category as u8,
            &entry.reason,
            &entry.by,
            entry.updated_at.0,
            entry.expires_at.map(|time| time.0),
        ]
    });
    db.execute_all(REPLACE, rows)?;
    Ok(is_new)
}

/// Notes, with the first hashed entry of a namespace, that hashes are to be looked for there.
fn note_hashed<'e>(
    db: &impl Db,
    workspace: WorkspaceId,
    entries: impl Iterator<Item = (&'e Namespace, &'e str)>,
) -> Result<()> {
    const NOTE: &str = "INSERT INTO suppression_hashed (workspace, namespace) VALUES (?1, ?2)
        ON CONFLICT (workspace, namespace) DO NOTHING";
    let namespaces: HashSet<_> =
        entries.filter(|(_, value)| is_hash(value)).map(|(namespace, _)| namespace.as_str()).collect();
    for namespace in namespaces {
        if !any_hashed(db, workspace, namespace)? {
            db.execute(NOTE, params![workspace.0, namespace])?;
            fence::open_only_to(db, fence::KNOWS_HASHES)?;
        }
    }
    Ok(())
}

/// The entries of one value, by category.
pub(crate) fn of_value(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    value: &str,
) -> Result<Vec<SuppressionEntry>> {
    const SELECT: &str =
        "SELECT namespace, value, category, reason, added_by, added_at, updated_at, expires_at
        FROM suppression WHERE workspace = ?1 AND namespace = ?2 AND value = ?3 ORDER BY category";
    let value = any(namespace, value)?;
    db.all(SELECT, params![workspace.0, namespace.as_str(), &value], read_entry)
}

/// How many entries there are, by namespace, category and kind.
pub(crate) fn counts(
    db: &impl Db,
    workspace: WorkspaceId,
) -> Result<Vec<(Namespace, SuppressionCategory, EntryKind, u64)>> {
    const COUNT: &str = concat!(
        "SELECT namespace, category, ",
        kind_sql!(),
        " AS kind, count(*) FROM suppression WHERE workspace = ?1
            GROUP BY namespace, category, kind ORDER BY namespace, category, kind"
    );
    db.all(COUNT, params![workspace.0], |row| {
        let category = SuppressionCategory::from_code(row.get(1)?)?;
        Ok((super::entries::namespace(row.get(0)?)?, category, kind_of(row.get(2)?)?, row.get(3)?))
    })
}

/// Whether a workspace suppresses anything at all: if not, [`suppressed`] needn't be asked in the same snapshot.
pub(crate) fn any_suppression(db: &impl Db, workspace: WorkspaceId) -> Result<bool> {
    const SELECT: &str = "SELECT EXISTS (SELECT 1 FROM suppression WHERE workspace = ?1)";
    db.one(SELECT, params![workspace.0], |row| row.get(0))
}

/// Whether a namespace has, or had, any hashed entry: if not, hashes needn't be looked for in the same snapshot.
pub(crate) fn any_hashed(db: &impl Db, workspace: WorkspaceId, namespace: &str) -> Result<bool> {
    const SELECT: &str =
        "SELECT EXISTS (SELECT 1 FROM suppression_hashed WHERE workspace = ?1 AND namespace = ?2)";
    db.one(SELECT, params![workspace.0, namespace], |row| row.get(0))
}

/// What the entries in force of one value come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InForce {
    /// There is none.
    #[default]
    None,
    /// A complaint, nothing else.
    Complaint,
    /// Another, or several.
    Other,
}

impl InForce {
    /// An entry of a category, by its code. One that can't be read isn't a complaint, of which transactional mail may make
    /// an exception (I9).
    pub fn of(category: i64) -> Self {
        if category == SuppressionCategory::Complaint as i64 { Self::Complaint } else { Self::Other }
    }
}

/// What decisions make of the entries in force of an address, by key and hash, and of its domain.
pub(crate) const fn verdict(address: InForce, domain: InForce) -> Suppressed {
    match (address, domain) {
        (InForce::Other, _) => Suppressed::Address,
        (_, InForce::Complaint | InForce::Other) => Suppressed::Domain,
        (InForce::Complaint, InForce::None) => Suppressed::Complaint,
        (InForce::None, InForce::None) => Suppressed::No,
    }
}

/// What is known of domains that were asked about in the same snapshot: many addresses share few of them.
pub(crate) type Domains = HashMap<String, InForce>;

/// What is known of the list before an address is looked up, in the same snapshot.
pub(crate) struct Known<'k> {
    /// Whether the namespace has hashed entries, see [`any_hashed`].
    pub hashed: bool,
    /// Whether a value may have an entry; `false` is sure.
    pub may_hold: &'k dyn Fn(&str) -> bool,
    /// Filled as domains are asked about.
    pub domains: &'k mut Domains,
}

/// What the list holds at `now` of an address, given by its key and its domain (empty outside `email`).
pub(crate) fn suppressed(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    (key, domain): (&str, &str),
    known: Known<'_>,
    now: Timestamp,
) -> Result<Suppressed> {
    const SELECT: &str =
        "SELECT category FROM suppression WHERE workspace = ?1 AND namespace = ?2 AND value = ?3
        AND (expires_at IS NULL OR expires_at > ?4)";
    let Known { hashed, may_hold, domains } = known;
    let in_force = |value: &str| -> Result<InForce> {
        let mut found = InForce::None;
        if !may_hold(value) {
            return Ok(found);
        }
        db.each(SELECT, params![workspace.0, namespace.as_str(), value, now.0], |row| {
            found = found.max(InForce::of(row.get(0)?));
            Ok(())
        })?;
        Ok(found)
    };
    let mut address = in_force(key)?;
    for former in consent::former_keys(namespace, key) {
        address = address.max(in_force(&former)?);
    }
    if hashed && address != InForce::Other {
        for hash in hashes(namespace, key) {
            address = address.max(in_force(&hash)?);
        }
    }
    if address == InForce::Other || domain.is_empty() {
        return Ok(verdict(address, InForce::None));
    }
    if let Some(known) = domains.get(domain) {
        return Ok(verdict(address, *known));
    }
    let found = in_force(domain)?;
    domains.insert(domain.to_owned(), found);
    Ok(verdict(address, found))
}
