//! `import`: whom a row is about, and what it may change.

use consent::decide::Reach;
use consent::{Channel, Choice, Field, ListId, Namespace, Preferred, Source, Subject, Target, Timestamp};
use store::{IMPORT_MAX, ProfileRow, RowConsent, RowOutcome, RowTarget, StoreError};

use super::support::{MAIN, World, address, change, crm, email, named, row, row_saying, says};

pub async fn creates_updates_and_leaves_alone(world: &World) {
    let full = ProfileRow {
        locale: Some("de-AT".to_owned()),
        time_zone: Some("Europe/Vienna".to_owned()),
        country: "AT".parse().ok(),
        attributes: Some(r#"{"plan":"pro"}"#.to_owned()),
        preferred: Some(Preferred::Email),
        remainder: Some(r#"{"consents":{"x":1}}"#.to_owned()),
        ..row_saying("1", "Ada@Example.com", Choice::Yes, Some(5))
    };
    let profile = world.create(full.clone()).await;
    let view = world.view(profile).await;
    assert_eq!((view.external_id.as_deref(), view.locale.as_deref()), (Some("1"), Some("de-AT")));
    assert_eq!(view.country.map(|country| country.as_str().to_owned()).as_deref(), Some("AT"));
    assert_eq!((view.attributes.as_str(), view.word.preferred()), (r#"{"plan":"pro"}"#, Preferred::Email));
    assert_eq!(view.addresses[0].raw, "Ada@Example.com");
    assert_eq!(
        (view.values[&Field::Email].choice, view.values[&Field::Email].at),
        (Choice::Yes, Timestamp(5))
    );
    let entries = world.store.counts(MAIN).await.unwrap().entries;
    assert_eq!(world.import(full.clone()).await, RowOutcome::Unchanged(profile));
    assert_eq!(world.store.counts(MAIN).await.unwrap().entries, entries);
    assert_eq!(world.view(profile).await, view, "the same file again changes nothing");
    for changed in [
        ProfileRow { locale: Some("fr".to_owned()), ..full.clone() },
        ProfileRow { attributes: Some(r#"{"plan":"team"}"#.to_owned()), ..full.clone() },
        ProfileRow { consents: vec![says(Field::Email, Choice::No, Some(6))], ..full.clone() },
        ProfileRow { remainder: Some(r#"{"consents":{"y":2}}"#.to_owned()), ..full.clone() },
    ] {
        assert_eq!(world.import(changed.clone()).await, RowOutcome::Updated(profile));
        assert_eq!(world.import(changed).await, RowOutcome::Unchanged(profile));
    }
    let view = world.view(profile).await;
    assert_eq!(view.remainder.as_deref(), Some(r#"{"consents":{"x":1,"y":2}}"#));
    world.assert_sound().await;
}

pub async fn a_shared_number_costs_the_number(world: &World) {
    let number = address("+4930123456");
    let with = |id: &str, email: &str| {
        let mut with = row(id, email);
        with.addresses.push(number.clone());
        with
    };
    let first = world.create(with("1", "a@example.com")).await;
    let refused =
        ProfileRow { consents: vec![says(Field::Sms, Choice::No, None)], ..with("2", "b@example.com") };
    let RowOutcome::Without { outcome, left_out } = world.import(refused).await else {
        panic!("the number is somebody else's")
    };
    assert_eq!(left_out, ["phone belongs to another profile"]);
    let RowOutcome::Created(second) = *outcome else { panic!("the rest goes in: {outcome:?}") };
    assert_eq!(world.view(second).await.addresses.len(), 1);
    // A refusal of texts holds for the number, whoever else has it.
    let held = world.view(first).await;
    assert_eq!(held.word.get(Field::Sms), Choice::Unset);
    assert_eq!(held.addresses[1].values[&Field::Sms].choice, Choice::No);
    // The main address says who it is: that of somebody else is no mix-up of numbers.
    let taken = RowOutcome::Rejected("email belongs to another profile".to_owned());
    assert_eq!(world.import(with("3", "b@example.com")).await, taken);
    world.assert_sound().await;
}

pub async fn a_row_without_an_id_finds_its_profile_by_address(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    assert_eq!(
        world.import(row("", "A@example.com")).await,
        RowOutcome::Updated(profile),
        "another spelling"
    );
    assert_eq!(world.import(row("", "A@example.com")).await, RowOutcome::Unchanged(profile));
    assert_eq!(world.view(profile).await.external_id.as_deref(), Some("1"));
    let anonymous = world.create(row("", "b@example.com")).await;
    assert_eq!(world.import(row("2", "b@example.com")).await, RowOutcome::Updated(anonymous));
    assert_eq!(world.view(anonymous).await.external_id.as_deref(), Some("2"));
}

pub async fn adopts_whoever_opted_out_before(world: &World) {
    let refused = world.opt_out(named("a@example.com"), email()).await;
    let adopting = ProfileRow {
        addresses: vec![address("first@example.com"), address("a@example.com")],
        ..row_saying("9", "", Choice::Yes, Some(1))
    };
    assert_eq!(world.import(adopting).await, RowOutcome::Updated(refused.profile));
    let view = world.view(refused.profile).await;
    assert_eq!(view.word.get(Field::Email), Choice::No, "older consent doesn't lift it");
    let raws: Vec<_> = view.addresses.iter().map(|address| address.raw.as_str()).collect();
    assert_eq!(raws, ["first@example.com", "a@example.com"]);
    world.assert_sound().await;
}

pub async fn keeps_the_refusals_of_a_row_that_conflicts(world: &World) {
    let list = world.list("news").await;
    let owner = world.create(row_saying("1", "a@example.com", Choice::Yes, Some(5))).await;
    let other = world.create(row("2", "b@example.com")).await;
    let consents = vec![
        says(Field::Email, Choice::No, Some(9)),
        says(Field::Sms, Choice::No, Some(9)),
        says(Field::Push, Choice::Yes, Some(9)),
        RowConsent { target: RowTarget::List(list.id), choice: Choice::No, at: None, reason: None },
    ];
    let rejected = world.import(ProfileRow { consents, ..row("2", "a@example.com") }).await;
    let RowOutcome::Rejected(reason) = rejected else { panic!("{rejected:?}") };
    assert!(reason.contains("email belongs to another profile") && reason.contains("refusals"), "{reason}");
    assert!(!reason.contains("example.com"), "no personal data in reasons");
    let owner = world.view(owner).await;
    assert_eq!(owner.word.get(Field::Email), Choice::Yes, "the other person hasn't said so");
    assert_eq!(
        owner.addresses[0].values[&Field::Email].choice,
        Choice::No,
        "but nothing goes to that address"
    );
    assert!(
        !owner.addresses[0].values.contains_key(&Field::Sms),
        "a refusal of another channel isn't about it"
    );
    assert_eq!(owner.subscriptions[0].2.choice, Choice::No);
    let other = world.view(other).await;
    assert_eq!((other.word.get(Field::Email), other.word.get(Field::Sms)), (Choice::No, Choice::No));
    assert_eq!(
        (other.word.get(Field::Push), other.addresses.len()),
        (Choice::Unset, 1),
        "nothing but refusals"
    );
    world.assert_sound().await;
}

pub async fn two_owners_are_never_merged(world: &World) {
    world.create(row("", "a@example.com")).await;
    world.create(row("", "b@example.com")).await;
    let mut both = row_saying("1", "a@example.com", Choice::DefaultNo, None);
    both.addresses.push(address("b@example.com"));
    let outcome = world.import(both).await;
    assert!(matches!(outcome, RowOutcome::Rejected(_)), "{outcome:?}");
    for text in ["a@example.com", "b@example.com"] {
        let view = world.view(world.owner(text).await.unwrap()).await;
        assert_eq!(view.addresses[0].values[&Field::Email].choice, Choice::DefaultNo);
        assert_eq!(view.external_id, None);
    }
    world.create(row("7", "c@example.com")).await;
    let outcome = world.import(row("8", "c@example.com")).await;
    assert!(matches!(outcome, RowOutcome::Rejected(_)), "{outcome:?}");
    world.assert_sound().await;
}

pub async fn merges_profiles_that_are_nothing_but_an_address(world: &World) {
    let one = world.opt_out(named("a1@example.com"), email()).await;
    let two = world.opt_out(named("a2@example.com"), email()).await;
    let made = vec![address("a3@example.com")];
    let three = world
        .store
        .resolve_or_create(MAIN, made, consent::Origin::Stranger, world.tick())
        .await
        .unwrap()
        .remove(0);
    world.store.seal_ledger().await.unwrap();
    let mut all = row("A", "a1@example.com");
    all.addresses.extend([address("a2@example.com"), address("a3@example.com")]);
    let profile = one.profile;
    assert_eq!(world.import(all.clone()).await, RowOutcome::Updated(profile));
    assert_eq!(world.import(all).await, RowOutcome::Unchanged(profile));
    let view = world.view(profile).await;
    assert_eq!((view.external_id.as_deref(), view.addresses.len()), (Some("A"), 3));
    assert_eq!(view.word.get(Field::Email), Choice::No);
    let history = world.store.history(MAIN, profile, None, 9).await.unwrap().entries;
    let ids: Vec<_> = history.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [two.entry.unwrap(), one.entry.unwrap()], "a file that says the same no has no entry");
    assert_eq!(history[0].profile, two.profile, "as it stands in the log");
    // The ids that are gone still stand in runs: nobody may be mailed there, or be asked again.
    for gone in [two.profile, three.profile] {
        assert_eq!(world.read(gone, Channel::Email).await.recipient.reach, Reach::Missing);
        let mut query = world.query(vec![gone], Channel::Email);
        query.addresses = Some(vec![three.address]);
        assert_eq!(world.store.read(MAIN, query).await.unwrap()[0].recipient.reach, Reach::Missing);
    }
    assert_eq!(world.store.all_profiles(MAIN).await.unwrap().iter().collect::<Vec<_>>(), [profile.0 as u64]);
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, 1);
    let late = world.store.undo(MAIN, two.entry.unwrap(), world.tick(), consent::Evidence::default()).await;
    assert!(matches!(late, Err(StoreError::Superseded)), "{late:?}");
    // What someone still records under the old id reaches the person.
    let recorded = world.opt_out(Subject::Profile(three.profile), Target::Field(Field::Sms)).await;
    assert_eq!(recorded.profile, profile);
    // Part of an import now, so it's somebody.
    let outcome = world.import(row("B", "a2@example.com")).await;
    assert!(matches!(outcome, RowOutcome::Rejected(_)), "{outcome:?}");
    world.store.seal_ledger().await.unwrap();
    world.assert_sound().await;
}

pub async fn a_known_profile_takes_on_a_refused_address(world: &World) {
    for (id, choice_at, expected) in [("early", 1, Choice::No), ("late", i64::MAX, Choice::Yes)] {
        let (old, new) = (format!("{id}-old@example.com"), format!("{id}-new@example.com"));
        let known = world.create(row(id, &old)).await;
        let refusal = {
            let at = world.tick();
            let evidence =
                consent::Evidence { reason: Some("too many".to_owned()), ..consent::Evidence::default() };
            let said = change(named(&new), email(), Choice::No, Source::OPERATOR, at);
            world.record(consent::ConsentChange { evidence, ..said }).await
        };
        let at = Timestamp(choice_at.min(world.tick().0));
        world.record(change(Subject::Profile(known), email(), Choice::Yes, Source::IMPORT, at)).await;
        // The file is older than what it moves.
        assert_eq!(world.import(row(id, &new)).await, RowOutcome::Updated(known));
        let view = world.view(known).await;
        assert_eq!(view.addresses.iter().map(|one| one.raw.clone()).collect::<Vec<_>>(), [new.clone(), old]);
        assert_eq!(view.word.get(Field::Email), expected, "{id}");
        let held = match expected {
            Choice::No => view.values[&Field::Email].clone(),
            _ => view.addresses[0].values[&Field::Email].clone(),
        };
        assert_eq!((held.choice, held.reason.as_deref()), (Choice::No, Some("too many")));
        let reading = world.read(known, Channel::Email).await;
        let marketing = consent::Message {
            channel: Channel::Email,
            category: consent::Category::Marketing,
            list: None,
            after_complaint: false,
        };
        let decision = consent::decide(&reading.recipient, &marketing, &consent::Rules::default());
        assert!(matches!(decision, consent::Decision::Exclude(_)), "{id}: {decision:?}");
        let history = world.store.history(MAIN, known, None, 9).await.unwrap().entries;
        assert!(history.iter().any(|entry| Some(entry.id) == refusal.entry));
        assert_eq!(history[0].profile, known, "and the merge has an entry of its own");
        world.assert_sound().await;
    }
}

pub async fn a_merge_carries_choices_over(world: &World) {
    let list = Target::List(world.list("news").await.id);
    let known = world.create(row("1", "old@example.com")).await;
    world.opt_out(Subject::Profile(known), email()).await;
    for (target, choice) in [
        (email(), Choice::Yes),
        (Target::Field(Field::Sms), Choice::Yes),
        (Target::Field(Field::Any), Choice::No),
        (list, Choice::No),
        (Target::Identity(Field::Push), Choice::No),
    ] {
        let at = world.tick();
        world.record(change(named("new@example.com"), target, choice, Source::API, at)).await;
    }
    let mut moved = row("1", "old@example.com");
    moved.addresses.push(address("new@example.com"));
    assert_eq!(world.import(moved).await, RowOutcome::Updated(known));
    let view = world.view(known).await;
    assert_eq!(view.word.get(Field::Email), Choice::No, "consent of before anybody knew lifts no refusal");
    assert_eq!((view.word.get(Field::Sms), view.word.get(Field::Any)), (Choice::Yes, Choice::No));
    assert_eq!(view.subscriptions[0].2.choice, Choice::No);
    assert_eq!(view.addresses[1].values[&Field::Push].choice, Choice::No);
    assert_eq!(world.store.list_profiles(MAIN, ListId(1)).await.unwrap().len(), 1);
    world.assert_sound().await;
}

pub async fn merges_attributes_and_orders_addresses(world: &World) {
    let with = |attributes: &str, addresses: &[&str]| ProfileRow {
        attributes: Some(attributes.to_owned()),
        addresses: addresses.iter().map(|text| address(text)).collect(),
        ..row("1", "")
    };
    let profile = world.create(with(r#"{"a":1,"b":{"c":1}}"#, &["a@example.com", "+4930123456"])).await;
    world.import(with(r#"{"b":{"d":2},"e":null}"#, &["b@example.com", "+4930999999", "a@example.com"])).await;
    let view = world.view(profile).await;
    let attributes: serde_json::Value = serde_json::from_str(&view.attributes).unwrap();
    assert_eq!(attributes, serde_json::json!({"a": 1, "b": {"d": 2}, "e": null}));
    let raws: Vec<_> = view.addresses.iter().map(|address| address.raw.as_str()).collect();
    assert_eq!(raws, ["b@example.com", "a@example.com", "+4930999999", "+4930123456"]);
    world.import(with("{}", &["a@example.com"])).await;
    let view = world.view(profile).await;
    assert_eq!(view.addresses[0].raw, "a@example.com", "an address named again comes first again");
    assert_eq!(world.import(with("{}", &["a@example.com"])).await, RowOutcome::Unchanged(profile));
    world.assert_sound().await;
}

pub async fn never_resubscribes(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    world.clock.0.store(2_000_000_000, std::sync::atomic::Ordering::SeqCst);
    world.opt_out(Subject::Profile(profile), email()).await;
    for at in [None, Some(1), Some(1_999_999_999)] {
        let outcome = world.import(row_saying("1", "a@example.com", Choice::Yes, at)).await;
        assert_eq!(outcome, RowOutcome::Unchanged(profile), "{at:?}");
    }
    assert_eq!(world.view(profile).await.word.get(Field::Email), Choice::No);
}

pub async fn reads_rows_one_after_another(world: &World) {
    let rows = vec![
        row_saying("1", "a@example.com", Choice::Yes, Some(5)),
        row_saying("1", "A@example.com", Choice::No, Some(6)),
        row("", "b@example.com"),
        row("2", "b@example.com"),
        row("3", "a@example.com"),
        row("1", "a@example.com"),
    ];
    let outcomes = world.store.import(MAIN, rows).await.unwrap();
    let [
        RowOutcome::Created(one),
        RowOutcome::Updated(again),
        RowOutcome::Created(two),
        RowOutcome::Updated(adopted),
    ] = &outcomes[..4]
    else {
        panic!("{outcomes:?}")
    };
    assert_eq!((one, two), (again, adopted));
    assert!(matches!(outcomes[4], RowOutcome::Rejected(_)));
    assert_eq!(outcomes[5], RowOutcome::Updated(*one), "the spelling of the first row again");
    assert_eq!(world.view(*one).await.word.get(Field::Email), Choice::No);
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, 2);
    world.assert_sound().await;
}

pub async fn refuses_what_is_past_the_limits(world: &World) {
    let bad = [
        ProfileRow { received_at: Timestamp(1), ..ProfileRow::default() },
        row(&"x".repeat(257), "a@example.com"),
        ProfileRow { external_id: Some(String::new()), ..row("", "a@example.com") },
        ProfileRow { attributes: Some("[1]".to_owned()), ..row("1", "a@example.com") },
        ProfileRow {
            attributes: Some(format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20))),
            ..row("1", "a@example.com")
        },
        ProfileRow { locale: Some("x".repeat(65)), ..row("1", "a@example.com") },
        ProfileRow {
            addresses: (0..101).map(|n| address(&format!("{n}@example.com"))).collect(),
            ..row("1", "")
        },
    ];
    let count = bad.len();
    let outcomes = world.store.import(MAIN, bad.to_vec()).await.unwrap();
    let rejected = outcomes.iter().filter(|outcome| matches!(outcome, RowOutcome::Rejected(_))).count();
    assert_eq!(rejected, count, "{outcomes:?}");
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, 0);
    let many = vec![row("1", "a@example.com"); IMPORT_MAX + 1];
    assert!(matches!(world.store.import(MAIN, many).await, Err(StoreError::Invalid(_))));
    let mut most = row(&"x".repeat(256), "");
    for n in 0..100 {
        most.addresses.extend([address(&format!("{n}@most.example")), address(&format!("+49301234{n:03}"))]);
    }
    let full = world.create(most).await;
    assert_eq!(world.view(full).await.addresses.len(), 200);
    // What is stored is sound, so attributes that aren't JSON show when they are merged.
    let profile =
        world.create(ProfileRow { attributes: Some("{}".to_owned()), ..row("1", "a@example.com") }).await;
    let broken = ProfileRow { attributes: Some("{broken}".to_owned()), ..row("1", "a@example.com") };
    assert!(matches!(world.import(broken).await, RowOutcome::Rejected(_)));
    assert_eq!(world.view(profile).await.attributes, "{}");
}

pub async fn a_row_for_a_missing_list_is_rejected(world: &World) {
    let list = |id| RowConsent { target: RowTarget::List(id), choice: Choice::Yes, at: None, reason: None };
    let known = world.list("news").await.id;
    let consents = vec![list(known), list(ListId(99)), says(Field::Email, Choice::No, None)];
    let outcome = world.import(ProfileRow { consents, ..row("1", "a@example.com") }).await;
    assert!(matches!(&outcome, RowOutcome::Rejected(reason) if reason.contains("lst_99")), "{outcome:?}");
    assert_eq!(world.owner("a@example.com").await, None);
    let profile = world.create(ProfileRow { consents: vec![list(known)], ..row("1", "a@example.com") }).await;
    let view = world.view(profile).await;
    assert_eq!((view.subscriptions[0].1.as_str(), view.subscriptions[0].2.choice), ("news", Choice::Yes));
    assert_eq!(
        world.store.list_profiles(MAIN, known).await.unwrap().iter().collect::<Vec<_>>(),
        [profile.0 as u64]
    );
    world.assert_sound().await;
}

pub async fn consents_for_an_address_bring_the_address(world: &World) {
    let identity = |address, at| RowConsent {
        target: RowTarget::Identity(address, Field::Email),
        choice: Choice::No,
        at: Some(Timestamp(at)),
        reason: Some("left".to_owned()),
    };
    let consents = vec![identity(address("old@example.com"), 5), identity(crm("C-1"), 5)];
    let full = ProfileRow { consents, ..row("1", "a@example.com") };
    let profile = world.create(full.clone()).await;
    let view = world.view(profile).await;
    assert_eq!(view.addresses.len(), 3);
    assert_eq!(view.addresses[1].values[&Field::Email].choice, Choice::No);
    assert_eq!(view.addresses[1].values[&Field::Email].reason.as_deref(), Some("left"));
    assert_eq!(view.addresses[2].namespace, Namespace::Custom("crm".to_owned()));
    assert_eq!(world.import(full).await, RowOutcome::Unchanged(profile));
    let lifted = world.opt_in(named("old@example.com"), Target::Identity(Field::Email)).await;
    assert_eq!(lifted.profile, profile);
    assert_eq!(world.view(profile).await.addresses[1].values[&Field::Email].choice, Choice::Yes);
    world.assert_sound().await;
}
