//! What people prefer beside their choices.

use consent::{
    Category, Channel, Choice, Decision, Evidence, Exclusion, Field, Message, Pace, PauseDays, Preferred,
    ProfileId, Reason, Rules, Source, Subject, Target, Timestamp, WorkspaceId, decide,
};
use store::{PreferenceChange, Preferences, ProfileRow, RowOutcome, StoreError};

use super::support::{MAIN, World, address, email, named, row};

const DAY: i64 = 24 * 3_600 * 1_000_000;
const MARKETING: Message =
    Message { channel: Channel::Email, category: Category::Marketing, list: None, after_complaint: false };

impl World {
    /// A change of nothing yet, through a page, now.
    pub fn prefers(&self, subject: Subject) -> PreferenceChange {
        PreferenceChange::new(subject, Source::PAGE, self.now())
    }

    pub async fn set(&self, change: PreferenceChange) -> Option<consent::EntryId> {
        self.store.set_preferences(MAIN, change).await.unwrap()
    }

    pub async fn pause(&self, subject: Subject, until: Option<Timestamp>) -> Option<consent::EntryId> {
        self.tick();
        self.set(PreferenceChange { pause_until: Some(until), ..self.prefers(subject) }).await
    }

    pub async fn pace(&self, subject: Subject, pace: Pace) -> Option<consent::EntryId> {
        self.tick();
        self.set(PreferenceChange { pace: Some(pace), ..self.prefers(subject) }).await
    }

    async fn decision(&self, profile: ProfileId, at: Timestamp) -> Decision {
        let mut query = self.query(vec![profile], Channel::Email);
        query.now = at;
        let reading = self.store.read(MAIN, query).await.unwrap().remove(0);
        decide(&reading.recipient, &MARKETING, &Rules::default())
    }

    /// What the entry's evidence tells of preferences.
    async fn told(&self, entry: consent::EntryId) -> String {
        let entry = self.store.entry(MAIN, entry).await.unwrap().unwrap();
        assert!(entry.applied.is_empty(), "{entry:?}");
        entry.evidence.preferences.unwrap()
    }

    async fn preferences(&self, profile: ProfileId) -> Preferences {
        self.view(profile).await.preferences
    }
}

pub async fn a_preference_is_kept_with_an_entry_of_its_own(world: &World) {
    let profile =
        world.create(ProfileRow { locale: Some("en".to_owned()), ..row("1", "a@example.com") }).await;
    assert_eq!(world.preferences(profile).await, Preferences::default());
    let until = PauseDays::MONTH.until(world.tick());
    let evidence = Evidence { raw: Some("{\"page\":\"choices\"}".to_owned()), ..Evidence::default() };
    let change = PreferenceChange {
        pause_until: Some(Some(until)),
        pace: Some(Pace::Weekly),
        language: Some(Some("pt-BR".to_owned())),
        preferred: Some(Preferred::Sms),
        run: Some(consent::RunId(7)),
        evidence: evidence.clone(),
        ..world.prefers(named("A@example.com"))
    };
    let entry = world.set(change.clone()).await.unwrap();
    let view = world.view(profile).await;
    let expected = Preferences {
        pause_until: Some(until),
        pace: Pace::Weekly,
        language: Some("pt-BR".to_owned()),
        preferred: Preferred::Sms,
    };
    assert_eq!((&view.preferences, view.locale.as_deref()), (&expected, Some("pt-BR")));
    assert_eq!(view.word.preferred(), Preferred::Sms);
    assert_eq!(store::document(&view)["marketing"]["preferred"], "sms");
    let kept = world.store.entry(MAIN, entry).await.unwrap().unwrap();
    assert_eq!((kept.profile, kept.source, kept.run), (profile, Source::PAGE, Some(consent::RunId(7))));
    assert_eq!((kept.received_at, kept.occurred_at), (world.now(), Some(world.now())));
    assert!(kept.applied.is_empty() && kept.address == Some(view.addresses[0].id));
    let told = format!("pause_until={until} pace=weekly language=pt-BR preferred=sms");
    assert_eq!(kept.evidence, Evidence { preferences: Some(told), ..evidence });
    // The same again says nothing new; a part of it tells that part.
    world.tick();
    assert_eq!(world.set(PreferenceChange { received_at: world.now(), ..change }).await, None);
    let entry = world.pace(Subject::Profile(profile), Pace::Monthly).await.unwrap();
    assert_eq!(world.told(entry).await, "pace=monthly");
    assert_eq!(world.preferences(profile).await, Preferences { pace: Pace::Monthly, ..expected });
    let history = world.store.history(MAIN, profile, None, 9).await.unwrap().entries;
    assert_eq!(history.len(), 2);
    // All of it taken back: the imported locale counts again.
    let back = PreferenceChange {
        pause_until: Some(None),
        pace: Some(Pace::AsItComes),
        language: Some(None),
        preferred: Some(Preferred::Unset),
        ..world.prefers(Subject::Address(view.addresses[0].id))
    };
    let entry = world.set(back).await.unwrap();
    assert_eq!(world.told(entry).await, "pause_until=none pace=as_it_comes language=none preferred=unset");
    let view = world.view(profile).await;
    assert_eq!((view.preferences, view.locale.as_deref()), (Preferences::default(), Some("en")));
    assert_eq!(world.store.seal_ledger().await.unwrap(), 3);
    world.assert_sound().await;
}

