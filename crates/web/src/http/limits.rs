//! How often strangers may have something sent: by client, by its network and in all. What an address gets, and what goes
//! out in a day, is counted in the store, whichever node is asked; this keeps one node from being used as a loudspeaker.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use consent::Timestamp;

/// How long requests of a client and of a network count.
const HOUR: Duration = Duration::from_hours(1);
/// How long those of all count.
const MINUTE: Duration = Duration::from_mins(1);
/// Places in which clients and networks are counted: 96 KiB in all, whatever comes. Two may share one.
const PLACES: usize = 1 << 14;
/// One client has this part of what its network has.
const CLIENTS_PER_NETWORK: u16 = 4;
/// One network has this part of a minute's requests.
const NETWORKS_PER_MINUTE: u32 = 10;
/// Requests of a network within an hour by which it counts as new: half of a minute's are for such ones alone.
const NEW_MAX: u16 = 2;

/// A client: an IPv4 address, or the first 64 bits of an IPv6 one; and its network, the first 24 or 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    host: u64,
    network: u64,
}

impl Client {
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self { host: u64::from(u32::from(ip)), network: u64::from(u32::from(ip) >> 8) },
            // No address of the first /64 is a client's, so the two kinds don't meet.
            IpAddr::V6(ip) => {
                Self { host: (u128::from(ip) >> 64) as u64, network: (u128::from(ip) >> 80) as u64 }
            }
        }
    }
}

/// Counts requests.
pub(crate) struct Limits {
    per_client: u16,
    per_network: u16,
    /// Of one network in a minute.
    network_share: u16,
    all: u32,
    hasher: RandomState,
    counts: Mutex<Counts>,
}

struct Counts {
    clients: Box<[u16]>,
    networks: Box<[u16]>,
    hour_since: Timestamp,
    /// Those of this minute.
    shares: Box<[u16]>,
    /// Of new networks, and of all others.
    new: u32,
    others: u32,
    minute_since: Timestamp,
}

impl Limits {
    /// At most so many an hour of one network, and so many a minute in all.
    pub fn new(per_network: u16, all: u32) -> Self {
        let places = || vec![0; PLACES].into_boxed_slice();
        let counts = Counts {
            clients: places(),
            networks: places(),
            hour_since: Timestamp::UNDATED,
            shares: places(),
            new: 0,
            others: 0,
            minute_since: Timestamp::UNDATED,
        };
        let network_share = u16::try_from(all.div_ceil(NETWORKS_PER_MINUTE)).unwrap_or(u16::MAX);
        let per_client = per_network.div_ceil(CLIENTS_PER_NETWORK);
        let hasher = RandomState::new();
        Self { per_client, per_network, network_share, all, hasher, counts: Mutex::new(counts) }
    }

    /// Counts a request; false if there were too many. One that is refused isn't counted.
    pub fn admit(&self, client: Option<Client>, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.forget(now);
        // The places aren't to be guessed, so that nobody fills another's.
        let place = |of: u64| self.hasher.hash_one(of) as usize % PLACES;
        let places = client.map(|client| (place(client.host), place(client.network)));
        let mut is_new = false;
        if let Some((host, network)) = places {
            if counts.clients[host] >= self.per_client
                || counts.networks[network] >= self.per_network
                || counts.shares[network] >= self.network_share
            {
                return false;
            }
            is_new = counts.networks[network] < NEW_MAX;
        }
        let half = self.all / 2;
        if is_new && counts.new < half {
            counts.new += 1;
        } else if counts.others < self.all - half {
            counts.others += 1;
        } else {
            return false;
        }
        if let Some((host, network)) = places {
            counts.clients[host] += 1;
            counts.networks[network] += 1;
            counts.shares[network] += 1;
        }
        true
    }
}

impl Counts {
    /// Begins a new hour and a new minute.
    fn forget(&mut self, now: Timestamp) {
        if is_over(self.hour_since, HOUR, now) {
            self.clients.fill(0);
            self.networks.fill(0);
            self.hour_since = now;
        }
        if is_over(self.minute_since, MINUTE, now) {
            self.shares.fill(0);
            (self.new, self.others, self.minute_since) = (0, 0, now);
        }
    }
}

/// Whether a span is over; a clock that was put back ends it too.
fn is_over(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    now < since || now >= since.plus(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Client {
        Client::of(text.parse().unwrap())
    }

    fn start() -> Timestamp {
        Timestamp::parse("2026-05-03T10:00:00Z").unwrap()
    }

    #[test]
    fn neighbours_share_a_network() {
        let network = |text| client(text).network;
        assert_eq!(network("192.0.2.1"), network("192.0.2.254"));
        assert_eq!(client("192.0.2.7"), client("::ffff:192.0.2.7"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::1"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:2:2::1"));
    }

    #[test]
    fn a_client_and_a_network_have_their_share_of_an_hour() {
        let limits = Limits::new(8, 10_000);
        let ask =
            |ip: &str, seconds| limits.admit(Some(client(ip)), start().plus(Duration::from_secs(seconds)));
        assert_eq!([ask("192.0.2.1", 0), ask("192.0.2.1", 0), ask("192.0.2.1", 0)], [true, true, false]);
        let network = |last: u32| ask(&format!("192.0.2.{last}"), 1);
        assert!((2..8).all(network) && !network(9), "eight of the network");
        assert!(ask("192.0.3.1", 1), "its neighbour");
        assert!(!ask("192.0.2.1", 3_599) && ask("192.0.2.1", 3_600), "an hour later");
        assert!(limits.admit(Some(client("192.0.2.1")), Timestamp(start().0 - 1)), "the clock was put back");
    }

    #[test]
    fn one_network_cannot_use_up_the_minute() {
        let limits = Limits::new(1_000, 40);
        let ask =
            |ip: String, seconds| limits.admit(Some(client(&ip)), start().plus(Duration::from_secs(seconds)));
        let taken = (0..200).filter(|n| ask(format!("192.0.2.{n}"), 0)).count();
        assert_eq!(taken, 4, "a tenth");
        // Ten networks at their most leave room for whoever comes for the first time.
        for network in 0..30 {
            for n in 0..9 {
                ask(format!("10.9.{network}.{n}"), 0);
            }
        }
        let limits = Limits::new(1_000, 40);
        for n in 0..60 {
            limits.admit(None, start());
            limits.admit(Some(client(&format!("10.1.1.{n}"))), start());
        }
        assert!(limits.admit(Some(client("198.51.100.1")), start()), "somebody new");
        assert!(!limits.admit(None, start()), "without an address only all counts");
        assert!(limits.admit(None, start().plus(MINUTE)), "a minute later");
    }
}
