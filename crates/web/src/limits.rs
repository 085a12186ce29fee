//! How often strangers may have something sent: by client network and in all. What an address gets is counted in the
//! store, whichever node is asked; this keeps one node from being used as a loudspeaker.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use consent::Timestamp;

/// How long requests of a network count.
const NETWORK_SPAN: Duration = Duration::from_hours(1);
/// How long those of all count.
const ALL_SPAN: Duration = Duration::from_mins(1);
/// Places in which networks are counted: 32 KiB, whatever comes. Two networks may share one.
const PLACES: usize = 1 << 14;

/// A client's network: the first 24 bits of an IPv4 address, the first 64 of an IPv6 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(u64);

impl Network {
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(u64::from(u32::from(ip) >> 8)),
            // No address of the first /64 is a client's, so the two kinds don't meet.
            IpAddr::V6(ip) => Self((u128::from(ip) >> 64) as u64),
        }
    }
}

/// Counts requests.
pub(crate) struct Limits {
    per_network: u16,
    all: u32,
    hasher: RandomState,
    counts: Mutex<Counts>,
}

struct Counts {
    networks: Box<[u16]>,
    networks_since: Timestamp,
    all: u32,
    all_since: Timestamp,
}

impl Limits {
    /// At most so many an hour of one network, and so many a minute in all.
    pub fn new(per_network: u16, all: u32) -> Self {
        let counts = Counts {
            networks: vec![0; PLACES].into_boxed_slice(),
            networks_since: Timestamp::UNDATED,
            all: 0,
            all_since: Timestamp::UNDATED,
        };
        Self { per_network, all, hasher: RandomState::new(), counts: Mutex::new(counts) }
    }

    /// Counts a request; false if there were too many. One that is refused isn't counted.
    pub fn admit(&self, network: Option<Network>, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if is_over(counts.networks_since, NETWORK_SPAN, now) {
            counts.networks.fill(0);
            counts.networks_since = now;
        }
        if is_over(counts.all_since, ALL_SPAN, now) {
            (counts.all, counts.all_since) = (0, now);
        }
        // The places aren't to be guessed, so that nobody fills another's.
        let place = network.map(|network| self.hasher.hash_one(network) as usize % PLACES);
        if counts.all >= self.all || place.is_some_and(|place| counts.networks[place] >= self.per_network) {
            return false;
        }
        counts.all += 1;
        if let Some(place) = place {
            counts.networks[place] += 1;
        }
        true
    }
}

/// Whether a span is over; a clock that was put back ends it too.
fn is_over(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    now < since || now >= since.plus(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn neighbours_share_a_network() {
        assert_eq!(network("192.0.2.1"), network("192.0.2.254"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.7"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }

    #[test]
    fn a_network_and_all_have_their_share() {
        let (limits, start) = (Limits::new(2, 5), Timestamp::parse("2026-05-03T10:00:00Z").unwrap());
        let ask =
            |ip: &str, seconds| limits.admit(Some(network(ip)), start.plus(Duration::from_secs(seconds)));
        assert_eq!([ask("192.0.2.1", 0), ask("192.0.2.2", 0), ask("192.0.2.3", 0)], [true, true, false]);
        assert!(limits.admit(None, start), "without an address only all counts");
        assert_eq!([ask("10.1.0.1", 1), ask("10.2.0.1", 1), ask("10.3.0.1", 1)], [true, true, false]);
        assert_eq!([ask("10.3.0.1", 61), ask("192.0.2.4", 61)], [true, false], "a minute later");
        assert!(ask("192.0.2.4", 3_600), "an hour later");
        assert!(limits.admit(Some(network("192.0.2.4")), Timestamp(start.0 - 1)), "the clock was put back");
    }
}
