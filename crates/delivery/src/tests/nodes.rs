//! Several nodes on one run.

use std::sync::Arc;

use consent::ProfileId;
use store::{AddressOwner, DeliveryState, Faults, NewClaim, Offer, RunState, Store};

use super::engine::{AllPages, W, World, count, emails, options, to_all};
use super::server::Server;
use crate::campaign::Campaign;
use crate::error::DeliveryError;
use crate::run::{Deps, RunSummary, run_campaign};

/// The world's store as one that nodes share, with faults to come.
pub fn shared(world: &World) -> (Store, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    faults.pass_for_shared();
    (world.store.with_faults(Arc::clone(&faults)), faults)
}

pub async fn node(world: &World, store: &Store, campaign: &Campaign) -> Result<RunSummary, DeliveryError> {
    let deps = Deps { store: store.clone(), ..world.deps() };
    run_campaign(&deps, campaign, &options(), &AllPages, Arc::new(|_| ())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_joins_and_ends_with_the_run() {
    let world = World::with_people(300).await;
    let server = Server::accepting().await;
    let ((store, _), campaign) = (shared(&world), to_all(server.port));
    let (one, two) = tokio::join!(node(&world, &store, &campaign), node(&world, &store, &campaign));
    // Whoever came when all was done is told so.
    let ended: Vec<RunSummary> = [one, two].into_iter().filter_map(Result::ok).collect();
    assert!(!ended.is_empty());
    for summary in ended {
        assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 300));
    }
    assert_eq!(server.taken(), emails(0..300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_costs_nobody_their_message() {
    let world = World::with_people(200).await;
    let server = Server::accepting().await;
    let (store, faults) = shared(&world);
    faults.lose_answer("claim", 5);
    faults.lose_answer("settle", 9);
    let summary = node(&world, &store, &to_all(server.port)).await.unwrap();
    assert!(faults.all_lost(), "{faults:?}");
    assert_eq!((summary.state, summary.doubtful_found), (RunState::Finished, 0));
    assert_eq!(count(&summary, DeliveryState::Sent), 200);
    assert_eq!(server.taken(), emails(0..200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_node_had_in_hand_is_in_doubt() {
    let world = World::with_people(50).await;
    let server = Server::accepting().await;
    let ((store, _), campaign) = (shared(&world), to_all(server.port));
    world.stop.send_replace(true);
    let run = node(&world, &store, &campaign).await.unwrap().run;
    world.stop.send_replace(false);
    let offer = store.take_part(W, run, consent::Clock::now(&*world.clock)).await.unwrap();
    let Offer::Part { part, guard } = offer else { panic!("{offer:?}") };
    let owners = store.resolve(W, vec![consent::Address::email("p0@x.example").unwrap()]).await.unwrap();
    let Some(AddressOwner { profile, address, .. }) = owners[0].clone() else { panic!("{owners:?}") };
    let claim = NewClaim {
        run,
        part: part.reference(),
        permitted: vec![(profile, address)],
        paced: vec![],
        deferred: vec![],
        excluded: vec![],
        cursor: Some(ProfileId(profile.0)),
        at: consent::Clock::now(&*world.clock),
    };
    store.claim(W, claim).await.unwrap();
    drop(guard);
    let summary = node(&world, &store, &campaign).await.unwrap();
    assert_eq!((summary.state, summary.doubtful_found), (RunState::Finished, 1));
    assert_eq!((count(&summary, DeliveryState::Sent), count(&summary, DeliveryState::InDoubt)), (49, 1));
    assert_eq!(server.taken(), emails(1..50));
}
