//! Keys of programs, and their requests that may be sent again.

use std::time::Duration;

use consent::{Choice, Field, Source, Subject, Target, WorkspaceId};
use store::{
    ApiKey, KeptAnswer, PartOutcome, ProfileRow, RecordedBefore, RequestBegun, RequestId, RequestPart,
    StoreError,
};

use super::support::{MAIN, World, address, change};

fn key(world: &World, id: &str, name: &str) -> ApiKey {
    ApiKey {
        workspace: MAIN,
        id: id.to_owned(),
        name: name.to_owned(),
        digest: [7; 32],
        scopes: vec!["decisions:read".to_owned(), "lists:read".to_owned()],
        created_at: world.tick(),
        created_by: "cli:ada".to_owned(),
        expires_at: Some(world.now().plus(Duration::from_hours(1))),
        revoked: None,
        used_at: None,
    }
}

pub async fn a_key_is_known_until_it_is_revoked(world: &World) {
    let store = &world.store;
    let first = key(world, "aaaaaaaa", "shop");
    store.create_api_key(first.clone()).await.unwrap();
    let taken = store.create_api_key(key(world, "bbbbbbbb", "shop")).await;
    assert!(matches!(taken, Err(StoreError::Exists(_))), "a name is one key's");
    let elsewhere = ApiKey { workspace: WorkspaceId(2), ..key(world, "cccccccc", "shop") };
    store.create_api_key(elsewhere.clone()).await.unwrap();
    assert_eq!(store.api_keys(MAIN).await.unwrap(), std::slice::from_ref(&first));
    let mut valid = store.valid_api_keys().await.unwrap();
    valid.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(valid, [first.clone(), elsewhere]);
    let used = world.tick();
    store.use_api_key(MAIN, "aaaaaaaa", used).await.unwrap();
    store.use_api_key(MAIN, "aaaaaaaa", first.created_at).await.unwrap();
    assert_eq!(store.api_keys(MAIN).await.unwrap()[0].used_at, Some(used), "the latest counts");
    let now = world.tick();
    assert_eq!(store.revoke_api_key(WorkspaceId(2), "aaaaaaaa", "cli:ada", now).await.unwrap(), None);
    let revoked = store.revoke_api_key(MAIN, "aaaaaaaa", "cli:ada", now).await.unwrap().unwrap();
    assert_eq!(revoked.revoked, Some((now, "cli:ada".to_owned())));
    assert_eq!(store.revoke_api_key(MAIN, "aaaaaaaa", "cli:ada", now).await.unwrap(), None);
    assert_eq!(store.valid_api_keys().await.unwrap().len(), 1);
    store.create_api_key(key(world, "dddddddd", "shop")).await.unwrap();
    let nul = key(world, "eeeeeeee", "a\0b");
    assert!(matches!(store.create_api_key(nul).await, Err(StoreError::Invalid(_))));
}

