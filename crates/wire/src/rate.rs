//! A limit of speed: our own, or one that several processes share.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

/// How far sending may run ahead of the even pace: what a timer's coarseness costs can be caught up.
const BURST: Duration = Duration::from_millis(100);

/// The speed limit that nodes share can't be asked; nothing is wrong with what it limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the shared limit of speed can't be asked: {0}")]
pub struct NoTurn(pub String);

/// Turns of a speed limit that several processes share.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Takes up to `wanted` turns, one at least; [`NoTurn`] when there is no telling.
    async fn take(&self, wanted: u32) -> Result<Grant, NoTurn>;
}

/// Some turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// How many.
    pub turns: u32,
    /// From now until the first; each next one is an interval later.
    pub wait: Duration,
}

/// A token bucket in its virtual-scheduling form (GCRA): it keeps only when the next message would be due. A shared one
/// has its turns granted a few at a time, and keeps those not used.
pub struct RateLimit {
    interval: Duration,
    kind: Kind,
}

enum Kind {
    Own(Mutex<Instant>),
    Shared { turns: Arc<dyn Turns>, wanted: u32, held: tokio::sync::Mutex<Held> },
}

/// Turns granted and not used.
struct Held {
    left: u32,
    next: Instant,
}

impl RateLimit {
    /// One of our own.
    pub fn new(per_second: NonZeroU32) -> Self {
        Self { interval: interval(per_second), kind: Kind::Own(Mutex::new(Instant::now())) }
    }

    /// One whose turns come from elsewhere, for as many senders at a time.
    pub fn shared(per_second: NonZeroU32, turns: Arc<dyn Turns>, senders: usize) -> Self {
        let wanted = u32::try_from(senders).unwrap_or(u32::MAX);
        let held = tokio::sync::Mutex::new(Held { left: 0, next: Instant::now() });
        Self { interval: interval(per_second), kind: Kind::Shared { turns, wanted, held } }
    }

    /// Waits for its turn. A turn that is given up while waiting is lost, never used twice.
    pub async fn acquire(&self) -> Result<(), NoTurn> {
        let turn = match &self.kind {
            Kind::Own(due) => self.reserve(due, Instant::now()),
            Kind::Shared { turns, wanted, held } => self.reserve_shared(&**turns, *wanted, held).await?,
        };
        sleep_until(turn).await;
        Ok(())
    }

    fn reserve(&self, due: &Mutex<Instant>, now: Instant) -> Instant {
        let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*due).max(now.checked_sub(BURST).unwrap_or(now));
        *due = turn + self.interval;
        turn
    }

    async fn reserve_shared(
        &self,
        turns: &dyn Turns,
        wanted: u32,
        held: &tokio::sync::Mutex<Held>,
    ) -> Result<Instant, NoTurn> {
        let mut held = held.lock().await;
        if held.left == 0 {
            let grant = turns.take(wanted).await?;
            *held = Held { left: grant.turns.max(1), next: Instant::now() + grant.wait };
        }
        let turn = held.next;
        *held = Held { left: held.left - 1, next: turn + self.interval };
        Ok(turn)
    }
}

fn interval(per_second: NonZeroU32) -> Duration {
    Duration::from_secs(1) / per_second.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_an_interval_apart_with_a_small_burst() {
        let limit = RateLimit::new(NonZeroU32::new(50).unwrap());
        let Kind::Own(due) = &limit.kind else { unreachable!() };
        let start = Instant::now() + Duration::from_mins(1);
        let turns: Vec<_> = (0..200).map(|_| limit.reserve(due, start)).collect();
        assert_eq!(turns.iter().filter(|&&turn| turn <= start).count(), 6);
        assert!(turns.windows(2).all(|pair| pair[1] - pair[0] == Duration::from_millis(20)));
        let later = start + Duration::from_mins(1);
        assert_eq!(limit.reserve(due, later), later - BURST);
    }

    /// Grants of five turns, half a second apart from one another.
    struct Fives(Mutex<u32>);

    #[async_trait]
    impl Turns for Fives {
        async fn take(&self, wanted: u32) -> Result<Grant, NoTurn> {
            assert_eq!(wanted, 9);
            let mut count = self.0.lock().unwrap();
            *count += 1;
            if *count > 3 {
                return Err(NoTurn("down".to_owned()));
            }
            Ok(Grant { turns: 5, wait: Duration::from_millis(500) * (*count - 1) })
        }
    }

    #[tokio::test]
    async fn shared_turns_are_taken_a_few_at_a_time_and_used_once() {
        let turns: Arc<dyn Turns> = Arc::new(Fives(Mutex::new(0)));
        let start = Instant::now();
        let limits = [(); 2].map(|()| RateLimit::shared(NonZeroU32::new(10).unwrap(), Arc::clone(&turns), 9));
        let mut all = Vec::new();
        for n in 0..15 {
            // The first limiter gets two of the grants.
            let limit = &limits[usize::from((5..10).contains(&n))];
            let Kind::Shared { turns, wanted, held } = &limit.kind else { unreachable!() };
            all.push(limit.reserve_shared(&**turns, *wanted, held).await.unwrap());
        }
        assert!(all.iter().zip(0..).all(|(turn, n)| *turn >= start + Duration::from_millis(100) * n));
        let Err(error) = limits[0].acquire().await else { panic!("there are no turns left") };
        assert_eq!(error, NoTurn("down".to_owned()));
    }
}
