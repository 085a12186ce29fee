//! Counting soft bounces of an address by [`SoftBounceRule`], in whatever order they arrive.
//!
//! What is kept are the times of the bounces that count, a few, and up to when all is forgotten. So a report that comes late
//! finds its place among the others: it neither begins the count anew nor counts a second time with its neighbour.

use std::collections::HashMap;

use consent::{Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, Sql, params};
use crate::types::SoftBounceRule;

/// Most times that are kept: the highest limit there is.
const TIMES_MAX: usize = 20;

/// What is known of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counter {
    /// What happened up to then is forgotten.
    since: i64,
    /// Times of the bounces that count, oldest first.
    times: Vec<i64>,
    changed: bool,
}

impl Counter {
    /// Takes a soft bounce; how many count now, `None` if this one doesn't.
    pub fn bounced(&mut self, at: Timestamp, rule: SoftBounceRule) -> Option<usize> {
        let is_near = |time: &i64| at.0.abs_diff(*time) < rule.apart.unsigned_abs();
        if at.0 <= self.since || self.times.iter().any(is_near) {
            return None;
        }
        let place = self.times.partition_point(|time| *time < at.0);
        self.times.insert(place, at.0);
        // What lies before a long silence is another story, and the oldest are one too many.
        let is_lapsed = |pair: &[i64]| pair[0].abs_diff(pair[1]) > rule.lapse.unsigned_abs();
        let begins = self.times.windows(2).rposition(is_lapsed).map_or(0, |before| before + 1);
        let begins = begins.max(self.times.len().saturating_sub(TIMES_MAX));
        self.times.drain(..begins);
        self.changed = true;
        self.times.contains(&at.0).then_some(self.times.len())
    }

    /// Forgets what happened up to then: a message was delivered.
    pub fn delivered(&mut self, at: Timestamp) {
        self.changed |= at.0 > self.since;
        self.since = self.since.max(at.0);
        self.times.retain(|time| *time > self.since);
    }

    fn pack(&self) -> Vec<u8> {
        self.times.iter().flat_map(|time| time.to_be_bytes()).collect()
    }

    fn unpack(since: i64, bytes: &[u8]) -> Result<Self> {
        let (times, rest) = bytes.as_chunks();
        if !rest.is_empty() {
            return Err(StoreError::Damaged("times of soft bounces".to_owned()));
        }
        Ok(Self {
            since,
            times: times.iter().map(|time| i64::from_be_bytes(*time)).collect(),
            changed: false,
        })
    }
}

/// Counters of addresses, by namespace and key.
#[derive(Default)]
pub(super) struct Counters(HashMap<(String, String), Counter>);

impl Counters {
    /// Reads those of some keys, whatever their namespaces.
    pub fn load(db: &impl Db, workspace: WorkspaceId, keys: &[&str]) -> Result<Self> {
        const SELECT: Sql = Sql::each(
            "SELECT namespace, value, since, times FROM soft_bounce
                WHERE workspace = ?1 AND value IN (SELECT asked.value FROM json_each(?2) AS asked)",
            "SELECT namespace, value, since, times FROM soft_bounce
                WHERE workspace = ?1 AND value = ANY (ARRAY(SELECT json_array_elements_text(CAST(?2 AS TEXT)::json)))",
        );
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let keys = serde_json::to_string(keys).map_err(|error| StoreError::Invalid(error.to_string()))?;
        let counters = db.all(SELECT, params![workspace.0, &keys], |row| {
            Ok(((row.get(0)?, row.get(1)?), Counter::unpack(row.get(2)?, row.get(3)?)?))
        })?;
        Ok(Self(counters.into_iter().collect()))
    }

    /// The counter of an address, made if there is none.
    pub fn of(&mut self, namespace: &str, key: &str) -> &mut Counter {
        self.0.entry((namespace.to_owned(), key.to_owned())).or_default()
    }

    /// The counter of an address, if there is one.
    pub fn known(&mut self, namespace: &str, key: &str) -> Option<&mut Counter> {
        self.0.get_mut(&(namespace.to_owned(), key.to_owned()))
    }

