//! The transport's own speed limit.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How far sending may run ahead of the even pace: what a timer's coarseness costs can be caught up.
const BURST: Duration = Duration::from_millis(100);

/// A token bucket in its virtual-scheduling form (GCRA): it keeps only when the next message would be due.
#[derive(Debug)]
pub(super) struct RateLimit {
    interval: Duration,
    due: Mutex<Instant>,
}

impl RateLimit {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.get(), due: Mutex::new(Instant::now()) }
    }

    /// Waits for its turn. A turn that is given up while waiting is lost, never used twice.
    pub(super) async fn acquire(&self) {
        let turn = self.reserve(Instant::now());
        sleep_until(turn).await;
    }

    fn reserve(&self, now: Instant) -> Instant {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*due).max(now.checked_sub(BURST).unwrap_or(now));
        *due = turn + self.interval;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_an_interval_apart_with_a_small_burst() {
        let limit = RateLimit::new(NonZeroU32::new(50).unwrap());
        let start = Instant::now() + Duration::from_mins(1);
        let turns: Vec<_> = (0..200).map(|_| limit.reserve(start)).collect();
        assert_eq!(turns.iter().filter(|&&turn| turn <= start).count(), 6);
        assert!(turns.windows(2).all(|pair| pair[1] - pair[0] == Duration::from_millis(20)));
        let later = start + Duration::from_mins(1);
        assert_eq!(limit.reserve(later), later - BURST);
    }
}
