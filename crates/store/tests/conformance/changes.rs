//! `record`: what is kept, what wins, what is refused.

use std::collections::HashSet;

use consent::decide::Suppressed;
use consent::{
    AddressId, Channel, Choice, ConsentChange, Decision, EntryId, Evidence, Exclusion, Field, ListId,
    Namespace, Origin, ProfileId, Reason, Rules, RunId, Source, Subject, Target, Timestamp, WorkspaceId,
    decide,
};
use store::{Applied, ProfileRow, StoreError, SuppressionEntry};

use super::support::{MAIN, World, address, change, email, named, row, row_saying};

fn marketing() -> consent::Message {
    consent::Message {
        channel: Channel::Email,
        category: consent::Category::Marketing,
        list: None,
        after_complaint: false,
    }
}

pub async fn a_refusal_is_kept_with_all_that_is_known_of_it(world: &World) {
    let profile = world.create(row("1", "Ada@Example.com")).await;
    let evidence = Evidence {
        ip: Some("192.0.2.7".to_owned()),
        user_agent: Some("Mail/1".to_owned()),
        raw: Some("List-Unsubscribe=One-Click".to_owned()),
        reason: Some("too many".to_owned()),
        ..Evidence::default()
    };
    let at = world.tick();
    let recorded = world
        .record(ConsentChange {
            run: Some(RunId(7)),
            evidence: evidence.clone(),
            ..change(named("ada@example.COM"), email(), Choice::No, Source::ONE_CLICK, at)
        })
        .await;
    let applied = Applied { target: email(), old: Choice::Unset, new: Choice::No };
    assert_eq!(recorded.profile, profile);
    assert_eq!(recorded.applied.to_vec(), vec![applied]);
    let entry = world.store.entry(MAIN, recorded.entry.unwrap()).await.unwrap().unwrap();
    assert_eq!((entry.profile, entry.run, entry.source.as_str()), (profile, Some(RunId(7)), "one_click"));
    assert_eq!((entry.occurred_at, entry.received_at), (Some(at), at));
    assert_eq!(entry.applied.to_vec(), vec![applied]);
    assert_eq!(entry.evidence, evidence);
    let view = world.view(profile).await;
    let held = &view.values[&Field::Email];
    assert_eq!((held.choice, held.at, Some(held.entry)), (Choice::No, at, recorded.entry));
    assert_eq!(held.reason.as_deref(), Some("too many"));
    assert_eq!(view.addresses[0].id, entry.address.unwrap());
    let reading = world.read(profile, Channel::Email).await;
    let decision = decide(&reading.recipient, &marketing(), &Rules::default());
    assert_eq!(decision, Decision::Exclude(Exclusion::of(Reason::OptedOutChannel)));
    world.assert_sound().await;
}

pub async fn the_latest_wins_whatever_the_order(world: &World) {
    let profile = world.create(row_saying("1", "a@example.com", Choice::Yes, Some(50))).await;
    let say = |choice, at| change(Subject::Profile(profile), email(), choice, Source::IMPORT, Timestamp(at));
    let older = world.record(say(Choice::No, 40)).await;
    assert_eq!((older.entry, older.outranked), (None, 1));
    let tie = world.record(say(Choice::No, 50)).await;
    assert_eq!(tie.applied[0].new, Choice::No);
    assert_eq!(world.record(say(Choice::Yes, 50)).await.outranked, 1);
    assert_eq!(world.record(say(Choice::Yes, 60)).await.applied[0].old, Choice::No);
    assert_eq!(world.view(profile).await.word.get(Field::Email), Choice::Yes);
    world.assert_sound().await;
}

