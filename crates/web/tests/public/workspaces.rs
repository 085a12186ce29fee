//! A link says whose it is: it acts there, and its page wears that workspace's look and words.

use std::time::Duration;

use axum::http::StatusCode;
use consent::{Address, Choice, Field, Level, Purpose, Token, WorkspaceId};
use store::{ProfileRow, Settings};
use web::look;

use crate::look::lumen;
use crate::world::World;

const LOGO: &[u8] =
    b"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><path d=\"M0 0h9v8z\"/></svg>";

async fn person_of(world: &World, workspace: WorkspaceId) -> Token {
    let address = Address::email("ann@example.com").unwrap();
    let row =
        ProfileRow { addresses: vec![address.clone()], received_at: world.now(), ..ProfileRow::default() };
    world.store.import(workspace, vec![row]).await.unwrap();
    let owner = world.store.resolve(workspace, vec![address]).await.unwrap().remove(0).unwrap();
    Token { workspace, ..world.token(&owner, Level::Channel) }
}

async fn email(world: &World, workspace: WorkspaceId, token: &Token) -> Choice {
    let owner = world.store.owner(workspace, token.address).await.unwrap().unwrap();
    let profile = world.store.profile(workspace, owner.profile).await.unwrap().unwrap();
    profile.word.get(Field::Email)
}

#[tokio::test]
async fn a_link_of_another_workspace_acts_there_and_wears_its_look() {
    let world = World::new();
    let other = world.store.create_workspace("shop-b").await.unwrap().id;
    let (ours, theirs) = (person_of(&world, WorkspaceId::MAIN).await, person_of(&world, other).await);
    let settings =
        |brand: &str| Settings { brand: Some(brand.to_owned()), ..Settings::default() }.replacing();
    world.store.update_settings(WorkspaceId::MAIN, settings("Shop A")).await.unwrap();
    world.store.update_settings(other, settings("Shop B")).await.unwrap();
    let set = look::set(&world.store, other, lumen(), Some(LOGO.to_vec()), world.now());
    set.await.unwrap().unwrap();
    for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
        let page = async |token: &Token| world.get(&world.link(&Token { purpose, ..*token })).await;
        let (ours, theirs) = (page(&ours).await, page(&theirs).await);
        assert_eq!((ours.status, theirs.status), (StatusCode::OK, StatusCode::OK));
        assert!(theirs.body.contains("--accent:#7a1f5c;") && !ours.body.contains("#7a1f5c"));
        assert!(theirs.body.contains("Shop B") && ours.body.contains("Shop A"), "{}", theirs.body);
        assert!(!theirs.body.contains("Shop A") && !ours.body.contains("Shop B"));
        let logo = world.get(&theirs.link("look/logo-").unwrap()).await;
        assert_eq!((logo.status, logo.body.as_bytes()), (StatusCode::OK, LOGO));
        assert!(ours.link("look/logo-").is_none());
    }
    world.clock.turn(Duration::from_secs(2));
    let path = world.link(&theirs);
    assert_eq!(world.one_click(&path).await.status, StatusCode::OK);
    assert_eq!(email(&world, other, &theirs).await, Choice::No);
    assert_ne!(email(&world, WorkspaceId::MAIN, &ours).await, Choice::No);
    // A link that isn't ours chooses no look.
    let forged = format!("{}A", &path[..path.len() - 1]);
    let refused = world.get(&forged).await;
    assert!(refused.status.is_client_error() && !refused.body.contains("#7a1f5c"), "{}", refused.status);
}
