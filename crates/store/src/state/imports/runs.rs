//! Runs: rows of an import that did nothing but create one profile after the other are kept as one. Most rows of a first
//! import are such, and writing each would take as long as writing its profile.

use std::borrow::Cow;

use consent::{EntryId, ProfileId};

use super::image::{BRINGS_IN, CREATED, Image, PROFILES, RUN, Touch};

/// Puts rows together. A run has at most as many profiles as are taken back in one transaction.
pub(super) fn fold(touches: &[Touch]) -> Vec<Cow<'_, Touch>> {
    let mut folded = Vec::new();
    let mut rest = touches;
    while let Some(first) = rest.first() {
        let (run, behind) = rest.split_at(length(rest));
        folded.push(if run.len() > 1 { Cow::Owned(together(run)) } else { Cow::Borrowed(first) });
        rest = behind;
    }
    folded
}

/// How many of the first rows make a run; 1 if they make none.
fn length(touches: &[Touch]) -> usize {
    let mut next_entry = None;
    let mut length = 0;
    for (touch, before) in touches.iter().zip(std::iter::once(None).chain(touches.iter().map(Some))) {
        let follows = before.is_none_or(|before| {
            touch.profile.0 == before.profile.0 + 1
                && touch.number == before.number + 1
                && (touch.flags ^ before.flags) & !BRINGS_IN == 0
        });
        if length == PROFILES || !follows || !only_creates(touch) {
            break;
        }
        for entry in &touch.image.entries {
            if next_entry.is_some_and(|next| next != entry.0) {
                return length.max(1);
            }
            next_entry = Some(entry.0 + 1);
        }
        length += 1;
    }
    length.max(1)
}

fn only_creates(touch: &Touch) -> bool {
    let Image { entries: _, addresses, external_id, locale, remainder, attributes, counts, others } =
        &touch.image;
    touch.flags & CREATED != 0
        && addresses.is_empty()
        && external_id.is_none()
        && locale.is_none()
        && remainder.is_none()
        && attributes.is_empty()
        && counts.is_empty()
        && others.is_empty()
}

fn together(run: &[Touch]) -> Touch {
    let entries = run.iter().find_map(|touch| touch.image.entries.first().copied()).into_iter().collect();
    let counts = run.iter().map(|touch| touch.image.entries.len() as u32).collect();
    let Touch { profile, number, flags, .. } = run[0];
    let others = (0..).zip(run).filter(|(_, touch)| touch.flags != flags).map(|(at, _)| at).collect();
    let image = Image { entries, counts, others, ..Image::default() };
    Touch { profile, number, flags: flags | RUN, image }
}

/// The last profile that a kept row is about.
pub(super) fn last(touch: &Touch) -> ProfileId {
    ProfileId(touch.profile.0 + touch.image.counts.len().saturating_sub(1) as i64)
}

/// The rows that a kept one stands for.
pub(super) fn unfold(touch: Touch) -> Vec<Touch> {
    if touch.flags & RUN == 0 {
        return vec![touch];
    }
    let mut next = touch.image.entries.first().map_or(0, |entry| entry.0);
    let one = |(at, count): (usize, &u32)| {
        let entries = (next..).take(*count as usize).map(EntryId).collect();
        next += i64::from(*count);
        let differs = touch.image.others.binary_search(&(at as u32)).is_ok();
        let flags = if differs { touch.flags ^ BRINGS_IN } else { touch.flags };
        Touch {
            profile: ProfileId(touch.profile.0 + at as i64),
            number: touch.number + at as u64,
            flags: flags & !RUN,
            image: Image { entries, ..Image::default() },
        }
    };
    touch.image.counts.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::imports::image::UNCLAIMED_BEFORE;

    fn touch(profile: i64, number: u64, entries: &[i64]) -> Touch {
        let entries = entries.iter().copied().map(EntryId).collect();
        let image = Image { entries, ..Image::default() };
        Touch { profile: ProfileId(profile), number, flags: CREATED | BRINGS_IN, image }
    }

    /// Folds, and checks that nothing is lost by it; how many profiles each kept row is about.
    fn lengths(touches: &[Touch]) -> Vec<usize> {
        let folded = fold(touches);
        let lengths = folded.iter().map(|touch| touch.image.counts.len().max(1)).collect();
        let unfolded: Vec<_> = folded.into_iter().flat_map(|touch| unfold(touch.into_owned())).collect();
        assert_eq!(unfolded, touches);
        lengths
    }

    #[test]
    fn new_profiles_are_kept_together() {
        let plain = [touch(5, 0, &[]), touch(6, 1, &[9]), touch(7, 2, &[10, 11]), touch(8, 3, &[])];
        assert_eq!(lengths(&plain), [4]);
        assert_eq!(last(&fold(&plain)[0]), ProfileId(8));
        assert_eq!(lengths(&plain[..1]), [1]);
        assert_eq!(lengths(&[]), [0; 0]);
    }

    #[test]
    fn refusals_among_them_break_no_run() {
        let mut mixed: Vec<_> = (0..7_i64).map(|at| touch(at, at as u64, &[at])).collect();
        for at in [1, 4, 5] {
            mixed[at].flags = CREATED;
        }
        assert_eq!(lengths(&mixed), [7]);
        assert_eq!(lengths(&mixed[1..]), [6]);
        assert_eq!(fold(&mixed)[0].image.others, [1, 4, 5]);
    }

    #[test]
    fn what_does_not_follow_stands_alone() {
        let gaps =
            [touch(5, 0, &[1]), touch(7, 1, &[2]), touch(8, 3, &[3]), touch(9, 4, &[5]), touch(10, 5, &[6])];
        assert_eq!(lengths(&gaps), [1, 1, 1, 2]);
        let mut updated = [touch(5, 0, &[1]), touch(6, 1, &[2]), touch(7, 2, &[3]), touch(8, 3, &[4])];
        updated[1].flags = BRINGS_IN;
        updated[3].image.locale = Some((None, Some("de".to_owned())));
        assert_eq!(lengths(&updated), [1, 1, 1, 1]);
        updated[1].flags = CREATED | UNCLAIMED_BEFORE;
        assert_eq!(lengths(&updated[..3]), [1, 1, 1]);
        let torn = [touch(5, 0, &[1, 3]), touch(6, 1, &[4])];
        assert_eq!(lengths(&torn), [1, 1]);
    }

    #[test]
    fn runs_are_as_long_as_a_transaction_takes_back() {
        let many: Vec<_> = (0..1_201_i64).map(|at| touch(at, at as u64, &[at])).collect();
        assert_eq!(lengths(&many), [PROFILES, PROFILES, 201]);
    }
}
