//! Whether the relay takes our mail at all.
//!
//! A refusal such as `550 5.7.1` is mostly about us: we aren't known, or the sender can't be verified. Where one person is
//! refused so and others aren't, it is that person's server, and the message is rejected. Where nobody is taken any more,
//! the run stops: going on would refuse everybody for good.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use consent::ProfileId;

/// People in a row who are refused so, with nobody taken between, after whom the run stops.
pub const REFUSED_MAX: usize = 20;
/// Attempts after which one person's refusal is settled, however few people there are.
const ATTEMPTS_MAX: u32 = 3;
/// The wait before the second attempt; it doubles.
const PAUSE: Duration = Duration::from_secs(2);
/// A run stays for those who wait no longer than this, whatever it was told about waiting.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// What a refusal that is about us means for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Others are taken: it is about this person.
    Individual,
    /// Nobody can tell yet: it is tried again after this long.
    Again(Duration),
    /// It is about everybody: so many were refused in a row.
    Stop(usize),
}

/// How the relay treats us, over all parts and workers of a run.
#[derive(Debug, Default)]
pub(crate) struct Standing(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether it has taken anything of the run, by an earlier process too.
    ever: bool,
    /// What it has taken in this process.
    taken: u64,
    /// Refused since it last took something.
    row: HashSet<ProfileId>,
    /// Those who wait for another attempt: how many were made, and what had been taken at the first.
    waiting: HashMap<ProfileId, (u32, u64)>,
}

impl Standing {
    pub(crate) fn new(ever: bool) -> Self {
        Self(Mutex::new(Inner { ever, ..Inner::default() }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message was taken.
    pub(crate) fn taken(&self, profile: ProfileId) {
        let mut inner = self.inner();
        inner.ever = true;
        inner.taken += 1;
        inner.row.clear();
        inner.waiting.remove(&profile);
    }

    /// A message was refused for a reason that is about us.
    pub(crate) fn refused(&self, profile: ProfileId) -> Verdict {
        let mut inner = self.inner();
        inner.row.insert(profile);
        let (row, taken) = (inner.row.len(), inner.taken);
        let (attempts, before) = inner.waiting.get(&profile).copied().unwrap_or((0, taken));
        let attempts = attempts + 1;
        if row >= REFUSED_MAX {
            return Verdict::Stop(row);
        }
        if taken > before || attempts >= ATTEMPTS_MAX && inner.ever {
            inner.waiting.remove(&profile);
            inner.row.remove(&profile);
            return Verdict::Individual;
        }
        if attempts >= ATTEMPTS_MAX {
            return Verdict::Stop(row);
        }
        inner.waiting.insert(profile, (attempts, before));
        Verdict::Again(PAUSE * attempts)
    }

    /// Whether somebody waits to be tried again before long.
    pub(crate) fn waits(&self) -> bool {
        !self.inner().waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_is_refused_among_others_is_told_from_everybody() {
        let standing = Standing::new(false);
        assert_eq!(standing.refused(ProfileId(1)), Verdict::Again(PAUSE));
        assert!(standing.waits());
        standing.taken(ProfileId(2));
        assert_eq!(standing.refused(ProfileId(1)), Verdict::Individual);
        assert!(!standing.waits());
    }

    #[test]
    fn a_row_of_people_stops_the_run_and_a_few_do_after_some_attempts() {
        let standing = Standing::new(true);
        let last = (1..=20).map(|id| standing.refused(ProfileId(id))).last();
        assert_eq!(last, Some(Verdict::Stop(REFUSED_MAX)));
        let few = Standing::new(false);
        let verdicts: Vec<_> = [1, 2, 1, 2, 1].map(|id| few.refused(ProfileId(id))).into_iter().collect();
        assert_eq!(verdicts[4], Verdict::Stop(2));
        assert!(verdicts[..4].iter().all(|verdict| matches!(verdict, Verdict::Again(_))));
        // Those who are left of a run that went well are refused for themselves.
        let rest = Standing::new(true);
        assert_eq!([1, 1, 1].map(|id| rest.refused(ProfileId(id)))[2], Verdict::Individual);
    }
}
