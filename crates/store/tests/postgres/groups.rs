//! Changes that share a transaction do what they would do one after the other.
use std::time::Duration;

use consent::{Choice, ProfileId, Source, Subject};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio_postgres::{Client, NoTls};

use super::acts::{Act, Side, any_act, time};
use super::conformance::support::{MAIN, change, email, named};
use super::{database, sqlite_world, world_on};

/// Sequences that are tried.
const CASES: u32 = 12;
/// Groups of a sequence, and requests of each.
const GROUPS: usize = 4;
const GROUP: usize = 12;
/// How often it is looked whether a connection waits.
const INTERVAL: Duration = Duration::from_millis(5);

/// Keeps a profile's row, so that who changes it waits.
struct Blocker {
    client: Client,
    profile: ProfileId,
}

impl Blocker {
    async fn connect(url: &str, profile: ProfileId) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self { client, profile }
    }

    async fn block(&self) {
        let lock = format!("BEGIN; SELECT FROM profile WHERE id = {} FOR UPDATE", self.profile.0);
        self.client.batch_execute(&lock).await.unwrap();
    }

    async fn release(&self) {
        self.client.batch_execute("ROLLBACK").await.unwrap();
    }

    /// Transactions that wrote the entries of a step.
    async fn transactions_of(&self, step: usize) -> i64 {
        const COUNT: &str = "SELECT count(DISTINCT xmin::TEXT) FROM ledger_event WHERE received_at = $1";
        self.client.query_one(COUNT, &[&time(step).0]).await.unwrap().get(0)
    }

    /// Waits until so many connections wait for a lock.
    async fn until_waiting(&self, count: i64) {
        const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while self.client.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) != count {
            tokio::time::sleep(INTERVAL).await;
            // Within a transaction the view is as it was when it was first looked at.
            self.client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
        }
    }
}

/// Makes requests that share one transaction, in this order: both threads that change consent are kept waiting until
/// all have queued up, and one of them is let go.
async fn together(side: &mut Side, blockers: &[Blocker; 2], acts: &[Act], step: usize) -> Vec<String> {
    let mut requests = Vec::new();
    for act in acts {
        requests.extend(side.request(act, step).await);
    }
    let mut blocked = Vec::new();
    for (blocker, waiting) in blockers.iter().zip(1..) {
        blocker.block().await;
        let (store, subject) = (side.world.store.clone(), Subject::Profile(blocker.profile));
        let at = side.world.tick();
        blocked.push(tokio::spawn(async move {
            let change = change(subject, email(), Choice::No, Source::IMPORT, at);
            store.record(MAIN, vec![change]).await.unwrap();
        }));
        blocker.until_waiting(waiting).await;
    }
    let answers = join_all(requests.into_iter().map(|request| side.ask(request)));
    // The first is polled first, and so are all requests in it.
    let (answers, ()) = tokio::join!(answers, blockers[0].release());
    blockers[1].release().await;
    for blocked in blocked {
        blocked.await.unwrap();
    }
    answers.into_iter().map(|answer| side.told(answer)).collect()
}

async fn one_by_one(side: &mut Side, acts: &[Act], step: usize) -> Vec<String> {
    let mut requests = Vec::new();
    for act in acts {
        requests.extend(side.request(act, step).await);
    }
    let mut told = Vec::new();
    for request in requests {
        let answer = side.ask(request).await;
        told.push(side.told(answer));
    }
    told
}

async fn compare(acts: &[Act]) -> Result<(), TestCaseError> {
    let database = database();
    let url = database.url();
    let mut single = Side::new(sqlite_world(), 1).await;
    let mut grouped = Side::new(world_on(database), 1).await;
    let mut blocked = Vec::new();
    for who in ["blocked1@example.org", "blocked2@example.org"] {
        blocked.push(grouped.world.opt_out(named(who), email()).await.profile);
    }
    let blockers = [Blocker::connect(&url, blocked[0]).await, Blocker::connect(&url, blocked[1]).await];
    for (step, group) in acts.chunks(GROUP).enumerate() {
        let expected = one_by_one(&mut single, group, step).await;
        let told = together(&mut grouped, &blockers, group, step).await;
        prop_assert!(blockers[0].transactions_of(step).await <= 1);
        prop_assert_eq!(&told, &expected, "answers to group {}: {:?}", step, group);
        let (expected, seen) = (single.seen().await, grouped.seen().await);
        prop_assert_eq!(&seen, &expected, "after group {}: {:?}", step, group);
    }
    prop_assert_eq!(grouped.world.store.check().await.unwrap(), Vec::<String>::new());
    Ok(())
}

#[test]
fn a_shared_transaction_is_like_one_for_each() {
    let config = ProptestConfig { cases: CASES, max_shrink_iters: 20, ..ProptestConfig::default() };
    let acts = proptest::collection::vec(any_act(), GROUP * GROUPS);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(config)
        .run(&acts, |acts| runtime.block_on(compare(&acts)))
        .unwrap_or_else(|error| panic!("{error}"));
}
