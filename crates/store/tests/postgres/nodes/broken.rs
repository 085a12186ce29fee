//! Connections that break, and nodes that go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use consent::Choice;
use store::StoreError;

use super::super::conformance::support::{MAIN, address};
use super::{Node, Nodes, eventually};

/// The connection of the node that gives entries their places.
const SEQUENCER: &str = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND (classid::bigint << 32) + objid::bigint = x'73657175656e6365'::bigint)";

#[tokio::test]
async fn another_node_goes_on_with_the_ledger() {
    let nodes = Nodes::start(3);
    let mut size = 0;
    let mut said = async |node: &Node| {
        for who in 0..10 {
            let entry = node.say(&format!("{size}-{who}@example.com"), Choice::No, 0).await.unwrap().entry;
            assert!(entry.is_some());
        }
        size += 10;
        size
    };
    let Nodes { nodes: mut all, database } = nodes;
    // Whoever seals first is the one.
    let leader = all.remove(0);
    let expected = said(&leader).await;
    assert_eq!(leader.seal_ledger().await.unwrap(), expected);
    assert_eq!(all[0].seal_ledger().await.unwrap(), expected);
    said(&all[0]).await;
    // Dropping waits for the node's threads.
    tokio::task::spawn_blocking(move || drop(leader)).await.unwrap();
    let expected = said(&all[1]).await;
    for node in &all {
        assert_eq!(node.seal_ledger().await.unwrap(), expected);
    }
    // Its connection breaks.
    let nodes = Nodes { nodes: all, database };
    for _ in 0..3 {
        assert_eq!(nodes.terminate(SEQUENCER), 1);
        let expected = said(nodes.node(0)).await;
        for node in &nodes.nodes {
            assert_eq!(node.seal_ledger().await.unwrap(), expected);
        }
    }
    let log = "SELECT count(*), min(leaf), max(leaf) FROM ledger_leaf";
    let expected = said(nodes.node(1)).await;
    nodes.node(0).seal_ledger().await.unwrap();
    assert_eq!(nodes.database.psql(log).unwrap(), format!("{expected}|0|{}", expected - 1));
    for node in &nodes.nodes {
        node.assert_sound().await;
    }
}

/// Says no for one person after another; each until it is acknowledged. Whom the store said no to meanwhile is counted.
pub async fn say_no(node: Node, task: usize, count: usize, done: Arc<AtomicUsize>) -> (Vec<String>, usize) {
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for number in 0..count {
        let who = format!("t{task}-{number}@example.com");
        loop {
            match node.say(&who, Choice::No, 0).await {
                Ok(_) => break,
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
            // Whoever is told to try later doesn't do so at once.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        acknowledged.push(who);
        done.fetch_add(1, Ordering::SeqCst);
    }
    (acknowledged, refused)
}

/// All of them are recorded.
pub async fn assert_all_said_no(node: &Node, acknowledged: &[String]) {
    for some in acknowledged.chunks(100) {
        let owners = node.resolve(MAIN, some.iter().map(|who| address(who)).collect()).await.unwrap();
        for owner in owners {
            let profile = owner.expect("an acknowledged opt-out is gone").profile;
            let word = node.profile(MAIN, profile).await.unwrap().unwrap().word;
            assert!(word.get(consent::Field::Email).is_no());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_broken_connections() {
    const TASKS: usize = 8;
    const EACH: usize = 100;
    const CUTS: usize = 5;
    let nodes = Nodes::start(2);
    let done = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(say_no(nodes.node(task).clone(), task, EACH, Arc::clone(&done))))
        .collect();
    let mut cut_off = 0;
    for cut in 1..=CUTS {
        let (done, enough) = (Arc::clone(&done), cut * TASKS * EACH / (CUTS + 1));
        eventually("the store goes on", move || done.load(Ordering::SeqCst) >= enough).await;
        cut_off += nodes.terminate("true");
    }
    assert!(cut_off > 0, "all connections of both nodes");
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap().0);
    }
    assert_eq!(acknowledged.len(), TASKS * EACH);
    assert!(nodes.terminate("true") > 0);
    for node in &nodes.nodes {
        assert_all_said_no(node, &acknowledged).await;
        node.assert_sound().await;
    }
    let entries = nodes.database.psql("SELECT count(*), count(DISTINCT profile) FROM ledger_leaf").unwrap();
    let expected = TASKS * EACH;
    assert_eq!(entries, format!("{expected}|{expected}"), "said again, it isn't recorded again");
}
