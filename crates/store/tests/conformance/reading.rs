//! `read`: what decisions and rendering get.

use consent::decide::{Allow, Reach, Suppressed};
use consent::{Channel, Choice, Field, ProfileId, Subject, Target};
use store::{ProfileRow, READ_MAX, Settings, StoreError};

use super::support::{MAIN, World, address, allowed, email, named, removal, row, row_saying, suppressed};

pub async fn answers_in_order_with_what_decisions_need(world: &World) {
    let one = world.create(row_saying("1", "One@example.com", Choice::No, Some(1))).await;
    let two = world.create(ProfileRow { country: "DE".parse().ok(), ..row("2", "two@example.com") }).await;
    let missing = ProfileId(999);
    let readings =
        world.store.read(MAIN, world.query(vec![two, missing, one, two], Channel::Email)).await.unwrap();
    let profiles: Vec<_> = readings.iter().map(|reading| reading.profile).collect();
    assert_eq!(profiles, [two, missing, one, two]);
    assert_eq!(
        readings[0].recipient.country.map(|country| country.as_str().to_owned()).as_deref(),
        Some("DE")
    );
    assert_eq!(readings[1].recipient.reach, Reach::Missing);
    assert_eq!(readings[2].recipient.profile.get(Field::Email), Choice::No);
    assert_eq!(readings[2].address.as_ref().unwrap().1, "One@example.com");
    assert_eq!((&readings[2].attributes, &readings[2].external_id), (&None, &None), "not asked for");
    let many = world.query(vec![one; READ_MAX + 1], Channel::Email);
    assert!(matches!(world.store.read(MAIN, many).await, Err(StoreError::Invalid(_))));
    assert_eq!(world.store.all_profiles(MAIN).await.unwrap().len(), 2);
}

pub async fn the_channel_decides_which_address(world: &World) {
    let mut both = row("1", "first@example.com");
    both.addresses.extend([address("second@example.com"), address("+4930123456")]);
    let profile = world.create(both).await;
    let view = world.view(profile).await;
    let second = view.addresses[1].id;
    world.opt_out(Subject::Address(second), Target::Identity(Field::Email)).await;
    assert_eq!(world.read(profile, Channel::Email).await.address.unwrap().1, "first@example.com");
    assert_eq!(world.read(profile, Channel::Sms).await.address.unwrap().1, "+4930123456");
    assert_eq!(world.read(profile, Channel::Push).await.recipient.reach, Reach::Missing);
    assert_eq!(world.read(profile, Channel::PostalMail).await.recipient.reach, Reach::Missing);
    let mut query = world.query(vec![profile], Channel::Email);
    query.addresses = Some(vec![second]);
    let reading = world.store.read(MAIN, query.clone()).await.unwrap().remove(0);
    assert_eq!(reading.recipient.identity.get(Field::Email), Choice::No);
    let mut twice = query.clone();
    twice.profiles.push(profile);
    twice.addresses = Some(vec![view.addresses[0].id, second]);
    let said = world.store.read(MAIN, twice).await.unwrap().into_iter();
    let said: Vec<_> = said.map(|reading| reading.recipient.identity.get(Field::Email)).collect();
    assert_eq!(said, [Choice::Unset, Choice::No], "each address answers for itself");
    query.addresses = Some(vec![view.addresses[2].id]);
    let reading = world.store.read(MAIN, query.clone()).await.unwrap().remove(0);
    assert_eq!(reading.recipient.reach, Reach::Missing, "a phone number is no email address");
    query.addresses = Some(vec![]);
    assert!(matches!(world.store.read(MAIN, query).await, Err(StoreError::Invalid(_))));
}

pub async fn lists_suppression_and_allow_lists_are_read(world: &World) {
    let profile = world.create(row("1", "A@Example.com")).await;
    let (news, other) = (world.list("news").await.id, world.list("other").await.id);
    let mut query = world.query(vec![profile], Channel::Email);
    query.list = Some(news);
    query.sender = Some("sender".to_owned());
    let read = async || world.store.read(MAIN, query.clone()).await.unwrap().remove(0).recipient;
    let recipient = read().await;
    assert_eq!((recipient.subscription, recipient.sender_blocked), (Choice::Unset, false));
    assert_eq!((recipient.suppressed, recipient.allow), (Suppressed::No, Allow::Off));
    world.opt_in(Subject::Profile(profile), Target::List(news)).await;
    world.opt_out(Subject::Profile(profile), Target::List(other)).await;
    assert_eq!(read().await.subscription, Choice::Yes);
    world.store.suppress(MAIN, vec![suppressed("example.com", world.now())]).await.unwrap();
    assert_eq!(read().await.suppressed, Suppressed::Domain);
    world.store.suppress(MAIN, vec![suppressed("a@example.com", world.now())]).await.unwrap();
    assert_eq!(read().await.suppressed, Suppressed::Address);
    world.store.unsuppress(MAIN, vec![removal("a@example.com", world.now())]).await.unwrap();
    assert_eq!(read().await.suppressed, Suppressed::Domain);
    let settings = Settings { allow_lists_active: vec!["email".to_owned()], ..Settings::default() };
    world.store.update_settings(MAIN, settings.replacing()).await.unwrap();
    assert_eq!(read().await.allow, Allow::NotListed);
    world.store.allow(MAIN, vec![allowed("example.com", world.now())]).await.unwrap();
    assert_eq!(read().await.allow, Allow::Listed);
}

