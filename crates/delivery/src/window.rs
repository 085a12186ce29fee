//! How many messages may be in hand, claimed and not settled: those are in doubt if the process dies.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Most messages per connection that may be in hand, however fast the relay is.
///
/// A slow relay has fewer: one per connection, and as many more as all connections together hand over in [`AHEAD`] at
/// the speed measured in this run. With 10 connections and 200 ms per message those are 12, with 1 ms 160.
pub const IN_HAND_PER_CONNECTION: usize = 16;
/// How much work waits for a free connection: about what it takes to make a claim and a settlement durable.
pub const AHEAD: Duration = Duration::from_millis(25);
/// Messages per connection before anything has been measured.
const FIRST: usize = 2;
/// Most messages in one claim.
const CLAIM_MAX: usize = 64;
/// Part of the average that each new measurement makes up: one in this many.
const WEIGHT: u64 = 8;
/// Nothing has been measured.
const UNKNOWN: u64 = u64::MAX;

/// Measures the relay and derives how many messages may be in hand.
#[derive(Debug)]
pub(crate) struct Window {
    connections: usize,
    /// Microseconds that a connection is busy with one message, averaged.
    busy: AtomicU64,
}

impl Window {
    pub(crate) fn new(connections: usize) -> Self {
        Self { connections, busy: AtomicU64::new(UNKNOWN) }
    }

    /// Notes how long one message kept a connection busy, all waiting included.
    pub(crate) fn note(&self, busy: Duration) {
        let new = u64::try_from(busy.as_micros()).unwrap_or(UNKNOWN).min(UNKNOWN / WEIGHT - 1);
        let average = |old| match old {
            UNKNOWN => Some(new),
            old => Some((old * (WEIGHT - 1) + new) / WEIGHT),
        };
        // Always set: the function has an answer for everything.
        let _ = self.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, average);
    }

    /// How many messages may be in hand now.
    pub(crate) fn size(&self) -> usize {
        let connections = self.connections;
        let waiting = match self.busy.load(Ordering::Relaxed) {
            UNKNOWN => connections * (FIRST - 1),
            busy => {
                let ahead = AHEAD.as_micros().saturating_mul(connections as u128);
                usize::try_from(ahead.div_ceil(u128::from(busy.max(1)))).unwrap_or(usize::MAX)
            }
        };
        connections.saturating_add(waiting).min(connections * IN_HAND_PER_CONNECTION)
    }

    /// How many of them a claim may hold. A claim is settled as a whole: small ones give room back soon.
    pub(crate) fn claim(&self) -> usize {
        ((self.size() - self.connections) / 2).clamp(1, CLAIM_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(connections: usize, busy: Duration) -> (usize, usize) {
        let window = Window::new(connections);
        window.note(Duration::from_secs(3));
        (0..200).for_each(|_| window.note(busy));
        (window.size(), window.claim())
    }

    #[test]
    fn slow_relays_have_few_in_hand_and_fast_ones_many() {
        assert_eq!((Window::new(10).size(), Window::new(10).claim()), (20, 5));
        assert_eq!(measured(10, Duration::from_millis(200)), (12, 1));
        assert_eq!(measured(10, Duration::from_mins(10)), (11, 1));
        assert_eq!(measured(10, Duration::from_micros(500)), (160, 64));
        assert_eq!(measured(1, Duration::ZERO), (16, 7));
        assert_eq!(measured(1, Duration::MAX), (2, 1));
        let (size, claim) = measured(10, Duration::from_millis(5));
        assert!((58..=62).contains(&size) && (24..=26).contains(&claim), "{size} {claim}");
    }
}
