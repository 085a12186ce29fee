//! The ledger, backups, keys, and the store's check of itself.

use consent::{AddressId, Choice, Evidence, Field, Level, ListId, Purpose, Subject, Target, Token};
use store::ledger::{Receipt, VerifierKey};
use store::{ProfileRow, RowConsent, RowTarget, StoreError};

use super::support::{MAIN, World, email, named, row, row_saying};

pub async fn entries_are_sealed_and_proved(world: &World) {
    let list = world.list("news").await;
    let first = world.opt_out(named("a@example.com"), Target::List(list.id)).await;
    let at = world.tick();
    let mut change =
        super::support::change(named("a@example.com"), email(), Choice::No, consent::Source::ONE_CLICK, at);
    change.evidence = Evidence { ip: Some("192.0.2.1".to_owned()), ..Evidence::default() };
    let second = world.record(change).await;
    assert_eq!(world.store.seal_ledger().await.unwrap(), 2);
    let counts = world.store.counts(MAIN).await.unwrap();
    assert_eq!((counts.entries, counts.sealed), (2, 2));
    let key = VerifierKey::parse(&world.ledger_key).unwrap();
    let leaf = async |recorded: &store::Recorded, index: u64| {
        let receipt = world.store.receipt(MAIN, recorded.entry.unwrap()).await.unwrap();
        let receipt = Receipt::parse(&receipt).unwrap();
        receipt.verify(&key).unwrap();
        assert_eq!(receipt.index(), index);
        serde_json::from_slice::<serde_json::Value>(receipt.leaf()).unwrap()
    };
    let (first, second) = (leaf(&first, 0).await, leaf(&second, 1).await);
    assert_eq!(first["sets"], serde_json::json!([[format!("list:{}", list.id.0), "", "n"]]));
    assert_eq!(second["sets"], serde_json::json!([["email", "", "n"]]));
    assert_eq!((&second["v"], &second["source"]), (&1.into(), &"one_click".into()));
    assert_eq!(second["occurred_at"], at.to_string());
    assert_eq!(first["subject"], second["subject"]);
    assert_eq!((first["evidence"].as_str(), second["evidence"].as_str().map(str::len)), (None, Some(64)));
    assert!(!second.to_string().contains("192.0.2.1") && !second.to_string().contains("example.com"));
    let missing = world.store.receipt(MAIN, consent::EntryId(9)).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}

pub async fn history_comes_in_pages(world: &World) {
    let mut entries = Vec::new();
    for turn in 0..5 {
        let subject = named("a@example.com");
        let recorded = if turn % 2 == 0 {
            world.opt_out(subject, email()).await
        } else {
            world.opt_in(subject, email()).await
        };
        entries.insert(0, recorded.entry.unwrap());
        world.opt_out(named("other@example.com"), Target::Field(Field::ALL[turn + 1])).await;
    }
    let profile = world.owner("a@example.com").await.unwrap();
    let first = world.store.history(MAIN, profile, None, 3).await.unwrap();
    let second = world.store.history(MAIN, profile, Some(first.entries[2].id), 3).await.unwrap();
    assert_eq!((first.entries.len(), first.more, second.entries.len(), second.more), (3, true, 2, false));
    let ids: Vec<_> = first.entries.iter().chain(&second.entries).map(|entry| entry.id).collect();
    assert_eq!(ids, entries);
}

pub async fn a_backup_opens_and_verifies(world: &World) {
    if world.store.is_shared() {
        let into = std::path::PathBuf::from("/nowhere");
        let refused = world.store.backup(into, Box::new(|_, _| ())).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        return;
    }
    let rows = (0..600)
        .map(|n| row_saying(&n.to_string(), &format!("{n}@example.com"), Choice::Yes, Some(n)))
        .collect();
    world.store.import(MAIN, rows).await.unwrap();
    let refused = world.opt_out(named("7@example.com"), email()).await;
    let dir = tempfile::tempdir().unwrap();
    let into = dir.path().join("copy");
    let (pages, heard) = std::sync::mpsc::channel();
    let progress = Box::new(move |done, total| {
        let _ = pages.send((done, total));
    });
    world.store.backup(into.clone(), progress).await.unwrap();
    let (done, total) = heard.into_iter().last().unwrap();
    assert!(total > 0 && done == total, "{done} of {total}");
    let again = world.store.backup(into.clone(), Box::new(|_, _| ())).await;
    assert!(matches!(again, Err(StoreError::Exists(_))), "{again:?}");
    // What happens after the backup isn't in it.
    world.opt_out(named("8@example.com"), email()).await;
    let copy = (world.open)(&into);
    assert_eq!(copy.check().await.unwrap(), Vec::<String>::new());
    assert_eq!(
        copy.profile(MAIN, refused.profile).await.unwrap(),
        world.store.profile(MAIN, refused.profile).await.unwrap()
    );
    assert_eq!(copy.counts(MAIN).await.unwrap().entries, 601);
    let receipt = Receipt::parse(&copy.receipt(MAIN, refused.entry.unwrap()).await.unwrap()).unwrap();
    receipt.verify(&VerifierKey::parse(&world.ledger_key).unwrap()).unwrap();
    let token = a_token();
    assert_eq!(copy.key_ring().sign(&token), world.store.key_ring().sign(&token), "links work in the copy");
}

fn a_token() -> Token {
    Token {
        purpose: Purpose::Unsubscribe,
        level: Level::Channel,
        workspace: MAIN,
        address: AddressId(1),
        reference: 0,
        list: ListId(0),
        epoch: 0,
    }
}

pub async fn old_links_outlive_a_new_key(world: &World) {
    let old = world.store.key_ring().sign(&a_token()).unwrap();
    let id = world.store.rotate_link_key(world.tick()).await.unwrap();
    assert_eq!(id, 2);
    let new = world.store.key_ring().sign(&a_token()).unwrap();
    assert_ne!(old, new);
    for link in [old, new] {
        assert_eq!(world.store.key_ring().read_url(&link.to_url()), Ok(a_token()));
    }
}

pub async fn a_sound_store_has_no_findings(world: &World) {
    world.assert_sound().await;
    let list = world.list("news").await;
    let consents = vec![RowConsent {
        target: RowTarget::List(list.id),
        choice: Choice::Pending,
        at: None,
        reason: None,
    }];
    let profile = world.create(ProfileRow { consents, ..row("1", "a@example.com") }).await;
    world.opt_in(Subject::Profile(profile), Target::List(list.id)).await;
    world.opt_out(Subject::Profile(profile), Target::Field(Field::Any)).await;
    world.opt_out(Subject::Profile(profile), Target::Field(Field::Any)).await;
    let undone = world.opt_out(named("a@example.com"), Target::Identity(Field::Sms)).await;
    world.store.undo(MAIN, undone.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    world.assert_sound().await;
}
