//! Uploads.

use consent::Timestamp;
use store::{StoreError, Upload, UploadState};

use super::support::{MAIN, World};

/// One that has just been accepted.
pub fn upload(id: &str, at: Timestamp) -> Upload {
    Upload {
        id: id.to_owned(),
        by: "api:crm".to_owned(),
        filename: "list.csv".to_owned(),
        allowed: false,
        created_at: at,
        ended_at: None,
        state: UploadState::Accepted,
        read: 0,
        handled: 0,
        failed: 0,
        detail: String::new(),
        failures: String::new(),
    }
}

pub async fn an_upload_is_known_until_it_is_forgotten(world: &World) {
    let store = &world.store;
    let first = upload("a", world.tick());
    store.create_upload(MAIN, first.clone()).await.unwrap();
    let second = Upload { allowed: true, ..upload("b", world.tick()) };
    store.create_upload(MAIN, second.clone()).await.unwrap();
    assert!(store.create_upload(MAIN, first.clone()).await.is_err(), "an id is used once");
    assert_eq!(store.uploads(MAIN).await.unwrap(), [second.clone(), first.clone()]);
    let pending = Upload { state: UploadState::Pending, read: 7, handled: 5, ..first.clone() };
    assert!(store.put_upload(MAIN, pending).await.unwrap());
    let ended = Upload {
        state: UploadState::Complete,
        ended_at: Some(world.tick()),
        read: 9,
        handled: 8,
        failed: 1,
        detail: "fine".to_owned(),
        failures: "[1]".to_owned(),
        ..first.clone()
    };
    assert!(store.put_upload(MAIN, ended.clone()).await.unwrap());
    assert_eq!(store.upload(MAIN, "a").await.unwrap(), Some(ended.clone()));
    let listed = Upload { failures: String::new(), ..ended.clone() };
    assert_eq!(store.uploads(MAIN).await.unwrap(), [second, listed]);
    // Whoever was still at it is too late.
    let late = Upload { state: UploadState::Pending, ..ended };
    assert!(!store.put_upload(MAIN, late).await.unwrap());
    assert_eq!(store.upload(consent::WorkspaceId(2), "a").await.unwrap(), None);
    assert!(store.delete_upload(MAIN, "a").await.unwrap());
    assert!(!store.delete_upload(MAIN, "a").await.unwrap());
    assert_eq!(store.upload(MAIN, "a").await.unwrap(), None);
    let long = Upload { filename: "x".repeat(3_000), ..upload("c", world.now()) };
    assert!(matches!(store.create_upload(MAIN, long).await, Err(StoreError::Invalid(_))));
}

pub async fn of_ended_uploads_the_newest_are_kept(world: &World) {
    for n in 0..1_002 {
        let ended = UploadState::Canceled;
        let upload = Upload { state: ended, ..upload(&format!("{n:04}"), world.tick()) };
        world.store.create_upload(MAIN, upload).await.unwrap();
    }
    let waiting = upload("waiting", Timestamp(1));
    world.store.create_upload(MAIN, waiting).await.unwrap();
    let kept = world.store.uploads(MAIN).await.unwrap();
    assert_eq!(kept.len(), 1_001);
    assert_eq!(kept[0].id, "1001");
    assert_eq!(kept[999].id, "0002");
    assert_eq!(kept[1_000].id, "waiting");
}
