//! A ledger that was begun with leaves of the first form, moved to PostgreSQL and carried on there by several nodes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use consent::{Choice, EntryId};
use store::ledger::{LedgerReader, Receipt, VerifierKey, verify, verify_consistency};
use store::postgres::{CopyOptions, copy};

use super::conformance::first_leaves::{ANN, FILES, SIZE, put};
use super::conformance::support::{MAIN, ManualClock};
use super::nodes::Node;
use super::{START, database, open};

#[tokio::test]
async fn entries_keep_their_forms_and_every_node_has_the_same_log() {
    let (parent, database) = (tempfile::tempdir().unwrap(), database());
    let from = parent.path().join("data");
    put(&from);
    let node_dir = tempfile::tempdir().unwrap();
    let options = CopyOptions {
        from: from.clone(),
        url: database.url(),
        password: None,
        into_dir: node_dir.path().to_owned(),
        restart: false,
        clock: Arc::new(ManualClock(AtomicI64::new(START))),
    };
    let report = copy(&options, &mut |_| ()).unwrap();
    assert_eq!(report.ledger_size, SIZE);
    for (name, bytes) in FILES {
        assert_eq!(fs::read(node_dir.path().join("ledger").join(name)).unwrap(), bytes, "{name}");
    }
    let first = Node { store: open(&database.url(), node_dir.path()).unwrap(), dir: Arc::new(node_dir) };
    let second = Node::open(&database.url(), Some(&first));
    for (turn, node) in [&first, &second, &first].into_iter().enumerate() {
        let at = START * 2 + turn as i64;
        node.say(&format!("new{turn}@example.com"), Choice::No, at).await.unwrap();
    }
    let recorded = second.say(ANN, Choice::No, START * 2).await.unwrap();
    let key = VerifierKey::parse(&first.ledger_verifier_key().unwrap()).unwrap();
    let size = SIZE + 3 + u64::from(recorded.entry.is_some());
    let mut checkpoints = Vec::new();
    for node in [&first, &second] {
        assert_eq!(node.seal_ledger().await.unwrap(), size);
        let ledger = node.file("ledger");
        assert_eq!(verify(&ledger, Some(&key), &mut |_, _| ()).unwrap().size, size);
        verify_consistency(&ledger, std::str::from_utf8(FILES[0].1).unwrap(), &key).unwrap();
        let reader = LedgerReader::open(&ledger, Some(&key)).unwrap();
        assert!(reader.entry(SIZE - 1).unwrap().starts_with(br#"{"v":1,"#));
        assert!(reader.entry(SIZE).unwrap().starts_with(br#"{"v":2,"#));
        checkpoints.push(fs::read(node.file("ledger/checkpoint")).unwrap());
        assert_eq!(node.check().await.unwrap(), Vec::<String>::new());
    }
    assert_eq!(checkpoints[0], checkpoints[1], "the nodes' logs are one");
    let old = Receipt::parse(&second.receipt(MAIN, EntryId(4)).await.unwrap()).unwrap();
    old.verify(&key).unwrap();
    assert!(old.opening().is_none());
    // Who turns an entry's form back is found out.
    let sql = "UPDATE ledger_event SET sets = substr(sets, 2) WHERE id = (SELECT entry FROM ledger_leaf WHERE leaf = 9)";
    database.psql(sql).unwrap();
    let findings = second.check().await.unwrap();
    assert!(findings.iter().any(|found| found.contains("isn't what the database holds")), "{findings:?}");
}
