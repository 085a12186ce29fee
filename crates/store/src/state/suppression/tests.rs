use consent::Address;
use rusqlite::Connection;

use super::*;
use crate::state::delivery_fixture::database;

const WS: WorkspaceId = WorkspaceId(1);

fn entry(namespace: Namespace, value: &str, expires_at: Option<i64>) -> SuppressionEntry {
    SuppressionEntry {
        namespace,
        value: value.to_owned(),
        category: SuppressionCategory::Manual,
        reason: "on request".to_owned(),
        by: "test".to_owned(),
        at: Timestamp(1),
        updated_at: Timestamp(1),
        expires_at: expires_at.map(Timestamp),
    }
}

fn email(conn: &Connection, address: &str) -> Suppressed {
    let address = Address::email(address).unwrap();
    suppressed(
        conn,
        WS,
        &Namespace::Email,
        (address.key(), address.domain()),
        Known { hashed: false, may_hold: &|_| true, domains: &mut Domains::new() },
        Timestamp(50),
    )
    .unwrap()
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
    let elsewhere = suppressed(
        &conn,
        WorkspaceId(2),
        &Namespace::Email,
        ("bob@example.com", ""),
        Known { hashed: false, may_hold: &|_| true, domains: &mut Domains::new() },
        Timestamp(50),
    );
    assert_eq!(elsewhere.unwrap(), Suppressed::No);
}

#[test]
fn an_entry_ends_when_it_expires_which_is_never_put_forward() {
    let conn = database();
    let suppress_until = |expiry| {
        suppress(&conn, WS, &[entry(Namespace::Email, "a@b.example", expiry)]).unwrap();
        email(&conn, "a@b.example")
    };
    assert_eq!(suppress_until(Some(50)), Suppressed::No);
    // An entry of the address that has expired leaves that of its domain.
    suppress(&conn, WS, &[entry(Namespace::Email, "b.example", None)]).unwrap();
    assert_eq!(suppress_until(Some(50)), Suppressed::Domain);
    // Whoever asks for longest has it.
    assert_eq!(suppress_until(Some(51)), Suppressed::Address);
    assert_eq!(suppress_until(Some(50)), Suppressed::Address);
    let until = || of_value(&conn, WS, &Namespace::Email, "a@b.example").unwrap()[0].expires_at;
    assert_eq!(until(), Some(Timestamp(51)));
    suppress_until(None);
    suppress_until(Some(50));
    assert_eq!(until(), None);
}

#[test]
fn other_namespaces_have_entries_of_their_own() {
    let conn = database();
    let crm = Namespace::Custom("crm".to_owned());
    let entries = [entry(Namespace::Phone, "+49 30 123456", None), entry(crm.clone(), "C-1", None)];
    suppress(&conn, WS, &entries).unwrap();
    let state = |namespace: &Namespace, key| {
        suppressed(
            &conn,
            WS,
            namespace,
            (key, ""),
            Known { hashed: false, may_hold: &|_| true, domains: &mut Domains::new() },
            Timestamp(9),
        )
        .unwrap()
    };
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
    let wordy = SuppressionEntry { reason: "x".repeat(201), ..entry(Namespace::Email, "b.example", None) };
    assert!(matches!(suppress(&conn, WS, &[wordy]), Err(StoreError::Invalid(_))));
}
