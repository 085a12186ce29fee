//! Messages by their ids: single ones, which are handed over once per intent, and a run's.

use consent::{
    AddressId, Category, Channel, Deferral, Detail, Exclusion, ProfileId, Reason, SendId, SendOrigin,
    WorkspaceId,
};
use store::{
    Begun, DeliveryState, NewClaim, NewRun, NewSend, Offer, Outcome, SendOutcome, SendState, SentBy,
    Settlement, StoreError,
};

use super::support::{MAIN, World};

/// A notice to profile 7.
pub fn notice(world: &World, intent: &str) -> NewSend {
    NewSend {
        origin: SendOrigin::Notice,
        intent: intent.to_owned(),
        profile: Some(ProfileId(7)),
        address: Some(AddressId(8)),
        channel: Channel::Email,
        category: Category::Transactional,
        at: world.now(),
    }
}

async fn begin(world: &World, send: &NewSend) -> Begun {
    world.store.begin_send(MAIN, send.clone()).await.unwrap()
}

async fn settle(world: &World, id: SendId, outcome: SendOutcome) {
    world.store.settle_send(MAIN, id, outcome, world.tick()).await.unwrap();
}

fn attempt(state: DeliveryState, detail: &str) -> SendOutcome {
    SendOutcome::Attempted { state, code: 250, detail: Some(detail.to_owned()) }
}