pub async fn an_opt_out_for_an_unknown_address_binds_when_it_turns_up(world: &World) {
    let refused = world.opt_out(named("New.Person@Example.com"), email()).await;
    assert_eq!(world.owner("new.person@example.com").await, Some(refused.profile));
    let later = row_saying("77", "NEW.PERSON@EXAMPLE.COM", Choice::Yes, None);
    let outcome = world.import(later).await;
    assert_eq!(outcome, store::RowOutcome::Updated(refused.profile));
    let reading = world.read(refused.profile, Channel::Email).await;
    let decision = decide(&reading.recipient, &marketing(), &Rules::default());
    assert_eq!(decision, Decision::Exclude(Exclusion::of(Reason::OptedOutChannel)));
    assert_eq!(world.view(refused.profile).await.external_id.as_deref(), Some("77"));
    world.assert_sound().await;
}

pub async fn saying_no_twice_makes_one_entry(world: &World) {
    let first = world.opt_out(named("a@example.com"), email()).await;
    let again = world.opt_out(named("a@example.com"), email()).await;
    assert_eq!((again.entry, again.applied.len(), again.outranked), (None, 0, 0));
    let held = world.view(first.profile).await.values[&Field::Email].clone();
    assert_eq!((Some(held.entry), held.at), (first.entry, world.now()));
    // Consent from between the two doesn't lift it.
    let between = Timestamp(world.now().0 - 1);
    let yes = change(Subject::Profile(first.profile), email(), Choice::Yes, Source::IMPORT, between);
    assert_eq!(world.record(yes).await.outranked, 1);
    world.assert_sound().await;
}

pub async fn a_no_through_another_door_has_an_entry_of_its_own(world: &World) {
    let first = world.opt_out(named("a@example.com"), email()).await;
    let say = async |source: &str, at| {
        let evidence = Evidence { reason: Some(source.to_owned()), ..Evidence::default() };
        let source = source.parse().unwrap();
        let change = change(named("a@example.com"), email(), Choice::No, source, at);
        world.record(ConsentChange { evidence, ..change }).await
    };
    // At the same moment too, and by a clock that went backwards.
    let mut last = first.entry;
    for (turn, source) in ["phone-call", "page", "api"].into_iter().enumerate() {
        let at = Timestamp(world.now().0 + [5, 5, 0][turn]);
        let again = say(source, at).await;
        assert!(again.entry > last, "{source}");
        last = again.entry;
        assert!(again.applied.is_empty());
        let entry = world.store.entry(MAIN, again.entry.unwrap()).await.unwrap().unwrap();
        assert_eq!((entry.source.as_str(), entry.evidence.reason.as_deref()), (source, Some(source)));
        let held = world.view(first.profile).await.values[&Field::Email].clone();
        assert_eq!((Some(held.entry), held.choice), (again.entry, Choice::No));
    }
    assert_eq!(say("api", world.tick()).await.entry, None, "a double click");
    let run = change(named("a@example.com"), email(), Choice::No, Source::API, world.tick());
    assert!(world.record(ConsentChange { run: Some(RunId(9)), ..run.clone() }).await.entry.is_some());
    assert!(world.record(run).await.entry.is_some(), "an answer to another message");
    world.clock.0.fetch_add(24 * 60 * 60 * 1_000_000, std::sync::atomic::Ordering::SeqCst);
    assert!(say("api", world.now()).await.entry.is_some(), "a day later");
    world.assert_sound().await;
}

pub async fn a_renewed_yes_keeps_its_evidence(world: &World) {
    let first = world.opt_in(named("a@example.com"), email()).await;
    let at = world.tick();
    let evidence = Evidence { raw: Some("terms of June".to_owned()), ..Evidence::default() };
    let renewed = ConsentChange {
        evidence: evidence.clone(),
        ..change(Subject::Profile(first.profile), email(), Choice::Yes, Source::PAGE, at)
    };
    let renewed = world.record(renewed).await;
    assert!(renewed.applied.is_empty());
    let entry = world.store.entry(MAIN, renewed.entry.unwrap()).await.unwrap().unwrap();
    assert_eq!(entry.evidence, evidence);
    assert_eq!(entry.applied[0].old, Choice::Yes);
    world.assert_sound().await;
}

