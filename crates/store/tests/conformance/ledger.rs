//! The ledger, backups, keys, and the store's check of itself.

use std::collections::BTreeSet;

use consent::{AddressId, Choice, Evidence, Field, Level, ListId, Purpose, Subject, Target, Token};
use store::ledger::{LedgerReader, Opening, Receipt, VerifierKey};
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
        let whose = receipt.opening().unwrap().subject;
        (serde_json::from_slice::<serde_json::Value>(receipt.leaf()).unwrap(), whose)
    };
    let ((first, one), (second, other)) = (leaf(&first, 0).await, leaf(&second, 1).await);
    assert_eq!(first["sets"], serde_json::json!([[format!("list:{}", list.id.0), "", "n"]]));
    assert_eq!(second["sets"], serde_json::json!([["email", "", "n"]]));
    assert_eq!((&second["v"], &second["source"]), (&2.into(), &"one_click".into()));
    let minute = consent::Timestamp(at.0 - at.0 % 60_000_000).to_string();
    assert_eq!((&second["occurred_at"], &second["received_at"]), (&minute.clone().into(), &minute.into()));
    assert_eq!(one, other, "two receipts of one person show the same pseudonym");
    assert_eq!((first["evidence"].as_str(), second["evidence"].as_str().map(str::len)), (None, Some(64)));
    assert!(!second.to_string().contains("192.0.2.1") && !second.to_string().contains("example.com"));
    let missing = world.store.receipt(MAIN, consent::EntryId(9)).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}

/// The leaves of a store's ledger.
fn leaves(world: &World) -> Vec<String> {
    let reader = LedgerReader::open(world.store.ledger_dir(), None).unwrap();
    let leaves = reader.entries(0..reader.size()).unwrap();
    leaves.map(|leaf| String::from_utf8(leaf.unwrap()).unwrap()).collect()
}

pub async fn entries_of_one_person_have_nothing_in_common(world: &World) {
    let list = world.list("news").await;
    for turn in 0..6 {
        let target = [email(), Target::List(list.id), Target::Identity(Field::Email)][turn % 3];
        let subject = named("a@example.com");
        if turn < 3 {
            world.opt_out(subject, target).await
        } else {
            world.opt_in(subject, target).await
        };
    }
    world.opt_out(named("b@example.com"), email()).await;
    world.store.seal_ledger().await.unwrap();
    let leaves = leaves(world);
    assert_eq!(leaves.len(), 7);
    let mut seen = BTreeSet::new();
    for leaf in &leaves {
        // Whatever is long enough to tell two people apart stands in one entry only.
        for word in leaf.split('"').filter(|word| word.len() >= 16 && !word.ends_with('Z')) {
            assert!(seen.insert(word.to_owned()), "{word} is in two entries: {leaves:?}");
        }
        for time in leaf.split('"').filter(|word| word.ends_with('Z')) {
            assert!(time.ends_with(":00Z"), "closer than the minute: {time}");
        }
    }
    world.assert_sound().await;
}

pub async fn a_receipt_opens_its_own_entry_only(world: &World) {
    let mut receipts = Vec::new();
    for who in ["a@example.com", "a@example.com", "b@example.com"] {
        let recorded = world.opt_out(named(who), email()).await;
        let entry = match recorded.entry {
            Some(entry) => entry,
            None => world.opt_in(named(who), email()).await.entry.unwrap(),
        };
        receipts.push(Receipt::parse(&world.store.receipt(MAIN, entry).await.unwrap()).unwrap());
    }
    let key = VerifierKey::parse(&world.ledger_key).unwrap();
    let openings: Vec<_> = receipts.iter().map(|receipt| receipt.opening().unwrap().clone()).collect();
    assert_eq!(openings[0].subject, openings[1].subject);
    assert_ne!(openings[0].subject, openings[2].subject);
    assert_ne!(openings[0].blind, openings[1].blind);
    for (at, receipt) in receipts.iter().enumerate() {
        receipt.verify(&key).unwrap();
        for (of, opening) in openings.iter().enumerate().filter(|(of, _)| *of != at) {
            let swapped = receipt.clone().opened(Some(opening.clone()));
            assert!(swapped.verify(&key).is_err(), "the opening of {of} on {at}");
        }
        let stranger = Opening { subject: openings[(at + 2) % 3].subject, ..openings[at].clone() };
        for wrong in [Some(Opening { subject: [7; 16], ..openings[at].clone() }), Some(stranger), None] {
            let changed = receipt.clone().opened(wrong.clone());
            let fits = wrong.as_ref() == receipt.opening();
            let parsed = Receipt::parse(&changed.to_string()).unwrap();
            assert_eq!(parsed.verify(&key).is_ok(), fits, "{wrong:?}");
        }
    }
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
        reference: consent::Reference::NO_MESSAGE,
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
