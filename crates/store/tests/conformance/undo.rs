//! `undo`.

use consent::{Choice, EntryId, Evidence, Field, Source, Subject, Target};
use store::StoreError;

use super::support::{MAIN, World, change, email, named, row_saying};

pub async fn returns_each_value_to_what_it_was(world: &World) {
    let profile = world.create(row_saying("1", "a@example.com", Choice::Yes, Some(5))).await;
    let now = world.tick();
    let mut both = change(Subject::Profile(profile), email(), Choice::No, Source::ONE_CLICK, now);
    both.sets.push((Target::Field(Field::Sms), Choice::No));
    let entry = world.record(both).await.entry.unwrap();
    // A click that is repeated, as mail programs do, doesn't come in the way.
    world.opt_out(Subject::Profile(profile), email()).await;
    let at = world.tick();
    let evidence = Evidence { ip: Some("192.0.2.1".to_owned()), ..Evidence::default() };
    let undone = world.store.undo(MAIN, entry, at, evidence.clone()).await.unwrap();
    assert_eq!(undone.applied.len(), 2);
    let view = world.view(profile).await;
    assert_eq!(view.word.get(Field::Email), Choice::Yes);
    assert_eq!(view.word.get(Field::Sms), Choice::Unset);
    let recorded = world.store.entry(MAIN, undone.entry.unwrap()).await.unwrap().unwrap();
    assert_eq!((recorded.source, recorded.evidence), (Source::UNDO, evidence));
    // Undone once; a second time there is nothing to take back.
    let again = world.store.undo(MAIN, entry, world.tick(), Evidence::default()).await;
    assert!(matches!(again, Err(StoreError::Superseded)), "{again:?}");
    // Taking back the taking back silences again.
    world.store.undo(MAIN, undone.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    assert_eq!(world.view(profile).await.word.get(Field::Email), Choice::No);
    world.assert_sound().await;
}

pub async fn comes_too_late_after_a_newer_choice(world: &World) {
    let first = world.opt_out(named("a@example.com"), email()).await;
    world.opt_in(named("a@example.com"), email()).await;
    let newest = world.opt_out(named("a@example.com"), email()).await;
    let late = world.store.undo(MAIN, first.entry.unwrap(), world.tick(), Evidence::default()).await;
    assert!(matches!(late, Err(StoreError::Superseded)), "{late:?}");
    let view = world.view(first.profile).await;
    assert_eq!(
        (view.word.get(Field::Email), Some(view.values[&Field::Email].entry)),
        (Choice::No, newest.entry)
    );
    let unknown = world.store.undo(MAIN, EntryId(999), world.tick(), Evidence::default()).await;
    assert!(matches!(unknown, Err(StoreError::Missing(_))), "{unknown:?}");
}

pub async fn works_while_the_clock_stands_still(world: &World) {
    let refused = world.opt_out(named("a@example.com"), email()).await;
    world.store.undo(MAIN, refused.entry.unwrap(), world.now(), Evidence::default()).await.unwrap();
    assert_eq!(world.view(refused.profile).await.word.get(Field::Email), Choice::Unset);
    // And a no at that moment wins again.
    let now = world.now();
    world.record(change(named("a@example.com"), email(), Choice::No, Source::ONE_CLICK, now)).await;
    assert_eq!(world.view(refused.profile).await.word.get(Field::Email), Choice::No);
    world.assert_sound().await;
}

pub async fn works_for_addresses_and_lists(world: &World) {
    let list = world.list("news").await;
    let now = world.tick();
    let mut change =
        change(named("a@example.com"), Target::List(list.id), Choice::No, Source::ONE_CLICK, now);
    change.sets.push((Target::Identity(Field::Email), Choice::No));
    let refused = world.record(change).await;
    assert_eq!(world.view(refused.profile).await.subscriptions[0].2.choice, Choice::No);
    world.store.undo(MAIN, refused.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    let view = world.view(refused.profile).await;
    assert_eq!(view.subscriptions[0].2.choice, Choice::Unset);
    assert_eq!(view.addresses[0].values[&Field::Email].choice, Choice::Unset);
    assert_eq!(view.addresses[0].epoch, 0, "an undo is no new subscription");
    world.assert_sound().await;
}
