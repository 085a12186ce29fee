//! What is held in memory for clients, in bytes, together and for each network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::connections::network;

/// Counts bytes that are held for clients.
pub struct Budget {
    all_max: usize,
    network_max: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    networks: HashMap<u128, usize>,
}

impl Budget {
    /// At most so many bytes in all, and so many for one client network.
    pub fn new(all_max: usize, network_max: usize) -> Arc<Self> {
        Arc::new(Self { all_max, network_max, held: Mutex::default() })
    }

    /// Nothing yet, for a client; without an address only the limit of all counts.
    pub fn begin(self: &Arc<Self>, ip: Option<IpAddr>) -> Reserved {
        Reserved { budget: Arc::clone(self), network: ip.map(network), bytes: 0 }
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

/// Bytes that are held; given back when dropped.
pub struct Reserved {
    budget: Arc<Budget>,
    network: Option<u128>,
    bytes: usize,
}

impl Reserved {
    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds more; false, and nothing more is held, if that would be too much.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let mut held = self.budget.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_network = self.network.map_or(0, |network| held.networks.get(&network).copied().unwrap_or(0));
        if held.all + bytes > self.budget.all_max || of_network + bytes > self.budget.network_max {
            return false;
        }
        held.all += bytes;
        if let Some(network) = self.network {
            *held.networks.entry(network).or_insert(0) += bytes;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut held = self.budget.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.all -= self.bytes;
        let Some(network) = self.network else { return };
        if let Some(of_network) = held.networks.get_mut(&network) {
            *of_network -= self.bytes;
            if *of_network == 0 {
                held.networks.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "as those who call it have it")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_share_and_gives_it_back() {
        let budget = Budget::new(100, 60);
        let (mut one, mut neighbour) = (budget.begin(ip("192.0.2.1")), budget.begin(ip("192.0.2.9")));
        let mut other = budget.begin(ip("198.51.100.1"));
        assert!(one.grow(40) && !neighbour.grow(30) && neighbour.grow(20));
        assert!(other.grow(40) && !other.grow(1), "all is held");
        drop(one);
        assert!(other.grow(10) && neighbour.grow(10));
        drop((neighbour, other));
        assert_eq!(budget.held(), 0);
        assert!(budget.held.lock().unwrap().networks.is_empty());
    }
}
