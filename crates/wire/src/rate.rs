//! A limit of speed that several processes share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

/// Turns are asked for so many times a second at most, a few of them at a time.
const GRANTS_PER_SECOND: u32 = 10;
/// A turn that nobody took for this long is lost: otherwise a quiet hour would be followed by a burst.
const LATE_MAX: Duration = Duration::from_millis(100);

/// The shared limit can't be asked; nothing is wrong with what it limits.
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

/// A limit of speed whose turns come from elsewhere, a tenth of a second's worth at a time.
pub struct RateLimit {
    interval: Duration,
    turns: Arc<dyn Turns>,
    wanted: u32,
    held: tokio::sync::Mutex<Held>,
}

/// Turns granted and not used.
struct Held {
    left: u32,
    next: Instant,
}

impl RateLimit {
    /// So many turns a second, which come from `turns`.
    pub fn new(per_second: NonZeroU32, turns: Arc<dyn Turns>) -> Self {
        Self {
            interval: Duration::from_secs(1) / per_second.get(),
            turns,
            wanted: (per_second.get() / GRANTS_PER_SECOND).max(1),
            held: tokio::sync::Mutex::new(Held { left: 0, next: Instant::now() }),
        }
    }

    /// Waits for its turn. A turn that is given up while waiting is lost, never used twice.
    pub async fn acquire(&self) -> Result<(), NoTurn> {
        sleep_until(self.reserve(Instant::now()).await?).await;
        Ok(())
    }

    async fn reserve(&self, now: Instant) -> Result<Instant, NoTurn> {
        let mut held = self.held.lock().await;
        if held.left == 0 || held.next + LATE_MAX < now {
            let grant = self.turns.take(self.wanted).await?;
            // From now on at the earliest: later than the store meant is never too fast.
            *held = Held { left: grant.turns.max(1), next: now.max(Instant::now()) + grant.wait };
        }
        let turn = held.next;
        *held = Held { left: held.left - 1, next: turn + self.interval };
        Ok(turn)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Grants of five turns, half a second apart from one another.
    struct Fives(Mutex<u32>);

    #[async_trait]
    impl Turns for Fives {
        async fn take(&self, wanted: u32) -> Result<Grant, NoTurn> {
            assert_eq!(wanted, 1);
            let mut count = self.0.lock().unwrap();
            *count += 1;
            if *count > 3 {
                return Err(NoTurn("down".to_owned()));
            }
            Ok(Grant { turns: 5, wait: Duration::from_millis(500) * (*count - 1) })
        }
    }

    #[tokio::test]
    async fn turns_are_taken_a_few_at_a_time_and_used_once() {
        let turns: Arc<dyn Turns> = Arc::new(Fives(Mutex::new(0)));
        let start = Instant::now();
        let limits = [(); 2].map(|()| RateLimit::new(NonZeroU32::new(10).unwrap(), Arc::clone(&turns)));
        let mut all = Vec::new();
        for n in 0..15 {
            // The first limiter gets two of the grants.
            all.push(limits[usize::from((5..10).contains(&n))].reserve(start).await.unwrap());
        }
        assert!(all.iter().zip(0..).all(|(turn, n)| *turn >= start + Duration::from_millis(100) * n));
        let Err(error) = limits[0].acquire().await else { panic!("there are no turns left") };
        assert_eq!(error, NoTurn("down".to_owned()));
    }

    /// As many turns as are wanted, at once; how often they were asked for.
    #[derive(Default)]
    struct AtOnce(Mutex<u32>);

    #[async_trait]
    impl Turns for AtOnce {
        async fn take(&self, wanted: u32) -> Result<Grant, NoTurn> {
            *self.0.lock().unwrap() += 1;
            Ok(Grant { turns: wanted, wait: Duration::ZERO })
        }
    }

    #[tokio::test]
    async fn turns_that_nobody_took_are_not_saved_up() {
        let turns = Arc::new(AtOnce::default());
        let limit = RateLimit::new(NonZeroU32::new(100).unwrap(), Arc::clone(&turns) as Arc<dyn Turns>);
        let asked = || *turns.0.lock().unwrap();
        let start = Instant::now() + Duration::from_mins(1);
        let all = [limit.reserve(start).await.unwrap(), limit.reserve(start).await.unwrap()];
        assert_eq!(all, [start, start + Duration::from_millis(10)]);
        assert_eq!(asked(), 1);
        let later = start + Duration::from_mins(1);
        for n in 0..10 {
            let turn = limit.reserve(later).await.unwrap();
            assert_eq!(
                turn,
                later + Duration::from_millis(10) * n,
                "the eight of a minute ago don't come on top"
            );
        }
        assert_eq!(asked(), 2, "ten turns are a tenth of a second's worth");
        limit.reserve(later).await.unwrap();
        assert_eq!(asked(), 3);
    }
}
