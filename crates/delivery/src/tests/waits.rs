//! Messages that wait because the decision says so.

use std::sync::Arc;
use std::time::Duration;

use consent::decide::Limit;
use consent::{Address, Clock as _, Deferral, Detail, Exclusion, Reason};
use store::{Delivery, DeliveryState, RunState};

use super::engine::{W, World, count, emails, to_all};
use super::nodes::{node, shared};
use super::server::{ACCEPT, Server};
use super::{START, email};
use crate::gate::LEASE;
use crate::run::Deps;

const HOUR: Duration = Duration::from_hours(1);
const QUIET: Exclusion = Exclusion { reason: Reason::QuietHours, detail: Detail(7) };

fn person(n: usize) -> String {
    format!("p{n}@x.example")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_waits_for_the_end_of_quiet_hours_and_goes_out_then() {
    let world = World::with_people(4).await;
    let (store, faults) = shared(&world);
    let until = START.plus(HOUR);
    faults.quiet(&person(0), Some(Limit::Until(until, Detail(7))));
    faults.quiet(&person(1), Some(Limit::Over(Detail(9))));
    let server = Server::accepting().await;
    let campaign = to_all(server.port);
    let deps = Deps { store: store.clone(), ..world.deps() };
    let forecast = crate::forecast(&deps, &campaign).await.unwrap();
    assert_eq!(
        (forecast.permitted, forecast.deferred["QuietHours(7)"], forecast.excluded["QuietHours(9)"]),
        (2, 1, 1)
    );
    assert!(forecast.to_string().contains("waits: quiet hours at the recipient (7)"), "{forecast}");
    let summary = node(&world, &store, &campaign).await.unwrap();
    assert_eq!(server.taken(), emails([2, 3]));
    assert_eq!((summary.state, count(&summary, DeliveryState::Deferred)), (RunState::Open, 1));
    assert_eq!(summary.report.waiting, [(QUIET, 1)].into());
    assert_eq!(summary.report.excluded, [(Exclusion { detail: Detail(9), ..QUIET }, 1)].into());
    let owner = store.resolve(W, vec![Address::email(&person(0)).unwrap()]).await.unwrap().remove(0).unwrap();
    let told = store.run_outcome(W, summary.run, owner.profile).await.unwrap();
    let waits = Some(Deferral { until, cause: QUIET });
    assert!(
        matches!(told, Some(Delivery::Message { waits: told, attempts: 0, .. }) if told == waits),
        "{told:?}"
    );
    // Resumed too early, nothing happens. When the time has come it is decided anew.
    world.clock.turn(HOUR / 2);
    node(&world, &store, &campaign).await.unwrap();
    assert_eq!(server.taken(), emails([2, 3]));
    world.clock.turn(HOUR);
    faults.quiet(&person(0), None);
    faults.quiet(&person(1), None);
    let summary = node(&world, &store, &campaign).await.unwrap();
    assert_eq!(server.taken(), emails([0, 2, 3]));
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 3));
    assert_eq!(summary.report.waiting, [].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_quiet_hours_begin_before_hand_off_waits() {
    let world = World::with_people(40).await;
    let (store, faults) = shared(&world);
    let (faults, clock) = (Arc::clone(&faults), Arc::clone(&world.clock));
    let server = Server::start(move |seen| {
        if seen.began == 1 {
            let until = clock.now().plus(HOUR);
            (20..40).for_each(|n| faults.quiet(&person(n), Some(Limit::Until(until, Detail(7)))));
            clock.turn(LEASE);
        }
        async { ACCEPT }
    })
    .await;
    let mut campaign = to_all(server.port);
    email(&mut campaign).transport.connections_max = 1;
    let summary = node(&world, &store, &campaign).await.unwrap();
    assert_eq!(server.taken(), emails(0..20));
    assert_eq!(summary.report.waiting, [(QUIET, 20)].into());
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Open, 20));
}
