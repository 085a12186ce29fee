use std::time::Duration;

use axum::http::StatusCode;
use consent::{Choice, Field, Level, Source};

use crate::world::{WORKSPACE, World};

async fn email_choice(world: &World, profile: consent::ProfileId) -> Option<Choice> {
    let view = world.store.profile(WORKSPACE, profile).await.unwrap().unwrap();
    view.values.get(&Field::Email).map(|held| held.choice).filter(|choice| *choice != Choice::Unset)
}

#[tokio::test]
async fn undo_restores_what_was() {
    let world = World::new();
    for first in [None, Some(Choice::Yes)] {
        let mut owner = world.person(&format!("{}@example.com", first.is_some()), None).await;
        if first.is_some() {
            owner = world.resubscribe(&owner).await;
        }
        world.clock.turn(Duration::from_secs(5));
        let link = world.unsubscribe(&owner, Level::Channel);
        let done = world.press(&link, "unsubscribe").await;
        let undo = done.link("/u/").expect("undo is offered");
        assert_eq!(email_choice(&world, owner.profile).await, Some(Choice::No));
        // Opening the undo link does nothing; its button does; pressing twice is harmless.
        assert!(world.get(&undo).await.body.contains("Undo your opt-out"));
        assert_eq!(email_choice(&world, owner.profile).await, Some(Choice::No));
        for _ in 0..2 {
            world.clock.turn(Duration::from_secs(5));
            let undone = world.press(&undo, "undo").await;
            assert_eq!(undone.status, StatusCode::OK);
            assert!(undone.body.contains("Undone"), "{}", undone.body);
            assert_eq!(email_choice(&world, owner.profile).await, first);
        }
        let newest = &world.store.history(WORKSPACE, owner.profile, None, 1).await.unwrap().entries[0];
        assert_eq!(newest.source, Source::UNDO);
        // Taking a no back is no new subscription: the link in the mail goes on acting.
        assert_eq!(world.one_click(&link).await.status, StatusCode::OK);
        assert_eq!(email_choice(&world, owner.profile).await, Some(Choice::No));
        // That newer no stands against the old undo link.
        let superseded = world.press(&undo, "undo").await;
        assert!(superseded.body.contains("nothing to undo"), "{}", superseded.body);
        assert_eq!(email_choice(&world, owner.profile).await, Some(Choice::No));
    }
}

#[tokio::test]
async fn undo_is_offered_after_one_click_and_after_a_second_press() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    world.one_click(&link).await;
    for page in [world.get(&link).await, world.press(&link, "unsubscribe").await, world.get(&link).await] {
        assert!(page.body.contains("already unsubscribed"), "{}", page.body);
        let undo = page.link("/u/").expect("undo is offered");
        assert_eq!(world.press(&link, "undo").await.status, StatusCode::BAD_REQUEST);
        assert_eq!(world.one_click(&undo).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(email_choice(&world, owner.profile).await, Some(Choice::No));
}

#[tokio::test]
async fn a_no_that_came_another_way_is_not_undone_by_a_link() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let change = consent::ConsentChange {
        subject: consent::Subject::Address(owner.address),
        sets: std::iter::once((consent::Target::Field(Field::Email), Choice::No)).collect(),
        occurred_at: None,
        received_at: consent::Clock::now(&*world.clock),
        source: Source::OPERATOR,
        run: None,
        evidence: consent::Evidence::default(),
    };
    world.store.record(WORKSPACE, vec![change]).await.unwrap();
    let page = world.get(&world.unsubscribe(&owner, Level::Channel)).await;
    assert!(page.body.contains("already unsubscribed"));
    assert_eq!(page.link("/u/"), None);
    // A wider no shows at a narrower link.
    let page = world.get(&world.unsubscribe(&owner, Level::Identity)).await;
    assert!(page.body.contains("already unsubscribed"));
}
