//! The Global Privacy Control signal.

use axum::http::{Method, StatusCode};
use consent::{Choice, Field, Level, Purpose, Source};
use store::AddressOwner;

use crate::world::{Answer, FORM, ONE_CLICK, WORKSPACE, World, send, statement};

const SIGNAL: (&str, &str) = ("sec-gpc", "1");

async fn share(world: &World, owner: &AddressOwner) -> Option<Choice> {
    world.view(owner).await.values.get(&Field::Share).map(|held| held.choice)
}

async fn post(world: &World, path: &str, signal: &str, body: &str) -> Answer {
    let headers = [("content-type", FORM), ("sec-gpc", signal)];
    send(&world.router, Method::POST, path, &headers, body).await
}

#[tokio::test]
async fn a_button_records_the_signal_once_and_reading_never_does() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let choices = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Preferences));
    let link = world.unsubscribe(&owner, Level::Channel);
    let before = world.everything(&owner).await;
    for path in [&choices, &link] {
        let page = send(&world.router, Method::GET, path, &[SIGNAL], "").await.body;
        assert!(page.contains("Global Privacy Control signal"), "{page}");
        assert!(!world.get(path).await.body.contains("Global Privacy Control"));
    }
    // What means nothing records nothing, whatever comes with it.
    assert_eq!(post(&world, &choices, "1", "via=page&action=x").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.everything(&owner).await, before);
    // A form without the signal, or with something else in its place.
    for signal in ["0", "true", "1, 1", ""] {
        post(&world, &choices, signal, "via=page&action=save").await;
        assert_eq!(share(&world, &owner).await, None, "{signal}");
    }
    // A mailbox provider's program is nobody's browser.
    post(&world, &link, "1", ONE_CLICK).await;
    assert_eq!(share(&world, &owner).await, None);
    let entries = world.store.counts(WORKSPACE).await.unwrap().entries;
    for _ in 0..3 {
        world.clock.turn(std::time::Duration::from_secs(100_000));
        assert_eq!(post(&world, &choices, "1", "via=page&action=save").await.status, StatusCode::SEE_OTHER);
        assert_eq!(share(&world, &owner).await, Some(Choice::No));
    }
    assert_eq!(world.store.counts(WORKSPACE).await.unwrap().entries, entries + 1);
    let support = world.get("/.well-known/gpc.json").await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&support.body).unwrap()["gpc"], true);
    let entry = world.newest(&owner).await;
    assert_eq!((&entry.source, entry.applied.len()), (&Source::GPC, 1));
    assert_eq!(statement(&entry)["said"], "Sec-GPC: 1");
    assert_eq!(statement(&entry)["page"], "choices");
    let page = world.get(&choices).await.body;
    assert!(page.contains("Recorded on 4 May 2026:"), "{page}");
}

#[tokio::test]
async fn the_signal_is_an_entry_beside_what_was_asked_for() {
    let world = World::new();
    for (at, (action, own)) in
        [("unsubscribe", Field::Email), ("stop-all", Field::Any)].into_iter().enumerate()
    {
        let owner = world.person(&format!("p{at}@example.com"), None).await;
        let purpose = if action == "stop-all" { Purpose::Preferences } else { Purpose::Unsubscribe };
        let path = world.link(&world.token(&owner, Level::Channel).with_purpose(purpose));
        post(&world, &path, "1", &format!("via=page&action={action}")).await;
        let history = world.store.history(WORKSPACE, owner.profile, None, 9).await.unwrap().entries;
        let of: Vec<_> =
            history.iter().map(|entry| (entry.source.clone(), entry.applied[0].target)).collect();
        let target = consent::Target::Field;
        assert_eq!(of, [(Source::GPC, target(Field::Share)), (Source::PAGE, target(own))], "{action}");
    }
}