pub async fn settings_changed_at_once_all_count(world: &World) {
    let domain = |n: usize| format!("d{n}.example");
    let changes = (0..20).map(|n| {
        let change = move |settings: &mut Settings| settings.mail_domains.push(domain(n));
        world.store.update_settings(MAIN, Box::new(change))
    });
    let answers = futures_util::future::join_all(changes).await;
    // Each is told of settings that hold its own change.
    for (n, answer) in answers.into_iter().enumerate() {
        assert!(answer.unwrap().mail_domains.contains(&domain(n)), "{n}");
    }
    let mut held = world.store.settings(MAIN).await.unwrap().mail_domains;
    held.sort();
    let mut expected: Vec<String> = (0..20).map(domain).collect();
    expected.sort();
    assert_eq!(held, expected);
}

pub async fn attributes_come_when_asked_for(world: &World) {
    let full = ProfileRow {
        locale: Some("de".to_owned()),
        time_zone: Some("Europe/Berlin".to_owned()),
        attributes: Some(r#"{"a":1}"#.to_owned()),
        ..row("1", "a@example.com")
    };
    let (profile, bare) = (world.create(full).await, world.create(row("2", "b@example.com")).await);
    let mut query = world.query(vec![profile, bare], Channel::Email);
    query.with_attributes = true;
    let readings = world.store.read(MAIN, query).await.unwrap();
    assert_eq!(readings[0].attributes.as_deref(), Some(r#"{"a":1}"#));
    assert_eq!((readings[0].locale.as_deref(), readings[0].external_id.as_deref()), (Some("de"), Some("1")));
    assert_eq!(readings[0].time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!((readings[1].attributes.as_deref(), readings[1].locale.as_deref()), (None, None));
}

pub async fn strangers_are_checked_too(world: &World) {
    world.store.suppress(MAIN, vec![suppressed("bad.example", world.now())]).await.unwrap();
    let asked = vec![address("x@good.example"), address("x@bad.example")];
    let recipients = world.store.read_strangers(MAIN, asked.clone(), world.now()).await.unwrap();
    assert_eq!((recipients[0].suppressed, recipients[1].suppressed), (Suppressed::No, Suppressed::Domain));
    assert_eq!(recipients[0].reach, Reach::Reachable);
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, 0, "asking makes nobody known");
    let owners =
        world.store.resolve_or_create(MAIN, asked, consent::Origin::Stranger, world.now()).await.unwrap();
    assert_ne!(owners[0].profile, owners[1].profile);
    assert_eq!(world.store.owner(MAIN, owners[0].address).await.unwrap().as_ref(), Some(&owners[0]));
}

pub async fn documents_hold_the_choices_of_today(world: &World) {
    let list = world.list("news").await;
    let remainder = r#"{"consents":{"marketing":{"email":{"note":"kept"}}}}"#;
    let with = ProfileRow { remainder: Some(remainder.to_owned()), ..row("1", "a@example.com") };
    let profile = world.create(with).await;
    world.opt_out(Subject::Profile(profile), email()).await;
    world.opt_out(named("a@example.com"), Target::Identity(Field::Any)).await;
    world.opt_in(Subject::Profile(profile), Target::List(list.id)).await;
    let document = store::document(&world.view(profile).await);
    assert_eq!(document["marketing"]["email"]["val"], "n");
    assert_eq!(document["marketing"]["email"]["note"], "kept");
    assert_eq!(document["idSpecific"]["email"]["a@example.com"]["marketing"]["any"]["val"], "n");
    assert!(document["marketing"]["email"]["subscriptions"]["news"].is_object(), "{document}");
    consent::xdm::Document::from_value(document).unwrap();
}
