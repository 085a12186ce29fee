//! `undo_import`: what an import set is put back, and nobody becomes a recipient by it.

use consent::{Channel, Choice, Field, ImportId, Source, Timestamp};
use store::{
    ImportCounts, ImportPlace, NewImport, ProfileRow, RowConsent, RowOutcome, RowTarget, StoreError,
};

use super::support::{MAIN, World, address, change, email, named, row, row_saying, says, suppressed};

/// Begins an import of these rows, and ends it.
async fn import(world: &World, rows: Vec<ProfileRow>) -> (ImportId, Vec<RowOutcome>) {
    let started_at = world.tick();
    let new = NewImport { file: "people.csv".to_owned(), sha256: "00".to_owned(), started_at };
    let import = world.store.begin_import(MAIN, new).await.unwrap();
    let place = ImportPlace { import, first: 0 };
    let outcomes = world.store.import_rows(MAIN, place, rows).await.unwrap();
    let counts = ImportCounts { read: outcomes.len() as u64, ..ImportCounts::default() };
    world.store.finish_import(MAIN, import, counts, world.tick()).await.unwrap();
    (import, outcomes)
}

async fn undo(world: &World, import: ImportId) -> store::UndoCounts {
    let foretold = world.store.would_undo_import(MAIN, import, world.tick()).await.unwrap();
    let done = world.store.undo_import(MAIN, import, world.tick()).await.unwrap();
    assert_eq!((foretold.deleted, foretold.consents), (done.deleted, done.consents), "the dry run says so");
    assert_eq!(foretold.profiles, done.profiles);
    world.assert_sound().await;
    done
}

fn with_attributes(row: ProfileRow, attributes: &str) -> ProfileRow {
    ProfileRow { attributes: Some(attributes.to_owned()), ..row }
}

pub async fn an_import_is_taken_back_but_for_its_refusals(world: &World) {
    let before = world
        .create(with_attributes(
            row_saying("1", "a@example.com", Choice::Yes, Some(1)),
            r#"{"plan":"free","x":1}"#,
        ))
        .await;
    let held = world.view(before).await;
    let counts = world.store.counts(MAIN).await.unwrap();
    let rows = vec![
        ProfileRow {
            locale: Some("de".to_owned()),
            addresses: vec![address("new@example.com"), address("a@example.com")],
            consents: vec![says(Field::Sms, Choice::Yes, Some(5))],
            ..with_attributes(row("1", ""), r#"{"plan":"pro","y":2}"#)
        },
        with_attributes(row_saying("2", "b@example.com", Choice::Yes, Some(5)), r#"{"plan":"pro"}"#),
        row("3", "c@example.com"),
        with_attributes(row_saying("4", "d@example.com", Choice::No, Some(5)), r#"{"plan":"pro"}"#),
        row("5", "e@example.com"),
    ];
    let (import, outcomes) = import(world, rows).await;
    assert!(outcomes[1..].iter().all(|outcome| matches!(outcome, RowOutcome::Created(_))), "{outcomes:?}");
    world.opt_out(named("e@example.com"), email()).await;
    let done = undo(world, import).await;
    assert_eq!((done.profiles, done.restored, done.deleted), (5, 1, 2), "{done:?}");
    assert_eq!((done.kept_for_refusal, done.refusals_kept, done.addresses), (2, 1, 1), "{done:?}");
    let view = world.view(before).await;
    assert_eq!(
        (&view.attributes, &view.locale, &view.external_id),
        (&held.attributes, &held.locale, &held.external_id)
    );
    assert_eq!((&view.addresses, view.word.get(Field::Sms)), (&held.addresses, Choice::Unset));
    assert_eq!(view.values[&Field::Email], held.values[&Field::Email]);
    assert_eq!((world.owner("b@example.com").await, world.owner("c@example.com").await), (None, None));
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, counts.profiles + 2);
    for (kept, id) in [("d@example.com", "4"), ("e@example.com", "5")] {
        let view = world.view(world.owner(kept).await.unwrap()).await;
        assert_eq!(view.word.get(Field::Email), Choice::No);
        assert!(
            !view.word.has_default() && view.external_id.is_none() && view.attributes == "{}",
            "{view:?}"
        );
        // The id is free again.
        assert!(matches!(world.import(row(id, "")).await, RowOutcome::Created(_)));
    }
    let again = world.store.undo_import(MAIN, import, world.tick()).await.unwrap();
    assert_eq!(again, done, "the second time does nothing");
    let run = world.store.import_run(MAIN, import).await.unwrap().unwrap();
    assert!(run.undone_at.is_some() && run.counts.read == 5);
    let place = ImportPlace { import, first: 9 };
    let late = world.store.import_rows(MAIN, place, vec![row("9", "late@example.com")]).await;
    assert!(matches!(late, Err(StoreError::Superseded)), "{late:?}");
    let missing = world.store.undo_import(MAIN, ImportId(99), world.now()).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))));
}

