//! Documents of the operators', and whom address files name.

use consent::{Timestamp, WorkspaceId};
use roaring::RoaringTreemap;
use store::{
    AudienceUpload, Definition, DefinitionInfo, DefinitionKind, DefinitionState, NewDefinition,
    PutDefinitions, StoreError,
};

use super::support::{MAIN, World};

use DefinitionKind::{Campaign, Configuration, Content};

pub fn document(kind: DefinitionKind, name: &str, expected: i64, document: &str) -> NewDefinition {
    let (name, document) = (name.to_owned(), document.to_owned());
    NewDefinition { kind, name, expected, document, state: DefinitionState::Checked }
}

async fn put(world: &World, definitions: Vec<NewDefinition>) -> PutDefinitions {
    world.store.put_definitions(MAIN, definitions, "cli:ada", world.now()).await.unwrap()
}

async fn get(world: &World, kind: DefinitionKind, name: &str, version: Option<i64>) -> Option<Definition> {
    world.store.definition(MAIN, kind, name, version).await.unwrap()
}

pub async fn a_document_has_versions_which_stay(world: &World) {
    let first = world.tick();
    put(world, vec![document(Campaign, "Spring, früh", 0, r#"{"b":1,"a":2}"#)]).await;
    let second = world.tick();
    let stored = put(world, vec![document(Campaign, "Spring, früh", 1, r#"{"a":3}"#)]).await;
    let current = DefinitionInfo {
        kind: Campaign,
        name: "Spring, früh".to_owned(),
        version: 2,
        state: DefinitionState::Checked,
        changed_at: second,
    };
    assert_eq!(stored, PutDefinitions::Stored(vec![current.clone()]));
    let version = |version, created_at, document: &str| Definition {
        current: current.clone(),
        version,
        created_at,
        actor: "cli:ada".to_owned(),
        document: document.to_owned(),
    };
    let (old, new) = (version(1, first, r#"{"b":1,"a":2}"#), version(2, second, r#"{"a":3}"#));
    let name = "Spring, früh";
    assert_eq!(get(world, Campaign, name, None).await, Some(new.clone()));
    assert_eq!(get(world, Campaign, name, Some(2)).await, Some(new));
    // Its members are in the order in which they were written.
    assert_eq!(get(world, Campaign, name, Some(1)).await, Some(old));
    for (kind, name, version) in [
        (Campaign, name, Some(3)),
        (Campaign, name, Some(0)),
        (Content, name, None),
        (Campaign, "spring", None),
        (Campaign, "a\0", None),
    ] {
        assert_eq!(get(world, kind, name, version).await, None, "{kind} {name} {version:?}");
    }
    assert_eq!(world.store.definition(WorkspaceId(2), Campaign, name, None).await.unwrap(), None);
}

pub async fn whoever_knows_an_older_version_changes_nothing(world: &World) {
    put(world, vec![document(Content, "a", 0, "{}"), document(Configuration, "a", 0, "{}")]).await;
    put(world, vec![document(Content, "a", 1, r#"{"n":2}"#)]).await;
    let changed =
        |kind, name: &str, current| PutDefinitions::Changed { kind, name: name.to_owned(), current };
    for (kind, name, expected, current) in
        [(Content, "a", 1, 2), (Content, "a", 0, 2), (Content, "a", 3, 2), (Campaign, "new", 1, 0)]
    {
        let others = [document(Configuration, "a", 1, r#"{"n":9}"#), document(Content, "b", 0, "{}")];
        let [before, after] = others;
        let put = put(world, vec![before, document(kind, name, expected, "{}"), after]).await;
        assert_eq!(put, changed(kind, name, current));
    }
    // All or none.
    assert_eq!(get(world, Configuration, "a", None).await.unwrap().version, 1);
    assert_eq!(get(world, Content, "b", None).await, None);
    let state = async |version| {
        let live = DefinitionState::Live;
        world.store.set_definition_state(MAIN, Content, "a", version, live, world.tick()).await.unwrap()
    };
    assert_eq!(state(1).await, changed(Content, "a", 2));
    let PutDefinitions::Stored(info) = state(2).await else { panic!("it is the current one") };
    assert_eq!((info[0].state, info[0].version), (DefinitionState::Live, 2));
    assert_eq!(state(2).await, PutDefinitions::Stored(info), "the same again changes nothing");
    assert_eq!(get(world, Content, "a", None).await.unwrap().current.state, DefinitionState::Live);
    let (store, now) = (&world.store, world.now());
    let missing = store.set_definition_state(MAIN, Campaign, "a", 1, DefinitionState::Live, now).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}

pub async fn of_two_who_change_it_at_once_one_does(world: &World) {
    put(world, vec![document(Content, "a", 0, "{}")]).await;
    let tries = (0..8).map(|n| {
        let new = document(Content, "a", 1, &format!(r#"{{"n":{n}}}"#));
        tokio::spawn(world.store.put_definitions(MAIN, vec![new], "key:shop", world.now()))
    });
    let mut stored = 0;
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(PutDefinitions::Stored(_)) => stored += 1,
            Ok(PutDefinitions::Changed { current, .. }) => assert_eq!(current, 2),
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
    assert_eq!((stored, get(world, Content, "a", None).await.unwrap().version), (1, 2));
}

pub async fn documents_come_in_pages(world: &World) {
    let names = ["B", "a", "b", "c", "ä"];
    let all = names
        .iter()
        .rev()
        .flat_map(|name| [Campaign, Configuration].map(|kind| document(kind, name, 0, "{}")));
    put(world, all.collect()).await;
    put(world, vec![document(Content, "x", 0, "{}")]).await;
    for (kind, expected) in [(None, 11), (Some(Campaign), 5), (Some(Content), 1)] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = world.store.definitions(MAIN, kind, after.clone(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.kind, last.name.clone()));
            seen.extend(page.into_iter().map(|info| (info.kind, info.name)));
        }
        assert_eq!(seen.len(), expected, "{kind:?}");
        assert!(seen.is_sorted(), "{seen:?}");
    }
    assert!(world.store.definitions(WorkspaceId(2), None, None, 9).await.unwrap().is_empty());
}

pub async fn what_is_no_document_is_refused(world: &World) {
    let long = "x".repeat(NewDefinition::NAME_BYTES_MAX + 1);
    let twice = vec![document(Content, "a", 0, "{}"), document(Content, "a", 0, "{}")];
    let mut bad: Vec<_> =
        ["", "a\nb", "a\0", &long].map(|name| vec![document(Content, name, 0, "{}")]).into();
    bad.extend(["", "[]", "{", "\"a\""].map(|text| vec![document(Content, "a", 0, text)]));
    bad.push(twice);
    for definitions in bad {
        let refused = world.store.put_definitions(MAIN, definitions.clone(), "cli", world.now()).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{definitions:?}");
    }
    assert_eq!(get(world, Content, "a", None).await, None);
}

pub async fn an_upload_is_found_by_its_file_and_channel(world: &World) {
    let sha256 = "0a".repeat(32);
    let upload = |profiles: RoaringTreemap, body: &str| AudienceUpload {
        sha256: sha256.clone(),
        channel: "email".to_owned(),
        created_at: world.now(),
        body: body.to_owned(),
        profiles,
    };
    let get = async |channel: &str| world.store.audience_upload(MAIN, &sha256, channel).await.unwrap();
    assert_eq!(get("email").await, None);
    // One member in each block of 65,536 makes blocks of their own: some 2.5 MB, three pieces.
    let scattered = upload((1..200_000_u64).map(|n| n << 16).collect(), r#"{"malformed":3}"#);
    for kept in [upload(RoaringTreemap::new(), "{}"), scattered, upload((1..9).collect(), "{}")] {
        world.store.put_audience_upload(MAIN, kept.clone()).await.unwrap();
        assert_eq!(get("email").await, Some(kept), "the latest counts");
        assert_eq!(get("sms").await, None);
    }
    assert_eq!(world.store.audience_upload(WorkspaceId(2), &sha256, "email").await.unwrap(), None);
    assert_eq!(world.store.audience_upload(MAIN, "no\0such", "email").await.unwrap(), None);
    for bad in [
        AudienceUpload { sha256: "A0".repeat(32), ..upload(RoaringTreemap::new(), "{}") },
        AudienceUpload { channel: String::new(), ..upload(RoaringTreemap::new(), "{}") },
        upload(RoaringTreemap::new(), "[]"),
    ] {
        let refused = world.store.put_audience_upload(MAIN, bad).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    assert_eq!(get("email").await.unwrap().created_at, world.now());
    assert!(world.now() > Timestamp(0));
}