    /// Writes those that changed.
    pub fn save(&self, db: &impl Db, workspace: WorkspaceId) -> Result<()> {
        const UPSERT: &str = "INSERT INTO soft_bounce (workspace, namespace, value, since, times)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (workspace, namespace, value) DO UPDATE SET since = excluded.since, times = excluded.times";
        let mut changed: Vec<_> = self.0.iter().filter(|(_, counter)| counter.changed).collect();
        // In one order everywhere: two nodes that take feedback at once mustn't wait for each other.
        changed.sort_by_key(|(address, _)| *address);
        let packed: Vec<_> = changed.iter().map(|(_, counter)| counter.pack()).collect();
        let rows = changed.iter().zip(&packed).map(|(((namespace, key), counter), times)| {
            *params![workspace.0, namespace, key, counter.since, times]
        });
        db.execute_all(UPSERT, rows).map(drop)
    }
}

/// Forgets an address's soft bounces up to `at`: somebody took it off the suppression list.
pub(super) fn forget(
    db: &impl Db,
    workspace: WorkspaceId,
    namespace: &str,
    key: &str,
    at: Timestamp,
) -> Result<()> {
    const FORGET: &str = "UPDATE soft_bounce SET times = ?4,
            since = CASE WHEN since > CAST(?5 AS BIGINT) THEN since ELSE ?5 END
        WHERE workspace = ?1 AND namespace = ?2 AND value = ?3";
    let none: &[u8] = &[];
    db.execute(FORGET, params![workspace.0, namespace, key, none, at.0]).map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: SoftBounceRule = SoftBounceRule { limit: 5, apart: 10, lapse: 100 };

    fn count(times: &[i64]) -> (Counter, Vec<Option<usize>>) {
        let mut counter = Counter::default();
        let said = times.iter().map(|at| counter.bounced(Timestamp(*at), RULE)).collect();
        (counter, said)
    }

    #[test]
    fn those_close_together_count_once_and_a_long_silence_begins_anew() {
        assert_eq!(count(&[1, 5, 10, 11, 20, 21]).1, [Some(1), None, None, Some(2), None, Some(3)]);
        assert_eq!(count(&[1, 101, 202, 203]).1, [Some(1), Some(2), Some(1), None]);
        assert_eq!(count(&[1, 102, 202]).1, [Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn a_late_one_finds_its_place() {
        let (counter, said) = count(&[50, 30, 30, 45, 70]);
        assert_eq!(said, [Some(1), Some(2), None, None, Some(3)]);
        assert_eq!(counter.times, [30, 50, 70]);
        // From before the silence, whatever it filled.
        assert_eq!(count(&[500, 50, 600]).1, [Some(1), None, Some(2)]);
    }

    #[test]
    fn a_delivery_forgets_what_was_before_it_also_what_comes_late() {
        let (mut counter, _) = count(&[10, 30, 50]);
        counter.delivered(Timestamp(40));
        assert_eq!(counter.times, [50]);
        assert_eq!(counter.bounced(Timestamp(20), RULE), None);
        counter.delivered(Timestamp(5));
        assert_eq!(counter.bounced(Timestamp(40), RULE), None);
        assert_eq!(counter.bounced(Timestamp(61), RULE), Some(2));
    }

    #[test]
    fn few_times_are_kept_and_come_back() {
        let many: Vec<i64> = (1..=50).map(|n| n * 20).collect();
        let (counter, said) = count(&many);
        assert_eq!((counter.times.len(), said[49]), (TIMES_MAX, Some(TIMES_MAX)));
        let back = Counter::unpack(counter.since, &counter.pack()).unwrap();
        assert_eq!(back, Counter { changed: false, ..counter });
        assert!(Counter::unpack(0, &[1, 2, 3]).is_err());
    }

    proptest! {
        /// Times that lie apart count the same in any order, once each, however often each arrives.
        #[test]
        fn the_order_of_arrival_is_nothing(
            order in Just((1..8i64).map(|n| n * 12).collect::<Vec<_>>()).prop_shuffle(), again in 0..7usize,
        ) {
            let (mut counter, _) = count(&order);
            prop_assert_eq!(counter.bounced(Timestamp(order[again]), RULE), None);
            prop_assert_eq!(counter.times, (1..8i64).map(|n| n * 12).collect::<Vec<_>>());
        }

        /// Hostile times, whatever they are.
        #[test]
        fn no_time_breaks_it(times in proptest::collection::vec(any::<i64>(), 0..40)) {
            let (counter, _) = count(&times);
            prop_assert!(counter.times.len() <= TIMES_MAX && counter.times.is_sorted());
        }
    }
}