pub async fn one_intent_is_handed_over_once(world: &World) {
    let send = notice(world, "a");
    let id = send.id(MAIN);
    assert_eq!(begin(world, &send).await, Begun::Go(id));
    // Whoever began it may have died: nobody knows whether it went out.
    let doubt = SendState::Message(DeliveryState::InDoubt);
    assert_eq!(begin(world, &send).await, Begun::Over(id, doubt));
    settle(world, id, attempt(DeliveryState::Sent, "ok")).await;
    assert_eq!(begin(world, &send).await, Begun::Over(id, SendState::Message(DeliveryState::Sent)));
    // Another origin or workspace makes another intent.
    let other = NewSend { origin: SendOrigin::Reply, ..send.clone() };
    assert_eq!(begin(world, &other).await, Begun::Go(other.id(MAIN)));
    let elsewhere = world.store.begin_send(WorkspaceId(2), send.clone()).await.unwrap();
    assert_eq!(elsewhere, Begun::Go(send.id(WorkspaceId(2))));
    let view = world.store.sent(MAIN, id).await.unwrap().unwrap();
    assert_eq!((view.attempts, view.code, view.detail), (1, 250, None));
    assert_eq!(view.by, SentBy::Single(SendOrigin::Notice, "a".to_owned()));
    assert_eq!((view.profile, view.address), (Some(ProfileId(7)), Some(AddressId(8))));
    assert_eq!(view.kind, Some((Channel::Email, Category::Transactional)));
    for bad in [String::new(), "x".repeat(256), "a\0b".to_owned()] {
        let refused = world.store.begin_send(MAIN, notice(world, &bad)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{bad:?}");
    }
}

pub async fn what_waits_is_begun_again_and_what_has_ended_is_not(world: &World) {
    let cause = Exclusion { reason: Reason::QuietHours, detail: Detail(7) };
    let wait = Deferral { until: world.now().plus(std::time::Duration::from_mins(1)), cause };
    let (send, over) = (notice(world, "b"), notice(world, "c"));
    let id = send.id(MAIN);
    begin(world, &send).await;
    settle(world, id, SendOutcome::Waits(Some(wait))).await;
    let view = world.store.sent(MAIN, id).await.unwrap().unwrap();
    assert_eq!((view.waits, view.attempts), (Some(wait), 0));
    assert_eq!(begin(world, &send).await, Begun::Go(id));
    assert_eq!(world.store.sent(MAIN, id).await.unwrap().unwrap().waits, None);
    settle(world, id, attempt(DeliveryState::Deferred, "later, please")).await;
    assert_eq!(begin(world, &send).await, Begun::Go(id));
    settle(world, id, attempt(DeliveryState::Rejected, "no\0 such user")).await;
    let view = world.store.sent(MAIN, id).await.unwrap().unwrap();
    assert_eq!((view.attempts, view.detail.as_deref()), (2, Some("no\u{fffd} such user")));
    assert_eq!(begin(world, &send).await, Begun::Over(id, SendState::Message(DeliveryState::Rejected)));
    begin(world, &over).await;
    settle(world, over.id(MAIN), SendOutcome::Excluded(cause)).await;
    assert_eq!(begin(world, &over).await, Begun::Over(over.id(MAIN), SendState::Excluded(cause)));
    let never = notice(world, "never begun").id(MAIN);
    let missing = world.store.settle_send(MAIN, never, SendOutcome::Waits(None), world.now()).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    assert_eq!(world.store.sent(MAIN, never).await.unwrap(), None);
    let of_person = world.store.single_sends(MAIN, ProfileId(7), 10).await.unwrap();
    assert_eq!(of_person.iter().filter(|view| view.id == id || view.id == over.id(MAIN)).count(), 2);
}

pub async fn two_at_once_begin_an_intent_once(world: &World) {
    let send = notice(world, "at once");
    let many = (0..8).map(|_| world.store.begin_send(MAIN, send.clone()));
    let begun: Vec<Begun> = futures_util::future::try_join_all(many).await.unwrap();
    assert_eq!(begun.iter().filter(|begun| matches!(begun, Begun::Go(_))).count(), 1, "{begun:?}");
}

pub async fn a_message_of_a_run_is_found_by_its_place(world: &World) {
    let configuration = world.store.put_configuration(MAIN, "mail", "body", world.now()).await.unwrap().id;
    let run = NewRun {
        campaign: "spring".to_owned(),
        configuration,
        list: None,
        fingerprint: "f".to_owned(),
        spec: "{}".to_owned(),
        audience: [60_000, 60_003, 60_010].into_iter().collect(),
        created_at: world.now(),
    };
    let run = world.store.create_run(MAIN, run).await.unwrap().id;
    let [first, second, third] = [60_000, 60_003, 60_010].map(ProfileId);
    let id = world.store.send_of(MAIN, run, second).await.unwrap().unwrap();
    assert_eq!(id.parts(), (Some(run), 1));
    assert_eq!(world.store.send_of(MAIN, run, ProfileId(60_001)).await.unwrap(), None);
    let seen = |view: Option<store::SendView>| view.map(|view| (view.profile, view.address, view.state));
    assert_eq!(seen(world.store.sent(MAIN, id).await.unwrap()), Some((Some(second), None, None)));
    let offer = world.store.take_part(MAIN, run, world.now()).await.unwrap();
    let Offer::Part { part, guard: _guard } = offer else { panic!("{offer:?}") };
    let excluded = Exclusion::of(Reason::OptedOutAll);
    let claim = NewClaim {
        run,
        part: part.reference(),
        permitted: vec![(first, AddressId(1)), (second, AddressId(2))],
        paced: vec![],
        deferred: vec![],
        excluded: vec![(third, excluded)],
        cursor: Some(part.until),
        at: world.now(),
    };
    let claim = world.store.claim(MAIN, claim).await.unwrap().id;
    let outcomes = [(first, 1), (second, 2)].map(|(profile, address)| Outcome {
        profile,
        address: AddressId(address),
        state: DeliveryState::Sent,
        at: world.now(),
        code: 250,
        detail: None,
        due_at: None,
    });
    let settlement =
        Settlement { claim, outcomes: outcomes.into(), deferred: vec![], excluded: vec![], at: world.now() };
    world.store.settle(MAIN, settlement).await.unwrap();
    let sent = Some(SendState::Message(DeliveryState::Sent));
    assert_eq!(
        seen(world.store.sent(MAIN, id).await.unwrap()),
        Some((Some(second), Some(AddressId(2)), sent))
    );
    let last = SendId::in_run(run, 2).unwrap();
    assert_eq!(
        seen(world.store.sent(MAIN, last).await.unwrap()),
        Some((Some(third), None, Some(SendState::Excluded(excluded))))
    );
    for nobody in [SendId::in_run(run, 3), SendId::in_run(consent::RunId(run.0 + 1), 0)] {
        assert_eq!(world.store.sent(MAIN, nobody.unwrap()).await.unwrap(), None);
    }
}
