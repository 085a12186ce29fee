//! Relays that refuse everybody, and connections that break off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::{DeliveryState, RunState};

use super::engine::{W, World, count, emails, options, to_all};
use super::server::{ACCEPT, Answer, Server};
use crate::error::DeliveryError;
use crate::run::RunOptions;
use crate::standing::REFUSED_MAX;

/// Turns a world's clock, since those who are refused wait by it.
fn ticking(world: &World) -> tokio::task::JoinHandle<()> {
    let clock = Arc::clone(&world.clock);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            clock.turn(Duration::from_millis(200));
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_refuses_everybody_stops_the_run_which_goes_on_once_that_is_mended() {
    for people in [200, 3] {
        let world = World::with_people(people).await;
        let mended = Arc::new(AtomicBool::new(false));
        let takes = Arc::clone(&mended);
        let server = Server::start(move |_| {
            let takes = takes.load(Ordering::SeqCst);
            async move {
                if takes { ACCEPT } else { Answer::Reply("550 5.7.1 <p1@x.example>: Relay access denied") }
            }
        })
        .await;
        let (campaign, turning) = (to_all(server.port), ticking(&world));
        let error = world.run(&campaign, &options()).await.unwrap_err();
        let DeliveryError::Refused { refused, reply } = &error else { panic!("{error:?}") };
        assert!(*refused == REFUSED_MAX.min(people), "{refused}");
        assert_eq!(reply, "550 5.7.1 … Relay access denied");
        assert!(error.hint().unwrap().contains("doesn't know you"));
        assert!(server.began() <= 2 * REFUSED_MAX, "{} were tried", server.began());
        let run = world.store.latest_run(W, &campaign.name).await.unwrap().unwrap();
        assert_eq!(run.state, RunState::Open);
        let query = store::EntryQuery { limit: 9, ..Default::default() };
        assert!(world.store.suppressions(W, query).await.unwrap().entries.is_empty());
        assert!(world.store.feedback_counts(W, Some(run.id)).await.unwrap().is_empty());
        mended.store(true, Ordering::SeqCst);
        let waiting = RunOptions { wait_for_retries: true, ..options() };
        let summary = world.run(&campaign, &waiting).await.unwrap();
        turning.abort();
        assert_eq!((summary.state, server.taken()), (RunState::Finished, emails(0..people)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_refused_among_others_is_rejected_and_not_suppressed() {
    let world = World::with_people(30).await;
    let server = Server::start(|seen| async move {
        if seen.to.starts_with("p7@") { Answer::Reply("550 5.7.1 not from you") } else { ACCEPT }
    })
    .await;
    let turning = ticking(&world);
    let summary = world.run(&to_all(server.port), &options()).await.unwrap();
    turning.abort();
    assert_eq!((summary.state, count(&summary, DeliveryState::Rejected)), (RunState::Finished, 1));
    assert_eq!(count(&summary, DeliveryState::Sent), 29);
    let query = store::EntryQuery { limit: 9, ..Default::default() };
    assert!(world.store.suppressions(W, query).await.unwrap().entries.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_off_is_told_from_a_process_that_died() {
    let world = World::with_people(4).await;
    let server =
        Server::start(
            |seen| async move { if seen.to.starts_with("p2@") { Answer::DropAfter } else { ACCEPT } },
        )
        .await;
    let summary = world.run(&to_all(server.port), &options()).await.unwrap();
    assert_eq!((summary.doubtful_now, summary.doubtful_found), (1, 0));
    assert_eq!(count(&summary, DeliveryState::InDoubt), 1);
}
