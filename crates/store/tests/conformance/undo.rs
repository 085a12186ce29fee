//! `undo`.

use consent::{Choice, EntryId, Evidence, Field, Source, Subject, Target, Timestamp};
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

/// What a self-test did and put back is told from what people did, and outdates none of their links.
pub async fn of_a_self_test_is_its_own(world: &World) {
    let profile = world.create(row_saying("1", "a@example.com", Choice::Yes, Some(5))).await;
    let before = world.view(profile).await.addresses[0].epoch;
    let tested = change(Subject::Profile(profile), email(), Choice::No, Source::SELF_TEST, world.tick());
    let entry = world.record(tested).await.entry.unwrap();
    let undone = world.store.undo(MAIN, entry, world.tick(), Evidence::default()).await.unwrap();
    let recorded = world.store.entry(MAIN, undone.entry.unwrap()).await.unwrap().unwrap();
    assert_eq!(recorded.source, Source::SELF_TEST);
    let view = world.view(profile).await;
    assert_eq!((view.word.get(Field::Email), view.addresses[0].epoch), (Choice::Yes, before));
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

pub async fn comes_too_late_after_the_same_no_through_another_door(world: &World) {
    let late = async |entry| {
        let late = world.store.undo(MAIN, entry, world.tick(), Evidence::default()).await;
        assert!(matches!(late, Err(StoreError::Superseded)), "{late:?}");
    };
    let first = world.opt_out(named("a@example.com"), email()).await;
    let at = world.tick();
    let call = change(named("a@example.com"), email(), Choice::No, "phone-call".parse().unwrap(), at);
    let call = world.record(call).await.entry.unwrap();
    late(first.entry.unwrap()).await;
    // And a link takes back only what links have said.
    let pressed = world.opt_out(named("a@example.com"), email()).await.entry.unwrap();
    let undone = world.store.undo(MAIN, pressed, world.tick(), Evidence::default()).await.unwrap();
    assert!(undone.entry.is_none() && undone.applied.is_empty(), "{undone:?}");
    late(call).await;
    assert_eq!(world.view(first.profile).await.word.get(Field::Email), Choice::No);

    // A file makes no entry, and stands all the same.
    let first = world.opt_out(named("b@example.com"), email()).await;
    let at = world.tick();
    let file = change(named("b@example.com"), email(), Choice::No, Source::IMPORT, at);
    assert_eq!(world.record(file).await.entry, None);
    late(first.entry.unwrap()).await;
    let pressed = world.opt_out(named("b@example.com"), email()).await;
    assert!(pressed.entry.is_some(), "after a file's no, a click is a refusal of its own");
    world.store.undo(MAIN, pressed.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    assert_eq!(world.view(first.profile).await.word.get(Field::Email), Choice::No);

    // An older no in a file says nothing new.
    let first = world.opt_out(named("c@example.com"), email()).await;
    let older = Timestamp(world.now().0 - 9);
    world.record(change(named("c@example.com"), email(), Choice::No, Source::IMPORT, older)).await;
    world.store.undo(MAIN, first.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    assert_eq!(world.view(first.profile).await.word.get(Field::Email), Choice::Unset);
    world.assert_sound().await;
}

pub async fn takes_back_the_button_in_the_mail_and_the_one_on_the_page(world: &World) {
    let subject = named("a@example.com");
    let profile = world.opt_in(subject.clone(), email()).await.profile;
    world.opt_out(subject.clone(), email()).await;
    world.opt_out(named("b@example.com"), email()).await;
    let at = world.tick();
    let page = world.record(change(subject.clone(), email(), Choice::No, Source::PAGE, at)).await;
    let undone =
        world.store.undo(MAIN, page.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    assert_eq!((undone.applied[0].old, undone.applied[0].new), (Choice::No, Choice::Yes));
    assert_eq!(world.view(profile).await.word.get(Field::Email), Choice::Yes);
    world.assert_sound().await;
}