pub async fn what_changes_nothing_leaves_no_trace(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    let now = world.tick();
    let nothing = PreferenceChange {
        pause_until: Some(None),
        pace: Some(Pace::AsItComes),
        language: Some(None),
        preferred: Some(Preferred::Unset),
        ..world.prefers(Subject::Profile(profile))
    };
    assert_eq!(world.set(nothing.clone()).await, None);
    // A pause that is over is none, whether it is asked for or was.
    let over = PreferenceChange { pause_until: Some(Some(now)), ..nothing.clone() };
    assert_eq!(world.set(over).await, None);
    assert_eq!(world.view(profile).await.word, consent::ConsentWord::EMPTY, "nobody looks for preferences");
    assert!(world.pause(Subject::Profile(profile), Some(Timestamp(now.0 + 5_000_000))).await.is_some());
    let later = Timestamp(now.0 + 9_000_000);
    assert_eq!(world.set(PreferenceChange { received_at: later, ..nothing }).await, None);
    assert_eq!(world.store.history(MAIN, profile, None, 9).await.unwrap().entries.len(), 1);
    world.assert_sound().await;
}

pub async fn what_cannot_be_preferred_is_refused(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    let now = world.tick();
    let longest = PauseDays::MAX.until(now);
    let change = world.prefers(Subject::Profile(profile));
    let until = |until| PreferenceChange { pause_until: Some(Some(until)), ..change.clone() };
    let speaks = |tag: &str| PreferenceChange { language: Some(Some(tag.to_owned())), ..change.clone() };
    let refused = [until(Timestamp(longest.0 + 1)), speaks(""), speaks("de_DE"), speaks(&"x".repeat(36))];
    for change in refused {
        let refused = world.store.set_preferences(MAIN, change.clone()).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{change:?}: {refused:?}");
    }
    let large = Evidence { raw: Some("x".repeat(1 << 17)), ..Evidence::default() };
    let refused = PreferenceChange { pace: Some(Pace::Weekly), evidence: large, ..change.clone() };
    let refused = world.store.set_preferences(MAIN, refused).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    let nobody = world.prefers(Subject::Profile(ProfileId(999)));
    let nobody = PreferenceChange { pace: Some(Pace::Weekly), ..nobody };
    let missing = world.store.set_preferences(MAIN, nobody).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    let elsewhere = PreferenceChange { pace: Some(Pace::Weekly), ..change.clone() };
    let missing = world.store.set_preferences(WorkspaceId(2), elsewhere).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    assert_eq!(world.preferences(profile).await, Preferences::default());
    assert!(world.store.history(MAIN, profile, None, 9).await.unwrap().entries.is_empty());
    assert!(world.set(until(longest)).await.is_some());
    world.assert_sound().await;
}

