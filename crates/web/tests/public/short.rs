//! The short form of links, in text messages.

use axum::http::{Method, StatusCode};
use consent::{Level, Purpose};

use crate::world::World;

#[tokio::test]
async fn a_short_link_leads_to_its_page_and_changes_nothing() {
    let world = World::new();
    let owner = world.person("ada@example.com", None).await;
    let before = world.everything(&owner).await;
    for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
        let token = world.token(&owner, Level::Channel).with_purpose(purpose);
        let path = format!("/s/{}", world.store.key_ring().sign_short(&token).unwrap());
        for method in [Method::GET, Method::HEAD] {
            let answer = world.send(method, &path, "text/plain", "").await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert_eq!(answer.header("location"), format!("..{}", world.link(&token)));
            assert_eq!(answer.header("x-robots-tag"), "noindex");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.body, "");
        }
        assert_eq!(world.get(&world.link(&token)).await.status, StatusCode::OK);
        let posted = world.send(Method::POST, &path, "text/plain", "List-Unsubscribe=One-Click").await;
        assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(world.everything(&owner).await, before);
}

#[tokio::test]
async fn a_forged_short_link_shows_what_a_forged_link_shows() {
    let world = World::new();
    let owner = world.person("ada@example.com", None).await;
    let token = world.token(&owner, Level::Channel);
    let code = world.store.key_ring().sign_short(&token).unwrap();
    let other = |text: &str| {
        let at = text.len() - 2;
        let letter = if &text[at..=at] == "A" { "B" } else { "A" };
        format!("{}{letter}{}", &text[..at], &text[at + 1..])
    };
    let forged = world.get(&format!("/s/{}", other(&code))).await;
    let long = world.get(&other(&world.link(&token))).await;
    assert_eq!((forged.status, &forged.body), (long.status, &long.body));
    assert_eq!(forged.status, StatusCode::NOT_FOUND);
    let cut = world.get(&format!("/s/{}", &code[..9])).await;
    assert!(cut.status.is_client_error());
}
