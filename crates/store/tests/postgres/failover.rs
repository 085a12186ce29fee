//! Fail-over to a synchronous standby: nothing acknowledged is lost (I2), and a primary that was replaced without
//! noticing answers nobody (I1).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use consent::{Choice, Field};
use store::{Recorded, StoreError};
use tokio::task::JoinHandle;
use xtask::servers::{Cluster, ClusterOptions, StopMode};

use super::conformance::support::MAIN;
use super::nodes::broken::{assert_all_said_no, say_no};
use super::nodes::{Node, eventually};

/// The database of these tests.
const DATABASE: &str = "consentry";
/// Connections whose commit waits for the standby.
const WAITING: &str = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'consentry'";

fn primary() -> Cluster {
    let options = ClusterOptions { durable: false, ..ClusterOptions::default() };
    let cluster =
        Cluster::start(&options).unwrap().expect("PostgreSQL's programs are installed by `cargo xtask test`");
    cluster.create_database(DATABASE, "template0").unwrap();
    cluster
}

/// Says no, which isn't acknowledged for now: waits until its commit waits for the standby.
async fn say_no_in_vain(
    node: &Node,
    who: &'static str,
    server: &Cluster,
) -> JoinHandle<store::Result<Recorded>> {
    let count = format!("SELECT count(*) {WAITING}");
    let before: u32 = server.psql(&count).unwrap().parse().unwrap();
    let saying = node.clone();
    let said = tokio::spawn(async move { saying.say(who, Choice::No, 1).await });
    let server = (**server).clone();
    eventually("the commit waits for the standby", move || {
        server.psql(&count).unwrap().parse::<u32>().unwrap() > before
    })
    .await;
    assert!(!said.is_finished());
    said
}

fn assert_unavailable<T: std::fmt::Debug>(answer: &store::Result<T>) {
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_standby_a_primary_acknowledges_nothing() {
    let primary = primary();
    // The node is there before the standby is: what a primary waits for can change at any time.
    let node = Node::open(&primary.url(DATABASE), None);
    let person = node.say("a@example.com", Choice::Yes, 0).await.unwrap().profile;
    let standby = primary.standby(true).unwrap();
    node.say("b@example.com", Choice::Yes, 0).await.unwrap();

    standby.stop(StopMode::Fast).unwrap();
    let said = say_no_in_vain(&node, "b@example.com", &primary).await;
    // Cancelled, the commit counts at the primary, and only there.
    primary.psql(&format!("SELECT pg_cancel_backend(pid) {WAITING}")).unwrap();
    assert_unavailable(&said.await.unwrap());
    // Said again there is nothing to write, and still it isn't acknowledged before the standby has it.
    let again = say_no_in_vain(&node, "b@example.com", &primary).await;
    let entry = "SELECT count(*) FROM ledger_event";
    assert_eq!(primary.psql_in(DATABASE, entry).unwrap(), "3");
    standby.start().unwrap();
    assert_eq!(again.await.unwrap().unwrap().entry, None);
    assert_eq!(standby.psql_in(DATABASE, entry).unwrap(), "3");
    assert_eq!(node.reading(person).await.unwrap().recipient.profile.get(Field::Email), Choice::Yes);
    node.assert_sound().await;

    // The standby takes over, and the old primary stays up, with the node connected to it.
    standby.promote().unwrap();
    let new = Node::open(&standby.url(DATABASE), Some(&node));
    assert!(new.say("a@example.com", Choice::No, 1).await.unwrap().entry.is_some());
    assert!(new.reading(person).await.unwrap().recipient.profile.get(Field::Email).is_no());
    let late = say_no_in_vain(&node, "c@example.com", &primary).await;
    let reading = node.reading(person).await;
    assert_unavailable(&reading);
    // What the decision must not stand on is still there.
    let held = node.profile(MAIN, person).await.unwrap().unwrap();
    assert_eq!(held.word.get(Field::Email), Choice::Yes);
    assert_unavailable(&late.await.unwrap());
    // What was given up has been ended; only the sequencer still tries there.
    let (server, count) = ((*primary).clone(), format!("SELECT count(*) {WAITING}"));
    eventually("the server was told", move || server.psql(&count).unwrap().parse::<u32>().unwrap() <= 1)
        .await;
    assert_unavailable(&node.reading(person).await);
    primary.kill9_postmaster().unwrap();
    new.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_fail_over_the_store_goes_on_by_itself() {
    const TASKS: usize = 4;
    const EACH: usize = 150;
    let primary = primary();
    let standby = primary.standby(true).unwrap();
    let url = primary.url_with(&standby, DATABASE);
    let first = Node::open(&url, None);
    let nodes = [first.clone(), Node::open(&url, Some(&first))];
    let done = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(say_no(nodes[task % 2].clone(), task, EACH, Arc::clone(&done))))
        .collect();
    let counted = Arc::clone(&done);
    eventually("the store works", move || counted.load(Ordering::SeqCst) >= TASKS * EACH / 3).await;
    let sealed = first.seal_ledger().await.unwrap();
    assert!(sealed > 0);
    primary.kill9_postmaster().unwrap();
    standby.promote().unwrap();
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let (who, times) = task.await.unwrap();
        acknowledged.extend(who);
        refused += times;
    }
    assert_eq!(acknowledged.len(), TASKS * EACH);
    assert!(refused > 0, "the primary died while people said no");
    for node in &nodes {
        assert_all_said_no(node, &acknowledged).await;
        assert_eq!(node.seal_ledger().await.unwrap(), (TASKS * EACH) as u64);
        node.assert_sound().await;
    }
    let checkpoints = nodes.each_ref().map(|node| std::fs::read(node.file("ledger/checkpoint")).unwrap());
    assert_eq!(checkpoints[0], checkpoints[1]);
}
