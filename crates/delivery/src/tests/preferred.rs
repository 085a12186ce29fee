//! Pauses and paces during runs.

use std::sync::Arc;
use std::time::Duration;

use consent::{Address, Exclusion, Field, Pace, PauseDays, Reason, Source, Subject, Target, Timestamp};
use store::{Delivery, DeliveryState, PreferenceChange, RunState};

use super::engine::{AllPages, CONTENT, W, World, count, emails, options, to_all};
use super::server::{ACCEPT, Answer, Server};
use super::{START, campaign_with};
use crate::campaign::Campaign;
use crate::gate::LEASE;
use crate::run::{RunSummary, run_campaign};

const DAY: Duration = Duration::from_hours(24);

/// A campaign of this name to everyone.
fn named(name: &str, category: &str, port: u16) -> Campaign {
    let head = format!("name = '{name}'\naudience = {{ all = true }}");
    campaign_with(&head, &format!("category = '{category}'"), CONTENT, port)
}

fn wish(n: usize) -> PreferenceChange {
    let address = Address::email(&format!("p{n}@x.example")).unwrap();
    PreferenceChange::new(Subject::Named(address, consent::Origin::Stranger), Source::PAGE, START)
}

impl World {
    async fn pause(&self, n: usize, until: Timestamp) {
        let change = PreferenceChange { pause_until: Some(Some(until)), ..wish(n) };
        assert!(self.store.set_preferences(W, change).await.unwrap().is_some());
    }

    async fn pace(&self, n: usize, pace: Pace) {
        let change = PreferenceChange { pace: Some(pace), ..wish(n) };
        assert!(self.store.set_preferences(W, change).await.unwrap().is_some());
    }

    async fn marketing(&self, name: &str, port: u16) -> RunSummary {
        self.run(&named(name, "marketing", port), &options()).await.unwrap()
    }

