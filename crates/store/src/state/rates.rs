//! A limit of sending speed that all nodes share: GCRA (the virtual-scheduling form of a token bucket, ITU-T I.371) on
//! one row, which keeps only when the next turn would be.

use std::time::Duration;

use consent::{Timestamp, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::RateGrant;

/// Bytes of a limit's key.
const KEY_BYTES_MAX: usize = 512;
/// A grant covers this part of a second's turns at most, and one turn at least.
const GRANTS_PER_SECOND: u32 = 10;
/// A next turn further ahead than this was written by a clock that was wrong, and counts as none.
const AHEAD_MAX: Duration = Duration::from_hours(1);

impl Store {
    /// Turns to send at a speed that all nodes share: at most `wanted` of them, at most a tenth of a second's worth, and
    /// one at least. The caller sends the first at the answer's time and each next one an interval, 1 / `per_second`,
    /// later; turns that aren't used are lost. `key` names the limit, such as a relay's host and port.
    ///
    /// Over any second no more than `per_second` turns fall due, plus what nodes catch up on (at most one grant for each
    /// node), plus `per_second` times the difference in seconds between the nodes' clocks.
    pub fn rate_turns(
        &self,
        workspace: WorkspaceId,
        key: &str,
        per_second: u32,
        wanted: u32,
        now: Timestamp,
    ) -> Answer<RateGrant> {
        let key = key.to_owned();
        self.write("rate_turns", Key::Workspace(workspace), move |db| {
            turns(db, workspace, &key, per_second, wanted, now)
        })
    }
}

/// Grants turns, see [`crate::Store::rate_turns`].
pub(crate) fn turns(
    db: &impl Db,
    workspace: WorkspaceId,
    key: &str,
    per_second: u32,
    wanted: u32,
    now: Timestamp,
) -> Result<RateGrant> {
    const SELECT: &str = "SELECT tat FROM rate_limit WHERE workspace = ?1 AND key = ?2";
    const UPSERT: &str = "INSERT INTO rate_limit (workspace, key, tat) VALUES (?1, ?2, ?3)
        ON CONFLICT (workspace, key) DO UPDATE SET tat = excluded.tat";
    if per_second == 0 || key.len() > KEY_BYTES_MAX {
        return Err(StoreError::Invalid("a limit of speed has a rate and a short key".to_owned()));
    }
    let tat: Option<i64> = db.first(SELECT, params![workspace.0, key], |row| row.get(0))?;
    let tat = tat.map(Timestamp).filter(|tat| *tat <= now.plus(AHEAD_MAX));
    let at = tat.map_or(now, |tat| tat.max(now));
    let turns = wanted.clamp(1, (per_second / GRANTS_PER_SECOND).max(1));
    // Rounded up: never faster than the rate.
    let taken = Duration::from_micros((u64::from(turns) * 1_000_000).div_ceil(u64::from(per_second)));
    db.execute(UPSERT, params![workspace.0, key, at.plus(taken).0])?;
    Ok(RateGrant { turns, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::delivery_fixture::database;

    const WS: WorkspaceId = WorkspaceId(1);

    fn at(seconds: i64, micros: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000 + micros)
    }

    #[test]
    fn grants_follow_one_another_at_the_rate() {
        let db = database();
        let take = |wanted, now| turns(&db, WS, "mx:25", 30, wanted, now).unwrap();
        assert_eq!(take(99, at(100, 0)), RateGrant { turns: 3, at: at(100, 0) });
        assert_eq!(take(1, at(100, 0)), RateGrant { turns: 1, at: at(100, 100_000) });
        // A third of a tenth of a second, rounded up.
        assert_eq!(take(0, at(100, 0)), RateGrant { turns: 1, at: at(100, 133_334) });
        // Unused time isn't saved up.
        assert_eq!(take(2, at(200, 0)).at, at(200, 0));
        let other = turns(&db, WS, "mx:587", 30, 1, at(200, 0)).unwrap();
        assert_eq!(other.at, at(200, 0));
        assert_eq!(turns(&db, WorkspaceId(2), "mx:25", 30, 1, at(200, 0)).unwrap().at, at(200, 0));
    }

    #[test]
    fn slow_rates_grant_one_turn_and_a_wrong_clock_stops_nobody() {
        let db = database();
        let take = |now| turns(&db, WS, "k", 1, 9, now).unwrap();
        assert_eq!(take(at(1 << 30, 0)), RateGrant { turns: 1, at: at(1 << 30, 0) });
        assert_eq!(take(at(100, 0)).at, at(100, 0));
        assert_eq!(take(at(100, 0)).at, at(101, 0));
        assert!(matches!(turns(&db, WS, "k", 0, 1, at(1, 0)), Err(StoreError::Invalid(_))));
        let long = "k".repeat(KEY_BYTES_MAX + 1);
        assert!(matches!(turns(&db, WS, &long, 1, 1, at(1, 0)), Err(StoreError::Invalid(_))));
    }
}