pub async fn all_changes_are_recorded_or_none(world: &World) {
    let first = world.opt_out(named("a@example.com"), email()).await;
    let now = world.tick();
    let good = change(named("b@example.com"), email(), Choice::No, Source::API, now);
    let bad = change(named("c@example.com"), Target::List(ListId(9)), Choice::No, Source::API, now);
    let refused = world.store.record(MAIN, vec![good.clone(), bad]).await;
    assert!(matches!(&refused, Err(StoreError::Missing(what)) if what == "lst_9"), "{refused:?}");
    assert_eq!(world.owner("b@example.com").await, None);
    let next = world.record(good).await;
    assert!(next.entry > first.entry);
    assert_eq!(world.store.counts(MAIN).await.unwrap().entries, 2);
    world.assert_sound().await;
}

pub async fn what_cannot_be_recorded_is_refused(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    let now = world.now();
    let known = change(Subject::Profile(profile), email(), Choice::No, Source::API, now);
    let twice = [(email(), Choice::No), (email(), Choice::Yes)].into_iter().collect();
    let large = Evidence { raw: Some("x".repeat(1 << 20)), ..Evidence::default() };
    for invalid in [
        ConsentChange { sets: [].into_iter().collect(), ..known.clone() },
        ConsentChange { sets: twice, ..known.clone() },
        ConsentChange { evidence: large, ..known.clone() },
        change(Subject::Profile(profile), Target::Identity(Field::Email), Choice::No, Source::API, now),
    ] {
        let refused = world.store.record(MAIN, vec![invalid]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    for missing in [Subject::Profile(ProfileId(999)), Subject::Address(AddressId(999))] {
        let refused =
            world.store.record(MAIN, vec![change(missing, email(), Choice::No, Source::API, now)]).await;
        assert!(matches!(refused, Err(StoreError::Missing(_))), "{refused:?}");
    }
    assert_eq!(world.store.counts(MAIN).await.unwrap().entries, 0);
}

pub async fn a_deliberate_yes_outdates_links(world: &World) {
    let mut both = row("1", "a@example.com");
    both.addresses.push(address("b@example.com"));
    let profile = world.create(both).await;
    let ids: Vec<AddressId> = world.view(profile).await.addresses.iter().map(|address| address.id).collect();
    let epochs = async || {
        let view = world.view(profile).await;
        view.addresses.iter().map(|address| address.epoch).collect::<Vec<_>>()
    };
    world.opt_in(Subject::Profile(profile), email()).await;
    assert_eq!(epochs().await, [0, 0], "nothing was refused");
    world.opt_out(Subject::Profile(profile), email()).await;
    assert_eq!(epochs().await, [0, 0]);
    world.opt_in(Subject::Address(ids[0]), email()).await;
    assert_eq!(epochs().await, [1, 1]);
    world.opt_out(Subject::Address(ids[1]), Target::Identity(Field::Email)).await;
    world.opt_in(Subject::Address(ids[1]), Target::Identity(Field::Email)).await;
    assert_eq!(epochs().await, [1, 2]);
    world.opt_out(Subject::Profile(profile), Target::Field(Field::Any)).await;
    let now = world.tick();
    let file = change(Subject::Profile(profile), Target::Field(Field::Any), Choice::Yes, Source::IMPORT, now);
    assert_eq!(world.record(file).await.applied.len(), 1);
    assert_eq!(epochs().await, [1, 2], "a file isn't the person");
    let list = Target::List(world.list("news").await.id);
    world.opt_out(Subject::Profile(profile), list).await;
    world.opt_in(Subject::Address(ids[0]), list).await;
    assert_eq!(epochs().await, [1, 2], "a list's yes leaves the links that leave the channel");
}

pub async fn workspaces_do_not_see_each_other(world: &World) {
    let recorded = world.opt_out(named("a@example.com"), email()).await;
    let other = WorkspaceId(2);
    assert_eq!(world.store.resolve(other, vec![address("a@example.com")]).await.unwrap(), [None]);
    assert_eq!(world.store.profile(other, recorded.profile).await.unwrap(), None);
    assert_eq!(world.store.entry(other, recorded.entry.unwrap()).await.unwrap(), None);
    assert!(world.store.history(other, recorded.profile, None, 9).await.unwrap().entries.is_empty());
    let change = change(Subject::Profile(recorded.profile), email(), Choice::Yes, Source::API, world.tick());
    assert!(matches!(world.store.record(other, vec![change]).await, Err(StoreError::Missing(_))));
    assert!(world.store.all_profiles(other).await.unwrap().is_empty());
}

pub async fn many_writers_at_once_lose_nothing(world: &World) {
    const WRITERS: i64 = 64;
    const EACH: i64 = 8;
    let now = world.tick();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = world.store.clone();
            tokio::spawn(async move {
                let mut entries = Vec::new();
                for number in 0..EACH {
                    // Half of them say no to an address of their own, half all to the same ones.
                    let name = if writer % 2 == 0 { writer } else { -1 };
                    let subject = named(&format!("p{name}-{number}@example.com"));
                    let change = change(subject, email(), Choice::No, Source::ONE_CLICK, now);
                    entries.extend(store.record(MAIN, vec![change]).await.unwrap()[0].entry);
                }
                entries
            })
        })
        .collect();
    let mut entries = Vec::new();
    for writer in writers {
        entries.extend(writer.await.unwrap());
    }
    let expected = WRITERS / 2 * EACH + EACH;
    assert_eq!(entries.len() as i64, expected, "one entry each");
    assert_eq!(entries.into_iter().collect::<HashSet<EntryId>>().len() as i64, expected);
    assert_eq!(world.store.seal_ledger().await.unwrap(), expected as u64, "the log has no gaps");
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, expected as u64);
    world.assert_sound().await;
}

