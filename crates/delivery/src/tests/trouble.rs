//! Runs with the real store and a real connection: what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use consent::{Exclusion, Field, Reason, Target};
use store::{DeliveryState, RunState};

use super::campaign_with;
use super::engine::{CONTENT, W, World, count, emails, opt_out, options, to_all};
use super::server::{ACCEPT, Answer, Server};
use crate::error::DeliveryError;
use crate::run::RunOptions;

#[tokio::test(flavor = "multi_thread")]
async fn refused_for_now_is_tried_again_until_it_is_taken() {
    let world = World::with_people(20).await;
    let server = Server::start(|seen| async move {
        match (seen.to.as_str(), seen.attempt) {
            ("p3@x.example", 1 | 2) => Answer::Reply("451 4.7.1 later"),
            _ => ACCEPT,
        }
    })
    .await;
    let campaign = to_all(server.port);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::Deferred)), (RunState::Open, 1));
    // Not yet due: nothing happens.
    assert_eq!(world.run(&campaign, &options()).await.unwrap().state, RunState::Open);
    assert_eq!(server.began(), 20);
    world.clock.turn(Duration::from_secs(61));
    assert_eq!(world.run(&campaign, &options()).await.unwrap().state, RunState::Open);
    world.clock.turn(Duration::from_secs(601));
    assert_eq!(world.run(&campaign, &options()).await.unwrap().state, RunState::Finished);
    assert_eq!(server.taken(), emails(0..20));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_decided_again_before_each_attempt() {
    let world = World::with_people(2).await;
    let server =
        Server::start(
            |seen| async move { if seen.attempt == 1 { Answer::Reply("451 later") } else { ACCEPT } },
        )
        .await;
    let campaign = to_all(server.port);
    world.run(&campaign, &options()).await.unwrap();
    world.opt_out("p0@x.example", Target::Field(Field::Any)).await;
    world.clock.turn(Duration::from_secs(61));
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(server.taken(), emails([1]));
    assert_eq!(
        (summary.state, summary.report.excluded[&Exclusion::of(Reason::OptedOutAll)]),
        (RunState::Finished, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_retries_when_told_to() {
    let world = World::with_people(5).await;
    let clock = Arc::clone(&world.clock);
    let server = Server::start(move |seen| {
        // Each refusal brings the next attempt nearer.
        clock.turn(Duration::from_secs(61));
        async move { if seen.attempt == 1 { Answer::Reply("451 later") } else { ACCEPT } }
    })
    .await;
    let turning = Arc::clone(&world.clock);
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            turning.turn(Duration::from_millis(500));
        }
    });
    let options = RunOptions { wait_for_retries: true, ..options() };
    let summary = world.run(&to_all(server.port), &options).await.unwrap();
    ticking.abort();
    assert_eq!((summary.state, server.taken()), (RunState::Finished, emails(0..5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_come_to_an_end() {
    let world = World::with_people(1).await;
    let server = Server::start(|_| async { Answer::Reply("451 never") }).await;
    let configuration = "category = 'marketing'\nretry = { delays = ['1s', '7h'], period = '6h' }";
    let campaign =
        campaign_with("name = 'x'\naudience = { all = true }", configuration, CONTENT, server.port);
    world.run(&campaign, &options()).await.unwrap();
    world.clock.turn(Duration::from_secs(2));
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::GivenUp)), (RunState::Finished, 1));
    assert_eq!(server.began(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_for_good_is_recorded_with_the_reason() {
    let world = World::with_people(4).await;
    let server = Server::start(|seen| async move {
        if seen.to.starts_with("p2") { Answer::Reply("550 5.1.1 unknown") } else { ACCEPT }
    })
    .await;
    let summary = world.run(&to_all(server.port), &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::Rejected)), (RunState::Finished, 1));
    let rejected =
        world.store.deliveries(W, summary.run, Some(DeliveryState::Rejected), None, 9).await.unwrap();
    let store::Delivery::Message { code, detail, .. } = &rejected[0] else { panic!("{rejected:?}") };
    assert_eq!(*code, 550);
    assert_eq!(detail.as_deref(), Some("5.1.1 unknown"));
    // What was refused is known from now on, as if it had bounced.
    let entries = world
        .store
        .suppressions(W, store::EntryQuery { limit: 9, ..Default::default() })
        .await
        .unwrap()
        .entries;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert!(entry.value.starts_with("p2"), "{}", entry.value);
    assert_eq!(entry.category, store::SuppressionCategory::Hard);
    let back = world.store.feedback_counts(W, Some(summary.run)).await.unwrap();
    assert_eq!(
        back.iter().map(|back| (back.kind.as_str(), back.count)).collect::<Vec<_>>(),
        [("hard_bounce", 1)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_before_the_end_costs_nothing() {
    let world = World::with_people(30).await;
    let server = Server::start(|seen| async move {
        if seen.attempt == 1 && seen.to.len() == 13 { Answer::DropBefore } else { ACCEPT }
    })
    .await;
    let summary = world.run(&to_all(server.port), &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 30));
    assert_eq!(server.taken(), emails(0..30));
    assert!(server.began() > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_after_the_end_leaves_a_doubt() {
    let world = World::with_people(10).await;
    let server = Server::start(|seen| async move {
        if seen.attempt == 1 && seen.to.starts_with("p4") { Answer::DropAfter } else { ACCEPT }
    })
    .await;
    let campaign = to_all(server.port);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::InDoubt)), (RunState::Finished, 1));
    assert_eq!(server.began(), 10, "never sent again by itself");
    let summary = world.run(&campaign, &RunOptions { retry_doubtful: true, ..options() }).await.unwrap();
    assert_eq!(
        (summary.state, summary.doubtful_retried, count(&summary, DeliveryState::Sent)),
        (RunState::Finished, 1, 10)
    );
    assert_eq!(server.began(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_during_the_run_holds_from_the_next_lease_on() {
    let world = World::with_people(100).await;
    let (store, clock) = (world.store.clone(), Arc::clone(&world.clock));
    let server = Server::start(move |seen| {
        let (store, clock) = (store.clone(), Arc::clone(&clock));
        async move {
            if seen.began == 1 {
                for n in 50..100 {
                    opt_out(&store, &format!("p{n}@x.example"), Target::Field(Field::Email)).await;
                }
                // Every permit given before the opt-outs has run out now.
                clock.turn(crate::gate::LEASE);
            }
            ACCEPT
        }
    })
    .await;
    let configuration = "category = 'marketing'";
    let mut campaign =
        campaign_with("name = 'spring'\naudience = { all = true }", configuration, CONTENT, server.port);
    crate::tests::email(&mut campaign).transport.connections_max = 1;
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(server.taken(), emails(0..50));
    assert_eq!(summary.report.excluded[&Exclusion::of(Reason::OptedOutChannel)], 50);
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_down_fails_nobody() {
    let world = World::with_people(10).await;
    let port = { Server::accepting().await.port };
    let error = world.run(&to_all(port), &options()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Transport(_)), "{error}");
    let run = world.store.latest_run(W, "spring").await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Open);
    let report = world.store.run_report(W, run.id).await.unwrap();
    assert!(report.deliveries.keys().all(|state| *state == DeliveryState::Deferred), "{report:?}");
    let server = Server::accepting().await;
    let summary = world.run(&to_all(server.port), &options()).await.unwrap();
    assert_eq!((summary.state, summary.doubtful_found), (RunState::Finished, 0));
    assert_eq!(server.taken(), emails(0..10));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_run_is_not_resumed_with_other_content() {
    let world = World::with_people(1).await;
    let server = Server::start(|_| async { Answer::Reply("451 later") }).await;
    world.run(&to_all(server.port), &options()).await.unwrap();
    let other = CONTENT.replace("Dear", "Hey");
    let other = campaign_with(
        "name = 'spring'\naudience = { all = true }",
        "category = 'marketing'",
        &other,
        server.port,
    );
    assert!(matches!(world.run(&other, &options()).await, Err(DeliveryError::OtherContent { .. })));
}
