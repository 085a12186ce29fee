//! Changes at the same moment on several nodes, and the ledger that all of them write.

use std::collections::BTreeSet;

use consent::{Choice, ConsentChange, EntryId, Source};
use store::ledger::{Receipt, VerifierKey};

use super::super::conformance::support::MAIN;
use super::{Nodes, says};

const NODES: usize = 3;
/// Changes at once, and the people whom they are about.
const CHANGES: usize = 64;
const PEOPLE: usize = 4;

fn person(n: usize) -> String {
    format!("p{}@example.com", n % PEOPLE)
}

/// Records every change at once, spread over the nodes; the entries that were made.
async fn at_once(
    nodes: &Nodes,
    source: Source,
    changes: impl Iterator<Item = (usize, Choice, i64)>,
) -> Vec<EntryId> {
    let tasks: Vec<_> = changes
        .map(|(n, choice, at)| {
            let node = nodes.node(n).clone();
            let change = ConsentChange { source: source.clone(), ..says(&person(n / NODES), choice, at) };
            tokio::spawn(async move { node.record(MAIN, vec![change]).await })
        })
        .collect();
    let mut entries = Vec::new();
    for task in tasks {
        entries.extend(task.await.unwrap().unwrap()[0].entry);
    }
    entries
}

/// The same log on every node, every entry in it once.
async fn assert_one_log(nodes: &Nodes, entries: &[EntryId]) {
    let expected = entries.len() as u64;
    assert_eq!(entries.iter().copied().collect::<BTreeSet<_>>().len(), entries.len());
    let mut checkpoints = BTreeSet::new();
    for node in &nodes.nodes {
        assert_eq!(node.seal_ledger().await.unwrap(), expected);
        checkpoints.insert(std::fs::read(node.file("ledger/checkpoint")).unwrap());
        node.assert_sound().await;
    }
    assert_eq!(checkpoints.len(), 1, "nodes signed different logs");
    let log = nodes.database.psql(
        "SELECT count(*), count(DISTINCT entry), min(leaf), max(leaf) + 1, (SELECT count(*) FROM ledger_pending)
         FROM ledger_leaf",
    );
    assert_eq!(log.unwrap(), format!("{expected}|{expected}|0|{expected}|0"));
}

#[tokio::test]
async fn changes_of_the_same_people_on_several_nodes_lose_nothing() {
    let nodes = Nodes::start(NODES);
    let first = (0..CHANGES).map(|n| (n, if n % 2 == 0 { Choice::Yes } else { Choice::No }, n as i64 + 1));
    // Not live, where a no counts whatever the time.
    let mut entries = at_once(&nodes, Source::IMPORT, first).await;
    assert!(entries.len() >= PEOPLE);
    for who in 0..PEOPLE {
        let latest = (0..CHANGES).rfind(|n| (n / NODES) % PEOPLE == who).unwrap();
        let expected = if latest % 2 == 0 { Choice::Yes } else { Choice::No };
        for node in &nodes.nodes {
            assert_eq!(node.choice(&person(who)).await, Some(expected), "the latest counts");
        }
    }
    // Now everybody presses the same button again and again.
    let time = CHANGES as i64 + 1;
    let second = at_once(&nodes, Source::ONE_CLICK, (0..CHANGES).map(|n| (n, Choice::No, time))).await;
    assert_eq!(second.len(), PEOPLE, "one entry each: {second:?}");
    entries.extend(second);
    assert_one_log(&nodes, &entries).await;
    let stored = nodes.database.psql("SELECT count(*) FROM profile").unwrap();
    assert_eq!(stored, PEOPLE.to_string());
}

#[tokio::test]
async fn a_receipt_of_one_node_is_good_for_every_other() {
    let nodes = Nodes::start(NODES);
    let entries = at_once(&nodes, Source::ONE_CLICK, (0..CHANGES).map(|n| (n, Choice::Yes, n as i64))).await;
    for (n, entry) in entries.iter().enumerate() {
        let receipt = nodes.node(n).receipt(MAIN, *entry).await.unwrap();
        let key = VerifierKey::parse(&nodes.node(n + 1).ledger_verifier_key().unwrap()).unwrap();
        Receipt::parse(&receipt).unwrap().verify(&key).unwrap();
    }
    assert_one_log(&nodes, &entries).await;
}
