//! Preferences of a profile that is merged into another.

use consent::{ConsentWord, Evidence, Source, Timestamp};

use super::set::Noted;
use super::{Kept, remove, told};
use crate::error::Result;
use crate::state::paced;
use crate::state::record::{ProfileState, Recorder};
use crate::state::rows::Rows;

impl<R: Rows> Recorder<'_, R> {
    /// Carries what a profile prefers over to the one that it is merged into, with an entry of its own if that changes
    /// anything: the longer pause and the slower pace count, of the rest what was said last.
    pub(crate) fn merge_preferences(
        &mut self,
        from: &ProfileState,
        into: &mut ProfileState,
        received_at: Timestamp,
    ) -> Result<()> {
        if from.values.word().flags() & ConsentWord::HAS_PREFERENCES == 0 {
            return Ok(());
        }
        let (other, before) = (self.preferences(from)?, self.preferences(into)?);
        let after = stricter(other, before.clone());
        let was = into.values.word().preferred();
        let preferred = after.preferred.unwrap_or(was);
        let asked = told(&before, &after, (was, preferred), received_at);
        if !asked.is_empty() {
            self.save_preferences(into, &after, preferred)?;
            let noted = Noted {
                at: received_at.max(after.updated_at),
                source: Source::IMPORT,
                run: None,
                evidence: Evidence { preferences: Some(asked), ..Evidence::default() },
            };
            self.note(into.id, None, &noted.into_change(into.id))?;
        }
        let (db, workspace) = self.rows.write_beside();
        paced::carry(db, workspace, from.id, into.id)?;
        remove(db, workspace, from.id)
    }
}

fn stricter(one: Kept, other: Kept) -> Kept {
    let (newer, older) = if one.updated_at > other.updated_at { (one, other) } else { (other, one) };
    Kept {
        pause_until: newer.pause_until.max(older.pause_until),
        pace: newer.pace.max(older.pace),
        language: newer.language.or(older.language),
        preferred: newer.preferred.or(older.preferred),
        updated_at: newer.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use consent::{Pace, Preferred};
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn any_kept()(
            pause in proptest::option::of(0i64..50), pace in 0u8..3, language in proptest::option::of("[a-c]"),
            preferred in proptest::option::of(1u8..15), at in 0i64..50,
        ) -> Kept {
            Kept {
                pause_until: pause.map(Timestamp),
                pace: Pace::from_code(pace).unwrap(),
                language,
                preferred: preferred.map(|code| Preferred::from_code(code).unwrap()),
                updated_at: Timestamp(at),
            }
        }
    }

    proptest! {
        /// Nobody gets more by being merged, in whatever order.
        #[test]
        fn what_sends_less_is_kept(a in any_kept(), b in any_kept(), c in any_kept()) {
            let ab = stricter(a.clone(), b.clone());
            prop_assert!(ab.pause_until >= a.pause_until && ab.pause_until >= b.pause_until);
            prop_assert!(ab.pace >= a.pace && ab.pace >= b.pace);
            prop_assert_eq!(stricter(a.clone(), a.clone()), a.clone());
            if a.updated_at != b.updated_at {
                prop_assert_eq!(&stricter(b.clone(), a.clone()), &ab);
                let newer = if a.updated_at > b.updated_at { &a } else { &b };
                prop_assert!(newer.language.is_none() || ab.language == newer.language);
            }
            let (left, right) = (stricter(ab, c.clone()), stricter(a, stricter(b, c)));
            prop_assert_eq!((left.pause_until, left.pace), (right.pause_until, right.pace));
        }
    }
}
