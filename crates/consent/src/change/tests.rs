use proptest::prelude::*;

use super::*;

fn change(choice: Choice, occurred_at: Option<i64>, source: Source) -> (Choice, ConsentChange) {
    let change = ConsentChange {
        subject: Subject::Profile(ProfileId(1)),
        sets: smallvec::smallvec![(Target::Field(Field::Email), choice)],
        occurred_at: occurred_at.map(Timestamp),
        received_at: Timestamp(1_000),
        source,
        run: None,
        evidence: Evidence::default(),
    };
    (choice, change)
}

fn apply(
    current: Option<(Choice, Stamp)>,
    (choice, change): &(Choice, ConsentChange),
) -> Option<(Choice, Stamp)> {
    match resolve(current, *choice, change) {
        Resolution::Apply { at } => Some((*choice, Stamp { at, entry: EntryId(0) })),
        Resolution::Unchanged | Resolution::Outranked => current,
    }
}

fn run(changes: &[(Choice, ConsentChange)]) -> Choice {
    changes.iter().fold(None, apply).map_or(Choice::Unset, |(choice, _)| choice)
}

fn import(choice: Choice, at: Option<i64>) -> (Choice, ConsentChange) {
    change(choice, at, Source::IMPORT)
}

#[test]
fn the_latest_wins_and_ties_go_to_the_no() {
    use Choice::{DefaultNo, No, Pending, Yes};
    assert_eq!(run(&[import(No, Some(5)), import(Yes, Some(6))]), Yes);
    assert_eq!(run(&[import(Yes, Some(6)), import(No, Some(5))]), Yes);
    for (first, second) in [(Yes, No), (No, Yes), (Pending, No), (No, Pending)] {
        assert_eq!(run(&[import(first, Some(5)), import(second, Some(5))]), No);
    }
    assert_eq!(run(&[import(DefaultNo, Some(5)), import(Yes, Some(5))]), DefaultNo);
}

#[test]
fn undated_imports_never_override_a_no_and_undated_refusals_bind() {
    use Choice::{No, Yes};
    assert_eq!(run(&[import(No, Some(5)), import(Yes, None)]), No);
    assert_eq!(run(&[import(No, None), import(Yes, None)]), No);
    assert_eq!(run(&[import(Yes, None), import(No, None)]), No);
    assert_eq!(run(&[import(Yes, Some(5)), import(Choice::LegitimateInterest, None)]), Yes);
    assert_eq!(run(&[import(Yes, Some(5)), import(No, None)]), No);
    // Recorded as of the import (1000), so older consent doesn't lift it.
    assert_eq!(run(&[import(No, None), import(Yes, Some(999))]), No);
    let mut back = change(Yes, Some(2_000), Source::PAGE);
    back.1.received_at = Timestamp(2_000);
    assert_eq!(run(&[import(No, None), back.clone()]), Yes);
    // Another list may bring a newer refusal, and nothing tells it from the first: less is sent.
    assert_eq!(run(&[import(No, None), back, import(No, None)]), No);
}

#[test]
fn only_an_express_yes_lifts_a_no_in_an_import() {
    for choice in Choice::ALL {
        let lifted = run(&[import(Choice::No, Some(5)), import(choice, Some(6))]);
        let expected = if choice == Choice::Yes || choice.is_no() { choice } else { Choice::No };
        assert_eq!(lifted, expected, "{choice}");
    }
}

#[test]
fn a_yes_from_the_far_future_lifts_nothing() {
    let far = i64::MAX;
    assert_eq!(run(&[import(Choice::No, Some(5)), import(Choice::Yes, Some(far))]), Choice::No);
    assert_eq!(run(&[import(Choice::No, None), import(Choice::Yes, Some(far))]), Choice::No);
    assert_eq!(run(&[import(Choice::Yes, Some(5)), import(Choice::No, Some(far))]), Choice::No);
    // A clock that is a little ahead is believed.
    assert_eq!(run(&[import(Choice::No, Some(5)), import(Choice::Yes, Some(2_000))]), Choice::Yes);
}

#[test]
fn a_live_no_beats_a_clock_that_went_backwards() {
    let mut yes = change(Choice::Yes, Some(5_000), Source::PAGE);
    yes.1.received_at = Timestamp(5_000);
    assert_eq!(run(&[yes.clone(), change(Choice::No, Some(1_000), Source::ONE_CLICK)]), Choice::No);
    assert_eq!(run(&[yes, import(Choice::No, Some(1_000))]), Choice::Yes);
}

#[test]
fn a_time_in_the_future_counts_as_now() {
    let far = import(Choice::Yes, Some(i64::MAX));
    let no = change(Choice::No, Some(1_000), Source::ONE_CLICK);
    assert_eq!(run(&[far.clone(), no]), Choice::No);
    let mut again = far.clone();
    again.1.received_at = Timestamp(9_000);
    let held = apply(None, &far);
    assert_eq!(resolve(held, again.0, &again.1), Resolution::Unchanged);
}

#[test]
fn sources_are_short_and_plain() {
    assert_eq!("mailto".parse::<Source>().unwrap().as_str(), "mailto");
    for bad in ["", "A", "with space", "sixteen_letters_", "ü"] {
        assert_eq!(bad.parse::<Source>(), Err(InvalidSource), "{bad:?}");
    }
}

prop_compose! {
    fn any_import()(code in 1u8..12, at in proptest::option::of(0i64..4)) -> (Choice, ConsentChange) {
        import(Choice::from_code(code).unwrap(), at)
    }
}

proptest! {
    /// Dated yeses and noes commute: the outcome doesn't depend on the order of the files.
    #[test]
    fn dated_changes_commute(mut changes in proptest::collection::vec(any_import(), 1..6), seed: u64) {
        for (at, (choice, change)) in changes.iter_mut().enumerate() {
            change.occurred_at = Some(change.occurred_at.unwrap_or(Timestamp(at as i64 % 3)));
            *choice = if choice.code() % 2 == 0 { Choice::No } else { Choice::Yes };
        }
        let forwards = run(&changes);
        let rotation = usize::try_from(seed % changes.len() as u64).unwrap();
        changes.rotate_left(rotation);
        prop_assert_eq!(run(&changes), forwards);
        changes.reverse();
        prop_assert_eq!(run(&changes), forwards);
    }

    /// Reading a file again changes nothing.
    #[test]
    fn imports_are_idempotent(changes in proptest::collection::vec(any_import(), 1..6), pick: prop::sample::Index) {
        let state = changes.iter().fold(None, apply);
        let again = pick.get(&changes);
        let refusal_without_date = again.0.is_no() && again.1.occurred_at.is_none();
        // A file holds a value once. What another file says in between may change what an undated refusal does, and bring
        // a value into its own that a no held back before an express yes lifted that.
        let held_back = !again.0.is_no() && again.0 != Choice::Yes && changes.iter().any(|(choice, _)| choice.is_no());
        // A no outranks whatever is neither a yes nor a no, also where its own time is the older one.
        let outranks = again.0.is_no() && state.is_some_and(|(held, _)| !held.is_no() && held != Choice::Yes);
        if !refusal_without_date && !held_back && !outranks {
            prop_assert_eq!(apply(state, again), state);
        }
    }

    /// Whatever comes first, a live no holds afterwards.
    #[test]
    fn a_live_no_always_holds(changes in proptest::collection::vec(any_import(), 0..6)) {
        let mut all = changes;
        all.push(change(Choice::No, Some(1_000), Source::ONE_CLICK));
        prop_assert_eq!(run(&all), Choice::No);
    }
}