pub async fn a_request_is_done_once_and_answered_as_the_first_time(world: &World) {
    let (store, id) = (&world.store, RequestId([1; 32]));
    let begin = async |fingerprint: u8| {
        let now = world.tick();
        store.begin_request(MAIN, id, [fingerprint; 32], now, now.plus(Duration::from_mins(1))).await.unwrap()
    };
    assert_eq!(begin(1).await, RequestBegun::Fresh);
    assert_eq!(begin(1).await, RequestBegun::InWork);
    assert_eq!(begin(2).await, RequestBegun::Other);
    store.abandon_request(MAIN, id).await.unwrap();
    assert_eq!(begin(1).await, RequestBegun::Fresh, "it came to nothing");
    store.abandon_requests().await.unwrap();
    assert_eq!(begin(1).await, RequestBegun::Fresh, "the process that was at it is gone");
    let answer = KeptAnswer { status: 201, head: "{}".to_owned(), body: b"{\"a\":1}".to_vec() };
    store.answer_request(MAIN, id, answer.clone()).await.unwrap();
    let late = KeptAnswer { status: 500, ..answer.clone() };
    store.answer_request(MAIN, id, late).await.unwrap();
    assert_eq!(begin(1).await, RequestBegun::Done(answer));
    assert_eq!(begin(2).await, RequestBegun::Other);
    let now = world.tick();
    let elsewhere = store.begin_request(WorkspaceId(2), id, [2; 32], now, now).await.unwrap();
    assert_eq!(elsewhere, RequestBegun::Fresh, "another workspace's names are its own");
    world.clock.0.fetch_add(25 * 3_600_000_000, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(begin(2).await, RequestBegun::Fresh, "a day later");
    let long = KeptAnswer { status: 200, head: String::new(), body: vec![0; KeptAnswer::BODY_BYTES_MAX + 1] };
    assert!(matches!(store.answer_request(MAIN, id, long).await, Err(StoreError::Invalid(_))));
}

pub async fn whoever_dies_at_a_request_holds_it_for_its_lease(world: &World) {
    let (store, id, now) = (&world.store, RequestId([2; 32]), world.tick());
    let lease = now.plus(Duration::from_mins(1));
    store.begin_request(MAIN, id, [1; 32], now, lease).await.unwrap();
    let later = now.plus(Duration::from_mins(1));
    assert_eq!(store.begin_request(MAIN, id, [1; 32], later, lease).await.unwrap(), RequestBegun::Fresh);
}

pub async fn a_part_is_recorded_once_with_all_its_changes_or_none(world: &World) {
    let (store, now) = (&world.store, world.tick());
    let part = |part, fingerprint: u8| RequestPart {
        request: RequestId([3; 32]),
        part,
        fingerprint: [fingerprint; 32],
        at: now,
        lease: now,
    };
    let no = |text: &str| {
        let subject = Subject::Named(address(text), consent::Origin::Stranger);
        change(subject, Target::Field(Field::Email), Choice::No, Source::API, now)
    };
    let changes = || vec![no("ann@example.com"), no("bo@example.com")];
    let PartOutcome::Recorded(recorded) = store.record_part(MAIN, part(0, 1), changes()).await.unwrap()
    else {
        panic!("it is new");
    };
    let before: Vec<RecordedBefore> = recorded.iter().map(RecordedBefore::from).collect();
    assert!(before.iter().all(|recorded| recorded.entry.is_some()));
    assert_eq!(store.record_part(MAIN, part(0, 1), changes()).await.unwrap(), PartOutcome::Before(before));
    assert_eq!(store.record_part(MAIN, part(0, 2), changes()).await.unwrap(), PartOutcome::Other);
    let history = store.history(MAIN, recorded[0].profile, None, 10).await.unwrap();
    assert_eq!(history.entries.len(), 1);
    let mut broken = changes();
    broken[1].sets.clear();
    assert!(store.record_part(MAIN, part(1, 1), broken).await.is_err());
    let again = store.record_part(MAIN, part(1, 1), vec![no("cy@example.com")]).await.unwrap();
    assert!(matches!(again, PartOutcome::Recorded(_)), "nothing of it was kept");
    assert!(world.owner("cy@example.com").await.is_some());
}

pub async fn people_are_found_by_how_an_address_or_an_id_begins(world: &World) {
    let store = &world.store;
    let mut made = Vec::new();
    for (id, mail) in [("C-1", "ann@example.com"), ("C-10", "Anna@example.com"), ("c-2", "bo@example.com")] {
        let row = ProfileRow {
            external_id: Some(id.to_owned()),
            addresses: vec![address(mail)],
            received_at: world.tick(),
            ..ProfileRow::default()
        };
        made.push(world.create(row).await);
    }
    assert_eq!(store.profile_by_external_id(MAIN, "C-1").await.unwrap(), Some(made[0]));
    assert_eq!(store.profile_by_external_id(MAIN, "C").await.unwrap(), None);
    assert_eq!(store.profile_by_external_id(WorkspaceId(2), "C-1").await.unwrap(), None);
    let ids = async |prefix: &str, after: Option<&str>, limit| {
        let after = after.map(str::to_owned);
        let found = store.search_external_ids(MAIN, prefix, after, limit).await.unwrap();
        found.into_iter().map(|found| found.text).collect::<Vec<_>>()
    };
    assert_eq!(ids("C-", None, 10).await, ["C-1", "C-10"], "upper case is told from lower case");
    assert_eq!(ids("C-", None, 1).await, ["C-1"]);
    assert_eq!(ids("C-", Some("C-1"), 10).await, ["C-10"]);
    let email = consent::Namespace::Email;
    let found = store.search_addresses(MAIN, email.clone(), "ann", None, 10).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|found| (found.text, found.profile)).collect();
    assert_eq!(found, [("ann@example.com".to_owned(), made[0]), ("anna@example.com".to_owned(), made[1])]);
    assert!(store.search_addresses(WorkspaceId(2), email.clone(), "ann", None, 10).await.unwrap().is_empty());
    let nul = store.search_addresses(MAIN, email, "a\0", None, 10).await;
    assert!(matches!(nul, Err(StoreError::Invalid(_))));
}