pub async fn what_came_after_an_import_stays(world: &World) {
    let list = world.list("news").await;
    let subscribes = RowConsent {
        target: RowTarget::List(list.id),
        choice: Choice::Yes,
        at: Some(Timestamp(5)),
        reason: None,
    };
    let rows = vec![
        with_attributes(row_saying("1", "a@example.com", Choice::Yes, Some(5)), r#"{"plan":"pro"}"#),
        ProfileRow { consents: vec![subscribes], ..row("2", "b@example.com") },
        with_attributes(row("3", "c@example.com"), r#"{"plan":"pro","x":1}"#),
    ];
    let (first, _) = import(world, rows).await;
    let owner = world.owner("a@example.com").await.unwrap();
    // The person says so, too.
    let now = world.tick();
    world
        .record(change(
            named("a@example.com"),
            consent::Target::Field(Field::Sms),
            Choice::Yes,
            Source::PAGE,
            now,
        ))
        .await;
    let later = vec![with_attributes(row("3", "c@example.com"), r#"{"plan":"team"}"#)];
    let (second, _) = import(world, later).await;
    let done = undo(world, first).await;
    assert_eq!((done.deleted, done.kept_for_history, done.kept_for_import), (1, 1, 1), "{done:?}");
    let view = world.view(owner).await;
    assert_eq!((view.word.get(Field::Sms), view.word.get(Field::Email)), (Choice::Yes, Choice::Unset));
    assert!(!view.word.has_default() && view.external_id.is_none());
    let named_again = world.view(world.owner("c@example.com").await.unwrap()).await;
    assert!(named_again.word.has_default(), "the later import brings them in");
    assert_eq!(named_again.external_id.as_deref(), Some("3"));
    let done = undo(world, second).await;
    assert_eq!((done.restored, done.profiles), (1, 1));
    let view = world.view(world.owner("c@example.com").await.unwrap()).await;
    assert!(!view.word.has_default(), "no import stands that brings them in");
    assert_eq!(view.attributes, r#"{"plan":"pro","x":1}"#);
    // Ids that are gone are nobody else's.
    let fresh = world.create(row("7", "fresh@example.com")).await;
    assert!(world.store.history(MAIN, fresh, None, 9).await.unwrap().entries.is_empty());
}

pub async fn a_long_import_is_taken_back_to_its_last_row(world: &World) {
    const ROWS: usize = 1_300;
    let known = world.create(row("known", "known@example.com")).await;
    let person = |at: usize| {
        let (id, address) = (at.to_string(), format!("p{at}@example.com"));
        // Some say nothing, and have no entry.
        if at.is_multiple_of(3) {
            row(&id, &address)
        } else {
            row_saying(&id, &address, Choice::Yes, Some(5))
        }
    };
    let mut rows: Vec<_> = (0..ROWS).map(person).collect();
    // Between them one about somebody who was there, one that is rejected, and two about people named before.
    rows[400] = with_attributes(row("known", "known@example.com"), r#"{"plan":"pro"}"#);
    rows[800] = row("", "");
    rows.push(with_attributes(row("100", "p100@example.com"), r#"{"plan":"pro"}"#));
    rows.push(row_saying("1299", "p1299@example.com", Choice::No, Some(6)));
    let counts = world.store.counts(MAIN).await.unwrap();
    let (import, outcomes) = import(world, rows).await;
    let created = outcomes.iter().filter(|outcome| matches!(outcome, RowOutcome::Created(_))).count();
    assert_eq!(created, ROWS - 2);
    world.opt_out(named("p600@example.com"), email()).await;
    let done = undo(world, import).await;
    assert_eq!((done.profiles, done.restored), (ROWS as u64 - 1, 1), "{done:?}");
    assert_eq!((done.deleted, done.kept_for_refusal), (ROWS as u64 - 4, 2), "{done:?}");
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, counts.profiles + 2);
    assert_eq!(world.view(known).await.attributes, "{}");
    for (at, is_kept) in [(0, false), (100, false), (499, false), (500, false), (600, true), (1_299, true)] {
        let owner = world.owner(&format!("p{at}@example.com")).await;
        assert_eq!(owner.is_some(), is_kept, "{at}");
        if let Some(owner) = owner {
            assert!(world.view(owner).await.word.get(Field::Email).is_no());
        }
    }
}

/// Whoever may be sent to by email, of these addresses.
async fn reached(world: &World, addresses: &[String]) -> Vec<bool> {
    let mut reached = Vec::new();
    for text in addresses {
        let is_reached = match world.owner(text).await {
            Some(profile) => {
                let recipient = world.read(profile, Channel::Email).await.recipient;
                recipient.suppressed == consent::decide::Suppressed::No
                    && recipient.allow != consent::decide::Allow::NotListed
                    && sends(&world.view(profile).await)
            }
            None => false,
        };
        reached.push(is_reached);
    }
    reached
}

/// Whether a profile's own choices leave its first address to be sent to, without more than a default.
fn sends(view: &store::ProfileView) -> bool {
    let says = |choice: Choice| match choice {
        Choice::Unset | Choice::Unknown => None,
        choice => Some(choice.is_yes()),
    };
    let own = view.addresses.first().and_then(|one| one.values.get(&Field::Email)).map(|held| held.choice);
    let choices = [own.unwrap_or_default(), view.word.get(Field::Email), view.word.get(Field::Any)];
    if choices.iter().any(|choice| choice.is_no()) {
        return false;
    }
    choices.into_iter().find_map(says).unwrap_or(view.word.has_default())
}

/// Every way in which two choices can follow each other, and what stood before.
const CHOICES: [Choice; 8] = [
    Choice::Unset,
    Choice::Yes,
    Choice::No,
    Choice::Pending,
    Choice::Unknown,
    Choice::DefaultYes,
    Choice::DefaultNo,
    Choice::LegitimateInterest,
];

pub async fn taking_an_import_back_makes_nobody_a_recipient(world: &World) {
    let saying = |id: String, choice: Choice, at: i64| {
        let consents =
            if choice == Choice::Unset { vec![] } else { vec![says(Field::Email, choice, Some(at))] };
        ProfileRow { consents, ..row(&id, &format!("p{id}@example.com")) }
    };
    let (mut first, mut second, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    for (at, old) in CHOICES.into_iter().enumerate() {
        for (also, new) in CHOICES.into_iter().enumerate() {
            let id = format!("{at}-{also}");
            first.push(saying(id.clone(), old, 5));
            addresses.push(format!("p{id}@example.com"));
            let extra = address(&format!("extra{id}@bounced.example"));
            let mut row = saying(id, new, 9);
            row.addresses.insert(0, extra);
            second.push(row);
        }
        // Whom only the import knows, and whom it finds among those who turned up.
        for kind in ["only", "turned"] {
            let id = format!("{kind}{at}");
            if kind == "turned" {
                world
                    .store
                    .resolve_or_create(
                        MAIN,
                        vec![address(&format!("p{id}@example.com"))],
                        consent::Origin::Stranger,
                        world.now(),
                    )
                    .await
                    .unwrap();
            }
            addresses.push(format!("p{id}@example.com"));
            second.push(saying(id, old, 9));
        }
    }
    world.store.import(MAIN, first).await.unwrap();
    let stranger = world.create(row("x", "px@example.com")).await;
    let (import, _) = import(world, second).await;
    world.store.suppress(MAIN, vec![suppressed("bounced.example", world.now())]).await.unwrap();
    let before = reached(world, &addresses).await;
    let refusals = refusals(world, &addresses).await;
    let done = undo(world, import).await;
    assert!(done.addresses_kept > 0 && done.consents > 0 && done.refusals_kept > 0, "{done:?}");
    let after = reached(world, &addresses).await;
    for ((address, before), after) in addresses.iter().zip(before).zip(after) {
        assert!(before || !after, "{address} has become a recipient");
    }
    let left = self::refusals(world, &addresses).await;
    assert!(refusals.iter().all(|refusal| left.contains(refusal)), "{refusals:?} {left:?}");
    assert!(world.view(stranger).await.word.has_default());
}

/// Which of these addresses have said no.
async fn refusals(world: &World, addresses: &[String]) -> Vec<String> {
    let mut refusals = Vec::new();
    for text in addresses {
        let Some(profile) = world.owner(text).await else { continue };
        if world.view(profile).await.word.get(Field::Email).is_no() {
            refusals.push(text.clone());
        }
    }
    refusals
}
