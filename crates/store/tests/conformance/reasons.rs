//! Why people opted out.

use consent::{EntryId, Pace, RunId, Source, Subject, WorkspaceId};
use store::{GivenReason, StoreError};

use super::support::{MAIN, World, change, email, named, row};

impl World {
    async fn refusal(&self, who: &str, run: Option<i64>) -> EntryId {
        let now = self.tick();
        let no = change(named(who), email(), consent::Choice::No, Source::ONE_CLICK, now);
        let no = consent::ConsentChange { run: run.map(RunId), ..no };
        self.record(no).await.entry.unwrap()
    }

    async fn because(&self, entry: EntryId, code: &str, text: &str) -> GivenReason {
        let at = self.tick();
        self.store.give_reason(MAIN, entry, code, text, at).await.unwrap();
        GivenReason { entry, code: code.to_owned(), text: text.to_owned(), at }
    }
}

pub async fn a_reason_is_kept_until_it_is_erased(world: &World) {
    let entries = [
        world.refusal("a@example.com", Some(1)).await,
        world.refusal("b@example.com", Some(1)).await,
        world.refusal("c@example.com", Some(2)).await,
        world.refusal("d@example.com", None).await,
    ];
    world.because(entries[0], "other", "first thought").await;
    let first = world.because(entries[0], "too_many", "Zu viel \u{1f6d1}\nwirklich").await;
    let second = world.because(entries[1], "too_many", "").await;
    let third = world.because(entries[2], "never-asked", "").await;
    let given = async |entries: &[EntryId]| world.store.reasons_given(MAIN, entries.to_vec()).await.unwrap();
    let back = [entries[3], entries[2], entries[0], entries[1], EntryId(999)];
    let mut expected = vec![first.clone(), second, third];
    expected.sort_by_key(|given| given.entry);
    assert_eq!(given(&back).await, expected, "what was said last");
    assert!(given(&[]).await.is_empty());
    assert!(world.store.reasons_given(WorkspaceId(2), back.to_vec()).await.unwrap().is_empty());
    let counts = async |run: Option<i64>| world.store.reason_counts(MAIN, run.map(RunId)).await.unwrap();
    let count = |code: &str, n| (code.to_owned(), n);
    assert_eq!(counts(None).await, [count("too_many", 2), count("never-asked", 1)]);
    assert_eq!(counts(Some(2)).await, [count("never-asked", 1)]);
    assert!(counts(Some(3)).await.is_empty());
    assert_eq!(world.store.erase_reasons(WorkspaceId(2), entries.to_vec()).await.unwrap(), 0);
    assert_eq!(world.store.erase_reasons(MAIN, vec![entries[0], entries[3]]).await.unwrap(), 1);
    assert_eq!(world.store.erase_reasons(MAIN, vec![]).await.unwrap(), 0);
    assert_eq!(counts(Some(1)).await, [count("too_many", 1)]);
    assert!(given(&entries[..1]).await.is_empty());
    world.assert_sound().await;
}

pub async fn a_reason_is_for_an_opt_out(world: &World) {
    let refusal = world.refusal("a@example.com", None).await;
    let profile = world.create(row("1", "b@example.com")).await;
    let yes = world.opt_in(Subject::Profile(profile), email()).await.entry.unwrap();
    let paced = world.pace(Subject::Profile(profile), Pace::Weekly).await.unwrap();
    let now = world.now();
    for entry in [yes, paced] {
        let refused = world.store.give_reason(MAIN, entry, "x", "", now).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    for (workspace, entry) in [(MAIN, EntryId(999)), (WorkspaceId(2), refusal)] {
        let missing = world.store.give_reason(workspace, entry, "x", "", now).await;
        assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    }
    let long = "ä".repeat(501);
    for (code, text) in [("two words", ""), (&*"x".repeat(65), ""), ("x", &*long)] {
        let refused = world.store.give_reason(MAIN, refusal, code, text, now).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    // At the limits, with what PostgreSQL can't keep.
    let text = format!("\0{}", "ä".repeat(499));
    world.store.give_reason(MAIN, refusal, &"x".repeat(64), &text, now).await.unwrap();
    let given = world.store.reasons_given(MAIN, vec![refusal]).await.unwrap().remove(0);
    assert_eq!(given.text, text.replace('\0', "\u{fffd}"));
}

pub async fn opt_outs_of_a_run_count_people_once(world: &World) {
    let said = async |who: &str, run: i64, source: Source, choice: consent::Choice| {
        let now = world.tick();
        let change = consent::ConsentChange {
            run: Some(RunId(run)),
            ..change(named(who), email(), choice, source, now)
        };
        world.record(change).await
    };
    let no = consent::Choice::No;
    // The same person by two ways, and twice by one.
    said("a@example.com", 1, Source::ONE_CLICK, no).await;
    let now = world.tick();
    let all =
        change(named("a@example.com"), consent::Target::Field(consent::Field::Any), no, Source::PAGE, now);
    world.record(consent::ConsentChange { run: Some(RunId(1)), ..all }).await;
    said("a@example.com", 1, Source::ONE_CLICK, no).await;
    said("b@example.com", 1, Source::MAILTO, no).await;
    said("c@example.com", 1, Source::COMPLAINT, no).await;
    said("d@example.com", 1, Source::PAGE, no).await;
    said("d@example.com", 1, Source::UNDO, consent::Choice::Yes).await;
    said("e@example.com", 1, Source::SELF_TEST, no).await;
    said("f@example.com", 1, Source::CONFIRM, consent::Choice::Yes).await;
    said("g@example.com", 2, Source::ONE_CLICK, no).await;
    world.refusal("h@example.com", None).await;
    let counted = async |run| world.store.run_opt_outs(MAIN, RunId(run)).await.unwrap();
    let of = |source: &str| (source.to_owned(), 1);
    let expected = store::RunOptOuts {
        people: 3,
        by_source: [of("one_click"), of("mailto"), of("complaint")].into(),
        undone: 1,
    };
    assert_eq!(counted(1).await, expected);
    assert_eq!(counted(2).await.people, 1);
    assert_eq!(counted(3).await, store::RunOptOuts::default());
    assert_eq!(world.store.run_opt_outs(WorkspaceId(2), RunId(1)).await.unwrap().people, 0);
    // Two who turn out to be one.
    said("i@example.com", 4, Source::ONE_CLICK, no).await;
    said("j@example.com", 4, Source::MAILTO, no).await;
    assert_eq!(counted(4).await.people, 2);
    let addresses = ["i@example.com", "j@example.com"].map(|text| consent::Address::email(text).unwrap());
    let row = store::ProfileRow {
        external_id: Some("one".to_owned()),
        addresses: addresses.into(),
        received_at: world.tick(),
        ..store::ProfileRow::default()
    };
    world.import(row).await;
    let one = store::RunOptOuts { people: 1, by_source: [of("one_click")].into(), undone: 0 };
    assert_eq!(counted(4).await, one);
}