pub async fn a_number_kept_with_its_trunk_prefix_is_the_number(world: &World) {
    let sms = Target::Field(Field::Sms);
    let (refused, suppressed, known) = ("+447911123401", "+447911123402", "+447911123403");
    let formerly = |number: &str| address(number).under_former_key().unwrap();
    let profile = world.opt_out(Subject::Named(formerly(refused), Origin::Stranger), sms).await.profile;
    assert_eq!(world.owner(refused).await, Some(profile));
    // Once more, and by an import, it is the same person.
    assert_eq!(world.opt_out(named(refused), sms).await.profile, profile);
    let row =
        ProfileRow { external_id: None, addresses: vec![address(refused)], ..row("1", "a@example.com") };
    world.import(row).await;
    assert_eq!(world.owner(refused).await, Some(profile));
    let reading = world.read(profile, Channel::Sms).await;
    assert_eq!(reading.recipient.profile.get(Field::Sms), Choice::No);
    assert_eq!(reading.address.unwrap().1, refused, "messages go to the number's present form");
    // An entry of the suppression list, for a stranger and for somebody known.
    let entry = |number: &str| SuppressionEntry {
        // By the name alone, so that it is kept as it stands.
        namespace: Namespace::Custom("phone".to_owned()),
        ..super::support::suppressed(formerly(number).key(), world.now())
    };
    world.store.suppress(MAIN, vec![entry(suppressed), entry(known)]).await.unwrap();
    let strangers = vec![address(suppressed), address("+447911123404")];
    let found = world.store.read_strangers(MAIN, strangers, world.now()).await.unwrap();
    assert_eq!((found[0].suppressed, found[1].suppressed), (Suppressed::Address, Suppressed::No));
    let row = ProfileRow { addresses: vec![address(known)], ..ProfileRow::default() };
    world.import(row).await;
    let profile = world.owner(known).await.unwrap();
    assert_eq!(world.read(profile, Channel::Sms).await.recipient.suppressed, Suppressed::Address);
    world.assert_sound().await;
}
