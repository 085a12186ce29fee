//! The faults that tests of other crates rely on are what they say.

use std::sync::Arc;
use std::time::Duration;

use consent::{Timestamp, WorkspaceId};
use store::{Faults, ListDetails, NewList, StoreError};

const W: WorkspaceId = WorkspaceId::MAIN;

fn list(name: &str) -> NewList {
    NewList {
        name: name.to_owned(),
        starts_at: None,
        ends_at: None,
        details: ListDetails::default(),
        created_at: Timestamp(0),
    }
}

#[tokio::test]
async fn a_full_disk_keeps_nothing_and_still_reads() {
    let dir = tempfile::tempdir().unwrap();
    let store = super::open(dir.path()).unwrap();
    store.create_list(W, list("news")).await.unwrap();
    let faults = Arc::new(Faults::default());
    let broken = store.with_faults(Arc::clone(&faults));
    faults.fill_disk(true);
    let refused = broken.create_list(W, list("offers")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(broken.lists(W).await.unwrap().len(), 1);
    faults.fill_disk(false);
    broken.create_list(W, list("offers")).await.unwrap();
    assert_eq!(store.lists(W).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_a_lost_answer_was_about_is_done_and_the_caller_is_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let store = super::open(dir.path()).unwrap();
    let faults = Arc::new(Faults::default());
    let broken = store.with_faults(Arc::clone(&faults));
    faults.lose_answer("create_list", 2);
    broken.create_list(W, list("one")).await.unwrap();
    assert!(!faults.all_lost());
    let lost = broken.create_list(W, list("two")).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    assert!(faults.all_lost());
    assert_eq!(store.lists(W).await.unwrap().len(), 2);
    broken.create_list(W, list("three")).await.unwrap();
}

#[tokio::test]
async fn a_late_operation_hasn_t_begun_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = super::open(dir.path()).unwrap();
    let faults = Arc::new(Faults::default());
    let broken = store.with_faults(Arc::clone(&faults));
    faults.delay("lists", Duration::from_millis(200));
    let late = tokio::spawn(broken.lists(W));
    store.create_list(W, list("news")).await.unwrap();
    assert_eq!(late.await.unwrap().unwrap().len(), 1);
}
