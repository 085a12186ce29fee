//! Feedback that reaches several nodes at once: a provider sends an event again when the answer is slow, and the next
//! request may go to another node.

use consent::{BounceReason, Namespace, Timestamp};
use store::{Feedback, FeedbackId, FeedbackKind, StoreError, SuppressionCategory, Taken};

use super::super::conformance::support::{MAIN, feedback, suppressed};
use super::{NOW, Node, Nodes};

const DAY: i64 = 24 * 3_600 * 1_000_000;
const FULL: FeedbackKind = FeedbackKind::Bounced { reason: BounceReason::MailboxFull, hard: false };

/// Takes it, again when the node asks to.
async fn take(node: Node, pieces: Vec<Feedback>) -> Vec<Taken> {
    loop {
        match node.take_feedback(MAIN, pieces.clone()).await {
            Err(StoreError::Conflict) => {}
            taken => return taken.unwrap(),
        }
    }
}

/// Sends every group to a node at once; what was answered, in order.
async fn at_once(nodes: &Nodes, groups: Vec<Vec<Feedback>>) -> Vec<Vec<Taken>> {
    let tasks: Vec<_> = groups
        .into_iter()
        .enumerate()
        .map(|(n, pieces)| tokio::spawn(take(nodes.node(n).clone(), pieces)))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn each_piece_is_taken_by_one_node() {
    const PIECES: u8 = 40;
    let nodes = Nodes::start(2);
    let hard = FeedbackKind::Bounced { reason: BounceReason::UserUnknown, hard: true };
    let piece = |n: u8| feedback(n, hard, &format!("p{}@example.com", n % 7), NOW);
    let mut pieces: Vec<_> = (0..PIECES).map(piece).collect();
    let mut groups = Vec::new();
    for _ in 0..8 {
        groups.push(pieces.clone());
        pieces.rotate_left(11);
    }
    let answers = at_once(&nodes, groups.clone()).await;
    for id in 0..PIECES {
        let of = groups.iter().flatten().zip(answers.iter().flatten());
        let taken =
            of.filter(|(piece, taken)| piece.id == FeedbackId([id; 16]) && **taken != Taken::Repeated);
        let taken: Vec<_> = taken.map(|(_, taken)| *taken).collect();
        assert_eq!(taken, [Taken::Suppressed(SuppressionCategory::Hard)], "{id}");
    }
    let counts = nodes.node(1).feedback_counts(MAIN, None).await.unwrap();
    assert_eq!((counts.len(), counts[0].count), (1, u64::from(PIECES)));
}

#[tokio::test]
async fn soft_bounces_taken_by_several_nodes_are_counted_once_each() {
    let nodes = Nodes::start(2);
    let bounce = |n: u8| feedback(n, FULL, "full@example.com", Timestamp(NOW.0 - i64::from(n) * DAY));
    // Four of five, each of them three times.
    let answers = at_once(&nodes, (0..12).map(|n| vec![bounce(n % 4)]).collect()).await;
    let kept = answers.iter().filter(|taken| taken[0] == Taken::Kept).count();
    assert_eq!((kept, answers.len()), (4, 12), "{answers:?}");
    let entries = nodes.node(0).suppression(MAIN, &Namespace::Email, "full@example.com").await.unwrap();
    assert!(entries.is_empty(), "{entries:?}");
    let last = take(nodes.node(1).clone(), vec![bounce(4)]).await;
    assert_eq!(last, [Taken::Suppressed(SuppressionCategory::Soft)]);
    let entries = nodes.node(0).suppression(MAIN, &Namespace::Email, "full@example.com").await.unwrap();
    assert!(entries[0].reason.starts_with("5 soft bounces"), "{entries:?}");
}

/// Until the planner knows of a bulk, it walks the whole list at each reading.
#[tokio::test]
async fn the_planner_is_told_of_a_list_that_has_grown() {
    let nodes = Nodes::start(1);
    let store = nodes.node(0);
    store.suppress(MAIN, vec![suppressed("first@example.com", NOW)]).await.unwrap();
    nodes
        .database
        .psql("ALTER TABLE suppression SET (autovacuum_enabled = off); ANALYZE suppression")
        .unwrap();
    let known = || -> f64 {
        let count = "SELECT reltuples FROM pg_class WHERE relname = 'suppression'";
        nodes.database.psql(count).unwrap().trim().parse().unwrap()
    };
    assert_eq!(known() as i64, 1);
    for batch in 0..8 {
        let entries = (0..1_000).map(|n| suppressed(&format!("{batch}.{n}@example.com"), NOW));
        store.suppress(MAIN, entries.collect()).await.unwrap();
    }
    assert!(known() > 3_000.0, "{}", known());
}
