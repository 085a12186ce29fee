//! Nodes that share a run.

use std::collections::BTreeSet;

use consent::{AddressId, ProfileId, RunId};
use store::{
    ClaimId, DeliveryState, NewClaim, NewRun, Offer, Outcome, Part, RunGuard, Settlement, StoreError,
};

use super::super::conformance::support::MAIN;
use super::{NOW, Node, Nodes};

/// Enough for three parts.
const AUDIENCE: i64 = 20_000;
/// Profiles in one claim.
const BATCH: usize = 500;
/// The connections that hold parts of runs.
const HOLDERS: &str = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND (classid::bigint << 32) + objid::bigint <> x'73657175656e6365'::bigint)";

async fn start(node: &Node) -> RunId {
    let configuration = node.put_configuration(MAIN, "mail", "body", NOW).await.unwrap().id;
    let run = NewRun {
        campaign: "spring".to_owned(),
        configuration,
        list: None,
        fingerprint: "f".to_owned(),
        spec: "{}".to_owned(),
        audience: (1..=AUDIENCE.cast_unsigned()).collect(),
        created_at: NOW,
    };
    node.create_run(MAIN, run).await.unwrap().id
}

async fn take(node: &Node, run: RunId) -> (Part, RunGuard) {
    match node.take_part(MAIN, run, NOW).await.unwrap() {
        Offer::Part { part, guard } => (part, guard),
        other => panic!("{other:?}"),
    }
}

/// Claims the next batch of a part; whom.
async fn claim(node: &Node, run: RunId, part: &Part, after: i64) -> store::Result<(ClaimId, Vec<i64>)> {
    let last = (after + BATCH as i64).min(part.until.0);
    let whom: Vec<i64> = (after + 1..=last).collect();
    let claim = NewClaim {
        run,
        part: part.reference(),
        permitted: whom.iter().map(|id| (ProfileId(*id), AddressId(*id))).collect(),
        paced: vec![],
        deferred: vec![],
        excluded: vec![],
        cursor: Some(ProfileId(last)),
        at: NOW,
    };
    Ok((node.claim(MAIN, claim).await?.id, whom))
}

async fn settle(node: &Node, claim: ClaimId, whom: &[i64]) -> store::Result<()> {
    let outcome = |id: &i64| Outcome {
        profile: ProfileId(*id),
        address: AddressId(*id),
        state: DeliveryState::Sent,
        at: NOW,
        code: 250,
        detail: None,
        due_at: None,
    };
    let outcomes = whom.iter().map(outcome).collect();
    node.settle(MAIN, Settlement { claim, outcomes, deferred: vec![], excluded: vec![], at: NOW }).await
}

#[tokio::test]
async fn a_node_that_lost_a_part_is_fenced_off() {
    let nodes = Nodes::start(2);
    let (a, b) = (nodes.node(0), nodes.node(1));
    let run = start(a).await;
    let (lost, _guard) = take(a, run).await;
    let (other, _other) = take(b, run).await;
    assert_ne!(lost.number, other.number);
    let (open, whom) = claim(a, run, &lost, lost.position().0).await.unwrap();
    // B has the third part too; then A's lock goes with its connection, without A noticing.
    let (third, _third) = take(b, run).await;
    let key = MAIN.0 << 44 | run.0 << 22 | i64::from(lost.number);
    let holder = format!(
        "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'
         AND (classid::bigint << 32) + objid::bigint = {key})"
    );
    assert_eq!(nodes.terminate(&holder), 1);
    let (taken, _taken) = loop {
        match b.take_part(MAIN, run, NOW).await.unwrap() {
            Offer::Part { part, guard } => break (part, guard),
            // The server hasn't ended the connection yet.
            Offer::Busy => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((taken.number, taken.cursor), (lost.number, Some(ProfileId(*whom.last().unwrap()))));
    assert!(taken.generation > lost.generation && third.number != taken.number);
    let late = claim(a, run, &lost, *whom.last().unwrap()).await;
    assert!(matches!(late, Err(StoreError::Busy(_))), "{late:?}");
    let found = b.open_claims(MAIN, run, taken.number).await.unwrap();
    assert_eq!(found.iter().map(|claim| claim.id).collect::<Vec<_>>(), [open]);
    assert_eq!(b.doubt(MAIN, open, NOW).await.unwrap(), whom.len() as u64);
    let late = settle(a, open, &whom).await;
    assert!(matches!(late, Err(StoreError::Missing(_))), "{late:?}");
    let report = a.run_report(MAIN, run).await.unwrap();
    assert_eq!(report.deliveries, [(DeliveryState::InDoubt, whom.len() as u64)].into());
}

/// Works on a run until nothing is left, as a sender does; whoever is claimed, and how often the node was put off.
async fn work(node: Node, run: RunId) -> (Vec<i64>, usize) {
    let (mut claimed, mut put_off) = (Vec::new(), 0);
    loop {
        let (part, _guard) = match node.take_part(MAIN, run, NOW).await {
            Ok(Offer::Part { part, guard }) => (part, guard),
            Ok(Offer::Busy) | Err(StoreError::Unavailable(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                continue;
            }
            Ok(_) => return (claimed, put_off),
            Err(error) => panic!("{error}"),
        };
        match walk(&node, run, &part, &mut claimed).await {
            Ok(()) => {}
            Err(StoreError::Busy(_) | StoreError::Missing(_) | StoreError::Unavailable(_)) => put_off += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn walk(node: &Node, run: RunId, part: &Part, claimed: &mut Vec<i64>) -> store::Result<()> {
    for found in node.open_claims(MAIN, run, part.number).await? {
        node.doubt(MAIN, found.id, NOW).await?;
    }
    let mut after = part.position().0;
    while after < part.until.0 {
        let (claim, whom) = claim(node, run, part, after).await?;
        after = *whom.last().unwrap();
        claimed.extend(&whom);
        settle(node, claim, &whom).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_claimed_twice_while_parts_change_hands() {
    const CUTS: u64 = 6;
    let nodes = Nodes::start(2);
    let run = start(nodes.node(0)).await;
    let workers: Vec<_> = (0..3).map(|n| tokio::spawn(work(nodes.node(n).clone(), run))).collect();
    let deliveries = "SELECT count(*) FROM delivery";
    for cut in 1..=CUTS {
        let enough = AUDIENCE.cast_unsigned() * cut / (CUTS + 1);
        while nodes.database.psql(deliveries).unwrap().parse::<u64>().unwrap() < enough {}
        // The second time all connections, not just the locks'.
        nodes.terminate(if cut % 2 == 0 { "true" } else { HOLDERS });
    }
    let (mut claimed, mut put_off) = (Vec::new(), 0);
    for worker in workers {
        let (whom, times) = worker.await.unwrap();
        claimed.extend(whom);
        put_off += times;
    }
    assert!(put_off > 0, "a part changed hands");
    let once: BTreeSet<i64> = claimed.iter().copied().collect();
    assert_eq!(once.len(), claimed.len(), "claimed twice");
    let report = nodes.node(1).run_report(MAIN, run).await.unwrap();
    assert_eq!(report.deliveries.values().sum::<u64>(), AUDIENCE.cast_unsigned(), "{report:?}");
    assert!(nodes.node(1).finish_run_if_done(MAIN, run, NOW).await.unwrap());
}
