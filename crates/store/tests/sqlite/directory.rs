//! The data directory: what is in it, who may open it, what is refused.

use std::os::unix::fs::PermissionsExt as _;

use consent::{Choice, Source};
use store::StoreError;

use crate::conformance::support::{MAIN, change, email, named};
use crate::{START, open, options};

#[tokio::test]
async fn is_made_with_all_that_belongs_in_it() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/b");
    let store = open(&dir).unwrap();
    let key = store.ledger_verifier_key().unwrap();
    for (name, mode) in [("", 0o700), ("master.key", 0o600)] {
        let found = std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    assert_eq!(store.seal_ledger().await.unwrap(), 0);
    drop(store);
    assert_eq!(open(&dir).unwrap().ledger_verifier_key().unwrap(), key);
}

#[tokio::test]
async fn without_its_key_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    std::fs::remove_file(dir.path().join("master.key")).unwrap();
    let refused = open(dir.path());
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
}

#[tokio::test]
async fn one_in_which_nothing_is_recorded_is_made_by_name_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    let existing = || store::sqlite::open_existing(options(&dir));
    assert!(matches!(existing(), Err(StoreError::Missing(_))));
    assert!(!dir.exists());
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("master.key"), [7; 32]).unwrap();
    assert!(matches!(existing(), Err(StoreError::Missing(_))));
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    let conn = rusqlite::Connection::open(dir.join("consentry.sqlite3")).unwrap();
    conn.execute_batch("CREATE TABLE t (x); DROP TABLE t").unwrap();
    drop(conn);
    assert!(matches!(existing(), Err(StoreError::Missing(_))), "a database without a table of ours");
    drop(open(&dir).unwrap());
    existing().unwrap();
}

#[tokio::test]
async fn of_a_newer_version_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let conn = rusqlite::Connection::open(dir.path().join("consentry.sqlite3")).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    let refused = open(dir.path());
    assert!(matches!(refused, Err(StoreError::TooNew { found: 999, .. })), "{refused:?}");
}

#[tokio::test]
async fn several_processes_can_open_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let stores = [open(dir.path()).unwrap(), open(dir.path()).unwrap()];
    let write = |which: usize| {
        let store = stores[which].clone();
        tokio::spawn(async move {
            for number in 0..40 {
                let name = named(&format!("p{which}-{number}@example.com"));
                let refusal = change(name, email(), Choice::No, Source::ONE_CLICK, consent::Timestamp(START));
                store.record(MAIN, vec![refusal]).await.unwrap();
            }
        })
    };
    let (one, two) = tokio::join!(write(0), write(1));
    one.unwrap();
    two.unwrap();
    let sizes = tokio::join!(stores[0].seal_ledger(), stores[1].seal_ledger());
    assert_eq!((sizes.0.unwrap(), sizes.1.unwrap()), (80, 80));
    for store in &stores {
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        assert_eq!(store.counts(MAIN).await.unwrap().profiles, 80);
    }
    // A key that one adds, the other knows without being opened again.
    let token = consent::Token {
        purpose: consent::Purpose::Preferences,
        level: consent::Level::Any,
        workspace: MAIN,
        address: consent::AddressId(1),
        reference: consent::Reference::NO_MESSAGE,
        list: consent::ListId(0),
        epoch: 0,
    };
    stores[0].rotate_link_key(consent::Timestamp(START)).await.unwrap();
    let link = stores[0].key_ring().sign(&token).unwrap();
    // Sealing runs in the thread that reads the keys; two turns of it are past one reading.
    stores[1].seal_ledger().await.unwrap();
    stores[1].seal_ledger().await.unwrap();
    assert_eq!(stores[1].key_ring().read_url(&link.to_url()), Ok(token));
}

#[tokio::test]
async fn damage_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    for name in ["a@example.com", "b@example.com"] {
        let refusal = change(named(name), email(), Choice::No, Source::ONE_CLICK, consent::Timestamp(START));
        store.record(MAIN, vec![refusal]).await.unwrap();
    }
    store.seal_ledger().await.unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let conn = rusqlite::Connection::open(dir.path().join("consentry.sqlite3")).unwrap();
    let tampering = [
        ("UPDATE profile SET word = word & ~240 | 16 WHERE id = 1", "email is y"),
        ("UPDATE ledger_event SET source = 'api' WHERE id = 1", "ent_1 isn't what"),
        ("UPDATE profile SET word = 15 WHERE id = 2", "can't be read"),
    ];
    for (sql, finding) in tampering {
        assert_eq!(conn.execute(sql, []).unwrap(), 1);
        let findings = store.check().await.unwrap();
        assert!(findings.iter().any(|found| found.contains(finding)), "{finding}: {findings:?}");
    }
}
