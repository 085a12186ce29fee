//! The suppression list and the allow list: addresses by their key, and domains of email addresses, exact both (a
//! domain's entry says nothing about its subdomains). A look-up is one or two probes of a primary key.

use consent::decide::Suppressed;
use consent::{Address, Namespace, Timestamp, WorkspaceId};

use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, params};
use crate::types::{AllowEntry, SuppressionEntry};

/// Bytes of a suppression entry's reason, and of who made it.
const NOTE_LENGTH_MAX: usize = 200;

/// The form in which a value is kept and looked for: an address's key, or under `email`, without an `@`, a domain as
/// lower-case A-label. Brought into it here too: an entry in another form would never be found, and silently do nothing.
fn key(namespace: &Namespace, value: &str) -> Result<String> {
    let invalid = |what: &str| StoreError::Invalid(format!("an entry's value is no {what}"));
    if *namespace == Namespace::Email && !value.contains('@') {
        let domain = Address::email(&format!("x@{}", value.trim())).map_err(|_| invalid("domain"))?;
        return Ok(domain.domain().to_owned());
    }
    let address = Address::parse(namespace, value, None)
        .map_err(|_| invalid(&format!("address of the namespace {}", namespace.as_str())))?;
    Ok(address.key().to_owned())
}

/// Adds or replaces suppression entries.
pub(crate) fn suppress(db: &impl Db, workspace: WorkspaceId, entries: &[SuppressionEntry]) -> Result<()> {
    const UPSERT: &str = "INSERT INTO suppression
        (workspace, namespace, value, reason, added_by, added_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (workspace, namespace, value) DO UPDATE SET
            reason = excluded.reason, added_by = excluded.added_by,
            added_at = excluded.added_at, expires_at = excluded.expires_at";
    if entries.iter().any(|entry| entry.reason.len().max(entry.by.len()) > NOTE_LENGTH_MAX) {
        let rule = format!("a suppression's reason and author have at most {NOTE_LENGTH_MAX} bytes");
        return Err(StoreError::Invalid(rule));
    }
    let keys = entries.iter().map(|entry| key(&entry.namespace, &entry.value)).collect::<Result<Vec<_>>>()?;
    let rows = entries.iter().zip(&keys).map(|(entry, key)| {
        *params![
            workspace.0,
            entry.namespace.as_str(),
            key,
            &entry.reason,
            &entry.by,
            entry.at.0,
            entry.expires_at.map(|time| time.0),
        ]
    });
    db.execute_all(UPSERT, rows).map(drop)
}

/// Removes a suppression entry; whether there was one.
pub(crate) fn unsuppress(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    value: &str,
) -> Result<bool> {
    const DELETE: &str = "DELETE FROM suppression WHERE workspace = ?1 AND namespace = ?2 AND value = ?3";
    let value = key(namespace, value)?;
    Ok(db.execute(DELETE, params![workspace.0, namespace.as_str(), &value])? > 0)
}

/// Adds or replaces allow entries.
pub(crate) fn allow(db: &impl Db, workspace: WorkspaceId, entries: &[AllowEntry]) -> Result<()> {
    const UPSERT: &str = "INSERT INTO allow_entry (workspace, namespace, value, added_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (workspace, namespace, value) DO UPDATE SET added_at = excluded.added_at";
    let keys = entries.iter().map(|entry| key(&entry.namespace, &entry.value)).collect::<Result<Vec<_>>>()?;
    let rows = entries
        .iter()
        .zip(&keys)
        .map(|(entry, key)| *params![workspace.0, entry.namespace.as_str(), key, entry.at.0]);
    db.execute_all(UPSERT, rows).map(drop)
}

/// Whether a workspace suppresses anything at all: if not, [`suppressed`] needn't be asked in the same snapshot.
pub(crate) fn any_suppression(db: &impl Db, workspace: WorkspaceId) -> Result<bool> {
    const SELECT: &str = "SELECT EXISTS (SELECT 1 FROM suppression WHERE workspace = ?1)";
    db.one(SELECT, params![workspace.0], |row| row.get(0))
}

/// What the suppression list holds at `now` of an address, given by its key and its domain (empty outside `email`).
pub(crate) fn suppressed(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &Namespace,
    key: &str,
    domain: &str,
    now: Timestamp,
) -> Result<Suppressed> {
    const SELECT: &str = "SELECT expires_at FROM suppression
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3";
    let holds = |value: &str| -> Result<bool> {
        let parameters = params![workspace.0, namespace.as_str(), value];
        let expiry: Option<Option<i64>> = db.first(SELECT, parameters, |row| row.get(0))?;
        Ok(expiry.is_some_and(|expiry| expiry.is_none_or(|expiry| now.0 < expiry)))
    };
    if holds(key)? {
        Ok(Suppressed::Address)
    } else if !domain.is_empty() && holds(domain)? {
        Ok(Suppressed::Domain)
    } else {
        Ok(Suppressed::No)
    }
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
    use rusqlite::Connection;

    use super::*;
    use crate::state::delivery_fixture::database;

    const WS: WorkspaceId = WorkspaceId(1);

    fn entry(namespace: Namespace, value: &str, expires_at: Option<i64>) -> SuppressionEntry {
        SuppressionEntry {
            namespace,
            value: value.to_owned(),
            reason: "manual".to_owned(),
            by: "test".to_owned(),
            at: Timestamp(1),
            expires_at: expires_at.map(Timestamp),
        }
    }

    fn email(conn: &Connection, address: &str) -> Suppressed {
        let address = Address::email(address).unwrap();
        suppressed(conn, WS, &Namespace::Email, address.key(), address.domain(), Timestamp(50)).unwrap()
    }

    #[test]
    fn addresses_and_domains_in_any_form_are_found_by_their_keys() {
        let conn = database();
        assert!(!any_suppression(&conn, WS).unwrap());
        let entries = ["Bob@Example.COM", "Bücher.example", "no-more.example"];
        let entries = entries.map(|value| entry(Namespace::Email, value, None));
        suppress(&conn, WS, &entries).unwrap();
        assert!(any_suppression(&conn, WS).unwrap());
        assert!(!any_suppression(&conn, WorkspaceId(2)).unwrap());
        assert_eq!(email(&conn, "bOB@example.com"), Suppressed::Address);
        assert_eq!(email(&conn, "bobby@example.com"), Suppressed::No);
        assert_eq!(email(&conn, "a@xn--bcher-kva.example"), Suppressed::Domain);
        assert_eq!(email(&conn, "a@no-more.example"), Suppressed::Domain);
        // Exact: neither subdomains nor names that end alike.
        assert_eq!(email(&conn, "a@sub.no-more.example"), Suppressed::No);
        assert_eq!(email(&conn, "a@really-no-more.example"), Suppressed::No);
        let elsewhere =
            suppressed(&conn, WorkspaceId(2), &Namespace::Email, "bob@example.com", "", Timestamp(50));
        assert_eq!(elsewhere.unwrap(), Suppressed::No);
    }

    #[test]
    fn an_entry_ends_when_it_expires_and_is_replaced_as_a_whole() {
        let conn = database();
        let suppress_until = |expiry| {
            suppress(&conn, WS, &[entry(Namespace::Email, "a@b.example", expiry)]).unwrap();
            email(&conn, "a@b.example")
        };
        assert_eq!(suppress_until(Some(51)), Suppressed::Address);
        assert_eq!(suppress_until(Some(50)), Suppressed::No);
        assert_eq!(suppress_until(None), Suppressed::Address);
        // An entry of the address that has expired leaves that of its domain.
        suppress(&conn, WS, &[entry(Namespace::Email, "b.example", None)]).unwrap();
        assert_eq!(suppress_until(Some(50)), Suppressed::Domain);
    }

    #[test]
    fn entries_are_removed_in_any_form_too() {
        let conn = database();
        let remove = |value| unsuppress(&conn, WS, &Namespace::Email, value);
        suppress(&conn, WS, &[entry(Namespace::Email, "a@b.example", None)]).unwrap();
        assert!(!unsuppress(&conn, WorkspaceId(2), &Namespace::Email, "a@b.example").unwrap());
        assert!(remove("A@B.example").unwrap());
        assert!(!remove("a@b.example").unwrap());
        assert_eq!(email(&conn, "a@b.example"), Suppressed::No);
    }

    #[test]
    fn other_namespaces_have_entries_of_their_own() {
        let conn = database();
        let crm = Namespace::Custom("crm".to_owned());
        let entries = [entry(Namespace::Phone, "+49 30 123456", None), entry(crm.clone(), "C-1", None)];
        suppress(&conn, WS, &entries).unwrap();
        let state =
            |namespace: &Namespace, key| suppressed(&conn, WS, namespace, key, "", Timestamp(9)).unwrap();
        assert_eq!(state(&Namespace::Phone, "+4930123456"), Suppressed::Address);
        assert_eq!(state(&crm, "C-1"), Suppressed::Address);
        assert_eq!(state(&Namespace::Push, "C-1"), Suppressed::No);
    }

    #[test]
    fn what_could_never_match_is_refused() {
        let conn = database();
        for value in ["", "a b.example", "a@b@c", "a..b@example.com"] {
            let refused = suppress(&conn, WS, &[entry(Namespace::Email, value, None)]);
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{value:?}");
        }
        let refused = suppress(&conn, WS, &[entry(Namespace::Phone, "030 1", None)]).unwrap_err();
        assert_eq!(refused.to_string(), "an entry's value is no address of the namespace phone");
        let wordy =
            SuppressionEntry { reason: "x".repeat(201), ..entry(Namespace::Email, "b.example", None) };
        assert!(matches!(suppress(&conn, WS, &[wordy]), Err(StoreError::Invalid(_))));
    }

    #[test]
    fn the_allow_list_holds_addresses_and_domains() {
        let conn = database();
        let entries = ["A@b.example", "c.example"].map(|value| AllowEntry {
            namespace: Namespace::Email,
            value: value.to_owned(),
            at: Timestamp(1),
        });
        allow(&conn, WS, &entries).unwrap();
        allow(&conn, WS, &entries).unwrap();
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
