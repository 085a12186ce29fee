use std::time::Duration;

use axum::http::{Method, StatusCode};
use consent::{Choice, Field, Level, Purpose, Source, Token};
use store::{AddressOwner, Store as _};

use crate::world::{FORM, WORKSPACE, World};

fn link(world: &World, owner: &AddressOwner) -> String {
    world.link(&Token { purpose: Purpose::Preferences, ..world.token(owner, Level::Channel) })
}

async fn save(world: &World, path: &str, fields: &str) -> StatusCode {
    world.clock.turn(Duration::from_secs(5));
    world.send(Method::POST, path, FORM, &format!("via=page&action=save&{fields}")).await.status
}

#[tokio::test]
async fn only_what_the_person_changed_is_recorded() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    let page = world.get(&path).await;
    assert!(
        page.body.contains("Your choices") && page.body.contains("You have not said anything about this")
    );
    assert!(!page.body.contains(" checked"), "something is ticked that nobody chose");
    let before = world.everything(&owner).await;
    // Left as it was shown.
    assert_eq!(save(&world, &path, "was-channel=&was-any=&was-identity=").await, StatusCode::SEE_OTHER);
    assert_eq!(save(&world, &path, "was-channel=y&channel=y").await, StatusCode::SEE_OTHER);
    assert_eq!(world.everything(&owner).await, before);
    // A yes, with the words that were agreed to.
    assert_eq!(save(&world, &path, "was-channel=&channel=y&was-any=").await, StatusCode::SEE_OTHER);
    let entry = world.store.history(WORKSPACE, owner.profile, None, 9).await.unwrap().entries.remove(0);
    assert_eq!((entry.applied[0].new, entry.source), (Choice::Yes, Source::PAGE));
    assert_eq!(entry.evidence.raw.as_deref(), Some("Marketing email to any address of yours: Yes"));
    let page = world.get(&path).await;
    assert!(page.body.contains("Yes since 3 May 2026"));
    assert_eq!(page.body.matches(" checked").count(), 1);
    assert!(world.get(&format!("{path}?saved=1")).await.body.contains("Saved."));
    // And back.
    assert_eq!(
        save(&world, &path, "was-channel=y&channel=n&was-identity=&identity=n").await,
        StatusCode::SEE_OTHER
    );
    let view = world.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap();
    assert_eq!(view.values[&Field::Email].choice, Choice::No);
    assert_eq!(view.addresses[0].values[&Field::Email].choice, Choice::No);
    // A deliberate yes after a no is a new consent generation: it outdates the links from before.
    assert_eq!(
        save(&world, &path, "was-channel=n&channel=y&was-identity=n&identity=n").await,
        StatusCode::SEE_OTHER
    );
    let now = world.store.owner(WORKSPACE, owner.address).await.unwrap().unwrap();
    assert!(now.epoch > owner.epoch);
}

#[tokio::test]
async fn one_press_stops_everything() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    assert_eq!(world.press(&path, "stop-all").await.status, StatusCode::SEE_OTHER);
    let view = world.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap();
    assert_eq!(view.values[&Field::Any].choice, Choice::No);
    let page = world.get(&path).await;
    assert!(page.body.contains("is stopped since 3 May 2026"), "{}", page.body);
}

#[tokio::test]
async fn other_links_and_bodies_are_refused() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    let other = world.unsubscribe(&owner, Level::Channel).replace("/u/", "/p/");
    let before = world.everything(&owner).await;
    assert_eq!(world.get(&other).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.press(&other, "stop-all").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(save(&world, &path, "was-channel=&channel=LI").await, StatusCode::BAD_REQUEST);
    assert_eq!(save(&world, &path, "was-channel=&channel=y&channel=n").await, StatusCode::SEE_OTHER);
    assert_eq!(save(&world, "/p/abc", "was-channel=&channel=n").await, StatusCode::BAD_REQUEST);
    assert_eq!(world.everything(&owner).await, before);
}

#[tokio::test]
async fn a_list_is_shown_where_the_message_was_bound_to_it() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let list = world.list("news").await;
    let token = Token { purpose: Purpose::Preferences, list, ..world.token(&owner, Level::Subscription) };
    let path = world.link(&token);
    assert!(world.get(&path).await.body.contains("The list “news”"));
    assert_eq!(save(&world, &path, "was-subscription=&subscription=n").await, StatusCode::SEE_OTHER);
    let view = world.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap();
    assert_eq!((view.subscriptions[0].0, view.subscriptions[0].2.choice), (list, Choice::No));
}
