//! How often the log tells that a webhook was refused: anybody can post to one, as often as they like.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use consent::Timestamp;

/// Refusals of one webhook that are told within a minute.
const PER_MINUTE: u32 = 3;
const MINUTE: Duration = Duration::from_mins(1);

/// Counts what isn't told, by the names of webhooks; only those that are configured have one.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<String, Minute>>);

struct Minute {
    since: Timestamp,
    told: u32,
    untold: u64,
}

impl Refusals {
    /// Whether the log is to tell of one more, and then how many weren't told since the last one that was.
    pub fn told(&self, name: &str, now: Timestamp) -> Option<u64> {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Minute { since: now, told: 0, untold: 0 };
        let minute = minutes.entry(name.to_owned()).or_insert(new);
        // A clock that was put back ends it, too.
        if now < minute.since || now >= minute.since.plus(MINUTE) {
            (minute.since, minute.told) = (now, 0);
        }
        if minute.told == PER_MINUTE {
            minute.untold += 1;
            return None;
        }
        minute.told += 1;
        Some(std::mem::take(&mut minute.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_a_minute_are_told_and_the_rest_counted() {
        let refusals = Refusals::default();
        let start = Timestamp::parse("2026-05-03T10:00:00Z").unwrap();
        let told = |name, seconds| refusals.told(name, start.plus(Duration::from_secs(seconds)));
        assert_eq!([0, 1, 2].map(|second| told("ses", second)), [Some(0); 3]);
        assert!((0..5_000).all(|n| told("ses", 3 + n % 57).is_none()));
        assert_eq!(told("mailgun", 3), Some(0), "another's");
        assert_eq!([told("ses", 60), told("ses", 61)], [Some(5_000), Some(0)]);
        assert_eq!(refusals.told("ses", Timestamp(start.0 - 1)), Some(0), "the clock was put back");
    }
}