pub async fn a_pause_holds_marketing_back_until_it_is_over(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    let other = world.create(row("2", "b@example.com")).await;
    let until = Timestamp(world.now().0 + DAY);
    let entry = world.pause(Subject::Profile(profile), Some(until)).await.unwrap();
    assert_eq!(world.told(entry).await, format!("pause_until={until}"));
    let paused = Decision::Exclude(Exclusion::of(Reason::Paused));
    assert_eq!(world.decision(profile, world.now()).await, paused);
    assert_eq!(world.decision(profile, Timestamp(until.0 - 1)).await, paused);
    assert!(matches!(world.decision(profile, until).await, Decision::Permit(_)));
    assert!(matches!(world.decision(other, world.now()).await, Decision::Permit(_)), "nobody else");
    let reading = world.read(profile, Channel::Sms).await;
    assert!(reading.recipient.paused, "on every channel");
    // A no comes before, and the pause doesn't lift it.
    world.opt_out(Subject::Profile(profile), email()).await;
    assert_eq!(
        world.decision(profile, world.now()).await,
        Decision::Exclude(Exclusion::of(Reason::OptedOutChannel))
    );
    world.opt_in(Subject::Profile(profile), email()).await;
    assert_eq!(world.decision(profile, world.now()).await, paused);
    assert!(world.pause(Subject::Profile(profile), None).await.is_some());
    assert!(matches!(world.decision(profile, world.now()).await, Decision::Permit(_)));
    world.assert_sound().await;
}

pub async fn the_language_that_was_chosen_comes_first(world: &World) {
    let german = ProfileRow { locale: Some("de".to_owned()), ..row("1", "a@example.com") };
    let profile = world.create(german.clone()).await;
    let speaks = |tag: &str| PreferenceChange {
        language: Some(Some(tag.to_owned())),
        ..world.prefers(Subject::Profile(profile))
    };
    world.set(speaks("ja")).await.unwrap();
    let locales = async || {
        let mut query = world.query(vec![profile], Channel::Email);
        query.with_attributes = true;
        let reading = world.store.read(MAIN, query).await.unwrap().remove(0);
        let resolved = world.store.resolve(MAIN, vec![address("a@example.com")]).await.unwrap().remove(0);
        let resolved = resolved.unwrap();
        let made = world
            .store
            .resolve_or_create(MAIN, vec![address("a@example.com")], consent::Origin::Stranger, world.now())
            .await;
        let owner = world.store.owner(MAIN, resolved.address).await.unwrap().unwrap();
        let made = made.unwrap().remove(0);
        [reading.locale, resolved.locale, made.locale, owner.locale, world.view(profile).await.locale]
    };
    let all = |tag: &str| [(); 5].map(|()| Some(tag.to_owned()));
    assert_eq!(locales().await, all("ja"));
    // What record_for hands over, too.
    let address_id = world.view(profile).await.addresses[0].id;
    let (tell, told) = std::sync::mpsc::channel();
    let make = move |owner: &store::AddressOwner| {
        tell.send(owner.locale.clone()).unwrap();
        None
    };
    world.store.record_for(MAIN, address_id, Box::new(make)).await.unwrap();
    assert_eq!(told.try_iter().last(), Some(Some("ja".to_owned())));
    // A file doesn't change what the person chose; it is what counts when the person takes that back.
    world.import(ProfileRow { locale: Some("fr".to_owned()), ..german }).await;
    assert_eq!(locales().await, all("ja"));
    let back = PreferenceChange { language: Some(None), ..world.prefers(Subject::Profile(profile)) };
    world.set(back).await.unwrap();
    assert_eq!(locales().await, all("fr"));
    assert_eq!(world.read(profile, Channel::Email).await.locale, None, "not asked for");
}