    /// Why somebody was left out of a run.
    async fn left_out(&self, summary: &RunSummary, n: usize) -> Option<Exclusion> {
        let address = Address::email(&format!("p{n}@x.example")).unwrap();
        let owner = self.store.resolve(W, vec![address]).await.unwrap().remove(0).unwrap();
        match self.store.run_outcome(W, summary.run, owner.profile).await.unwrap() {
            Some(Delivery::Excluded { reason, .. }) => Some(reason),
            _ => None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_for_a_pause_gets_no_marketing_until_it_is_over() {
    let world = World::with_people(6).await;
    world.pause(1, PauseDays::MONTH.until(START)).await;
    world.pause(2, START.plus(DAY)).await;
    world.pause(3, PauseDays::MONTH.until(START)).await;
    world.opt_out("p3@x.example", Target::Field(Field::Any)).await;
    let server = Server::accepting().await;
    let campaign = named("first", "marketing", server.port);
    let forecast = crate::forecast(&world.deps(), &campaign).await.unwrap();
    assert_eq!(
        (forecast.permitted, forecast.excluded["Paused"], forecast.excluded["OptedOutAll"]),
        (3, 2, 1)
    );
    assert!(forecast.to_string().contains("withheld: asked for a pause"), "{forecast}");
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(server.taken(), emails([0, 4, 5]));
    assert_eq!(
        (summary.state, summary.report.excluded[&Exclusion::of(Reason::Paused)]),
        (RunState::Finished, 2)
    );
    assert_eq!(world.left_out(&summary, 1).await, Some(Exclusion::of(Reason::Paused)));
    assert_eq!(
        world.left_out(&summary, 3).await,
        Some(Exclusion::of(Reason::OptedOutAll)),
        "the no is named"
    );
    // What isn't marketing goes out all the same.
    let receipts = Server::accepting().await;
    world.run(&named("receipt", "transactional", receipts.port), &options()).await.unwrap();
    assert_eq!(receipts.taken(), emails(0..6));
    world.clock.turn(DAY);
    let later = Server::accepting().await;
    world.marketing("second", later.port).await;
    assert_eq!(later.taken(), emails([0, 2, 4, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_during_a_run_holds_from_the_next_lease_on() {
    let world = World::with_people(40).await;
    let (store, clock) = (world.store.clone(), Arc::clone(&world.clock));
    let server = Server::start(move |seen| {
        let (store, clock) = (store.clone(), Arc::clone(&clock));
        async move {
            if seen.began == 1 {
                for n in 20..40 {
                    let until = Some(Some(PauseDays::MONTH.until(START)));
                    store
                        .set_preferences(W, PreferenceChange { pause_until: until, ..wish(n) })
                        .await
                        .unwrap();
                }
                clock.turn(LEASE);
            }
            ACCEPT
        }
    })
    .await;
    let mut campaign = to_all(server.port);
    crate::tests::email(&mut campaign).transport.connections_max = 1;
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(server.taken(), emails(0..20));
    assert_eq!(
        (summary.state, summary.report.excluded[&Exclusion::of(Reason::Paused)]),
        (RunState::Finished, 20)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pace_counts_the_messages_of_other_runs() {
    let world = World::with_people(4).await;
    world.pace(1, Pace::Weekly).await;
    world.pace(2, Pace::Monthly).await;
    let send = async |name: &str| {
        let server = Server::accepting().await;
        let summary = world.marketing(name, server.port).await;
        assert_eq!(summary.state, RunState::Finished);
        (server.taken(), summary)
    };
    // Whoever asked for fewer gets the first.
    assert_eq!(send("first").await.0, emails(0..4));
    world.clock.turn(DAY);
    let (taken, summary) = send("second").await;
    assert_eq!((taken, summary.report.excluded[&Exclusion::of(Reason::Capped)]), (emails([0, 3]), 2));
    assert_eq!(world.left_out(&summary, 1).await, Some(Exclusion::of(Reason::Capped)));
    let forecast = crate::forecast(&world.deps(), &named("third", "marketing", 25)).await.unwrap();
    assert_eq!((forecast.permitted, forecast.excluded["Capped"]), (2, 2));
    // Neither holds receipts back, nor do receipts count.
    let receipts = Server::accepting().await;
    world.run(&named("receipt", "transactional", receipts.port), &options()).await.unwrap();
    assert_eq!(receipts.taken(), emails(0..4));
    // A week after the first message, by the same clock on the wall.
    world.clock.turn(Duration::from_hours(6 * 24 - 1));
    assert_eq!(send("third").await.0, emails([0, 1, 3]));
    world.clock.turn(23 * DAY);
    assert_eq!(send("fourth").await.0, emails(0..4));
    // The week of the third began with it.
    world.clock.turn(DAY);
    assert_eq!(send("fifth").await.0, emails([0, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_tries_again_is_not_held_back_by_its_own_claim() {
    let world = World::with_people(3).await;
    for n in 0..3 {
        world.pace(n, Pace::Weekly).await;
    }
    let server =
        Server::start(
            |seen| async move { if seen.attempt == 1 { Answer::Reply("451 later") } else { ACCEPT } },
        )
        .await;
    let campaign = named("first", "marketing", server.port);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::Deferred)), (RunState::Open, 3));
    // Another run in between finds them taken.
    let other = Server::accepting().await;
    let capped = world.marketing("second", other.port).await;
    assert_eq!((other.taken(), capped.report.excluded[&Exclusion::of(Reason::Capped)]), (emails([]), 3));
    world.clock.turn(Duration::from_secs(61));
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 3));
    assert_eq!(server.taken(), emails(0..3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_that_runs_out_is_not_held_back_by_its_own_claim() {
    let world = World::with_people(30).await;
    for n in 0..30 {
        world.pace(n, Pace::Monthly).await;
    }
    let clock = Arc::clone(&world.clock);
    let server = Server::start(move |_| {
        let clock = Arc::clone(&clock);
        async move {
            // So slow that every other permit has run out by then.
            clock.turn(LEASE);
            ACCEPT
        }
    })
    .await;
    let summary = world.marketing("first", server.port).await;
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 30));
}

/// Campaigns that begin at the same minute walk the same people at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn of_campaigns_that_run_at_once_one_reaches_whoever_asked_for_fewer() {
    const PEOPLE: usize = 200;
    let world = World::with_people(PEOPLE).await;
    for n in 0..PEOPLE {
        world.pace(n, Pace::Weekly).await;
    }
    let server = Server::accepting().await;
    let runs: Vec<_> = (0..4)
        .map(|n| {
            let (deps, campaign) = (world.deps(), named(&format!("c{n}"), "marketing", server.port));
            tokio::spawn(async move {
                run_campaign(&deps, &campaign, &options(), &AllPages, Arc::new(|_| ())).await.unwrap()
            })
        })
        .collect();
    let (mut sent, mut capped) = (0, 0);
    for run in runs {
        let summary = run.await.unwrap();
        assert_eq!(summary.state, RunState::Finished);
        sent += count(&summary, DeliveryState::Sent);
        capped += summary.report.excluded.get(&Exclusion::of(Reason::Capped)).copied().unwrap_or_default();
    }
    assert_eq!(server.taken(), emails(0..PEOPLE), "each once");
    assert_eq!((sent, capped), (PEOPLE as u64, 3 * PEOPLE as u64));
}
