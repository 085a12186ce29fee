//! Single messages: each intent goes out once, and what became of it can be told (I10).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use consent::{Address, Field, Namespace, SendOrigin, Target};
use store::{AddressOwner, DeliveryState, SendState, SuppressionCategory, SuppressionEntry};

use super::campaign_with;
use super::engine::{CONTENT, W, World};
use super::server::{ACCEPT, Answer, Server};
use crate::single::{Fate, Intent, Letter, Single, To};

fn single(world: &World, port: u16) -> Single {
    let campaign =
        campaign_with("name = 'n'\naudience = { all = true }", "category = 'transactional'", CONTENT, port);
    let clock: Arc<dyn consent::Clock> = Arc::<super::HandClock>::clone(&world.clock);
    let transports = world.deps().transports;
    Single::new(&transports, &world.store, W, &clock, &campaign.configuration, None).unwrap()
}

fn intent(key: &str) -> Intent {
    Intent { origin: SendOrigin::Notice, key: key.to_owned() }
}

fn letter() -> Letter {
    Letter { subject: "Your choices".to_owned(), text: "here".to_owned(), html: None }
}

async fn owner(world: &World, email: &str) -> AddressOwner {
    world.store.resolve(W, vec![Address::email(email).unwrap()]).await.unwrap().remove(0).unwrap()
}

async fn state(world: &World, intent: &Intent) -> Option<SendState> {
    world.store.sent(W, intent.send(W)).await.unwrap().and_then(|view| view.state)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_goes_out_once_and_another_with_another_message_id() {
    let world = World::with_people(1).await;
    let server = Server::accepting().await;
    let mut sender = single(&world, server.port);
    let to = owner(&world, "p0@x.example").await;
    let to = To::Known(to.profile, to.address);
    for _ in 0..3 {
        assert!(matches!(sender.send(&intent("a"), &to, &letter()).await.unwrap(), Fate::Sent));
    }
    assert_eq!(server.taken(), ["p0@x.example"]);
    let first = server.message("p0@x.example");
    assert_eq!(state(&world, &intent("a")).await, Some(SendState::Message(DeliveryState::Sent)));
    sender.send(&intent("b"), &to, &letter()).await.unwrap();
    assert_eq!(server.taken().len(), 2);
    let id = |message: &str| {
        let (_, rest) = message.split_once("Message-ID: ").unwrap();
        rest.split("\r\n").next().unwrap().to_owned()
    };
    assert_ne!(id(&first), id(&server.message("p0@x.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_excluded_stays_so_for_its_intent() {
    let world = World::with_people(1).await;
    let server = Server::accepting().await;
    let mut sender = single(&world, server.port);
    let to = owner(&world, "p0@x.example").await;
    let to = To::Known(to.profile, to.address);
    // A no to marketing holds no transactional message back; suppression does.
    world.opt_out("p0@x.example", Target::Field(Field::Any)).await;
    let entry = SuppressionEntry {
        namespace: Namespace::Email,
        value: "p0@x.example".to_owned(),
        category: SuppressionCategory::Manual,
        reason: "asked".to_owned(),
        by: "test".to_owned(),
        at: super::START,
        updated_at: super::START,
        expires_at: None,
    };
    world.store.suppress(W, vec![entry]).await.unwrap();
    let Fate::Excluded(cause) = sender.send(&intent("a"), &to, &letter()).await.unwrap() else { panic!() };
    assert_eq!(cause.to_string(), "AddressSuppressed");
    assert_eq!(state(&world, &intent("a")).await, Some(SendState::Excluded(cause)));
    assert!(server.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_doubt_is_not_sent_again_and_one_refused_for_now_is() {
    let world = World::with_people(2).await;
    let busy = Arc::new(AtomicBool::new(true));
    let was_busy = Arc::clone(&busy);
    let server = Server::start(move |seen| {
        let answer = match &*seen.to {
            "p0@x.example" => Answer::DropAfter,
            _ if was_busy.load(Ordering::SeqCst) => Answer::Reply("451 4.3.0 later"),
            _ => ACCEPT,
        };
        async move { answer }
    })
    .await;
    let mut sender = single(&world, server.port);
    let (lost, later) = (owner(&world, "p0@x.example").await, owner(&world, "p1@x.example").await);
    let lost = To::Known(lost.profile, lost.address);
    for _ in 0..2 {
        assert!(matches!(sender.send(&intent("lost"), &lost, &letter()).await.unwrap(), Fate::InDoubt));
    }
    assert_eq!(state(&world, &intent("lost")).await, Some(SendState::Message(DeliveryState::InDoubt)));
    let later = To::Known(later.profile, later.address);
    let fate = sender.send(&intent("later"), &later, &letter()).await.unwrap();
    assert!(matches!(fate, Fate::Later { .. }), "{fate:?}");
    assert_eq!(state(&world, &intent("later")).await, Some(SendState::Message(DeliveryState::Deferred)));
    busy.store(false, Ordering::SeqCst);
    assert!(matches!(sender.send(&intent("later"), &later, &letter()).await.unwrap(), Fate::Sent));
    assert_eq!(server.taken(), ["p0@x.example", "p1@x.example"]);
}