pub async fn an_import_does_not_change_the_preferred_channel_that_was_chosen(world: &World) {
    let by_file = |preferred| ProfileRow { preferred: Some(preferred), ..row("1", "a@example.com") };
    let profile = world.create(by_file(Preferred::Email)).await;
    let subject = || Subject::Profile(profile);
    let choose = |preferred| PreferenceChange { preferred: Some(preferred), ..world.prefers(subject()) };
    assert_eq!(world.set(choose(Preferred::Email)).await, None, "that is what it was");
    assert!(matches!(world.import(by_file(Preferred::Phone)).await, RowOutcome::Updated(_)));
    assert!(world.set(choose(Preferred::Sms)).await.is_some());
    assert_eq!(world.import(by_file(Preferred::Phone)).await, RowOutcome::Unchanged(profile));
    assert_eq!(world.preferences(profile).await.preferred, Preferred::Sms);
    assert!(world.set(choose(Preferred::Unset)).await.is_some());
    assert!(matches!(world.import(by_file(Preferred::Phone)).await, RowOutcome::Updated(_)));
    assert_eq!(world.preferences(profile).await.preferred, Preferred::Phone);
    world.assert_sound().await;
}

pub async fn merged_people_keep_the_stricter_preference(world: &World) {
    let known = world.create(row("1", "old@example.com")).await;
    let (soon, late) = (Timestamp(world.now().0 + 5 * DAY), Timestamp(world.now().0 + 9 * DAY));
    world.pause(Subject::Profile(known), Some(late)).await.unwrap();
    let spoken = PreferenceChange {
        language: Some(Some("de".to_owned())),
        pace: Some(Pace::Weekly),
        preferred: Some(Preferred::Push),
        ..world.prefers(Subject::Profile(known))
    };
    world.set(spoken).await.unwrap();
    // Somebody known by nothing but an address prefers otherwise, later.
    world.pause(named("new@example.com"), Some(soon)).await.unwrap();
    let spoken = PreferenceChange {
        language: Some(Some("fr".to_owned())),
        pace: Some(Pace::Monthly),
        ..world.prefers(named("new@example.com"))
    };
    let made = world.store.entry(MAIN, world.set(spoken).await.unwrap()).await.unwrap().unwrap().profile;
    assert_eq!(world.import(row("1", "new@example.com")).await, RowOutcome::Updated(known));
    let expected = Preferences {
        pause_until: Some(late),
        pace: Pace::Monthly,
        language: Some("fr".to_owned()),
        preferred: Preferred::Push,
    };
    assert_eq!(world.preferences(known).await, expected);
    let history = world.store.history(MAIN, known, None, 9).await.unwrap().entries;
    assert_eq!((history.len(), history[0].source.as_str(), history[0].profile), (5, "import", known));
    assert_eq!(history[0].evidence.preferences.as_deref(), Some("pace=monthly language=fr"));
    // Nothing is left of the other, under its own id.
    assert_eq!(world.preferences(made).await, Preferences::default());
    assert!(!world.read(made, Channel::Email).await.recipient.paused);
    // The other way round: who prefers nothing takes all of it on.
    let plain = world.create(row("2", "plain@example.com")).await;
    world.pause(named("more@example.com"), Some(soon)).await.unwrap();
    world.import(row("2", "more@example.com")).await;
    assert_eq!(
        world.preferences(plain).await,
        Preferences { pause_until: Some(soon), ..Preferences::default() }
    );
    assert!(world.read(plain, Channel::Email).await.recipient.paused);
    world.assert_sound().await;
}

pub async fn an_entry_without_choices_cannot_be_undone(world: &World) {
    let profile = world.create(row("1", "a@example.com")).await;
    let entry = world.pace(Subject::Profile(profile), Pace::Weekly).await.unwrap();
    let undone = world.store.undo(MAIN, entry, world.tick(), Evidence::default()).await;
    assert!(matches!(undone, Err(StoreError::Invalid(_))), "{undone:?}");
    assert_eq!(world.preferences(profile).await.pace, Pace::Weekly);
    // Choices beside it are undone as ever.
    let refused = world.opt_out(Subject::Profile(profile), Target::Field(Field::Any)).await;
    world.store.undo(MAIN, refused.entry.unwrap(), world.tick(), Evidence::default()).await.unwrap();
    let view = world.view(profile).await;
    assert_eq!((view.word.get(Field::Any), view.preferences.pace), (Choice::Unset, Pace::Weekly));
    world.assert_sound().await;
}
