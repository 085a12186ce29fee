//! Which connections are kept open.
//!
//! An open connection costs its owner nothing. So places are limited: in all, for an address, for a network. Where they have
//! run out the newcomer isn't turned away, since it may be a mailbox provider with an opt-out, but the connection that has
//! waited longest, of the network that holds most, is closed. One whose request is in work is never closed.

mod open;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use self::open::{Group, Moment, Open, groups};

/// How many connections may be open.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// In all.
    pub all: usize,
    /// From one IPv4 address, or one IPv6 network of 64 bits, which is what one customer gets.
    pub per_address: usize,
    /// From one IPv4 network of 24 bits, or one IPv6 network of 48.
    pub per_network: usize,
    /// Whether an address that has all its places gets another in exchange for its oldest; else it is turned away.
    pub exchange: bool,
}

impl ConnectionLimits {
    /// Unless said otherwise.
    pub const DEFAULT: Self = Self { all: 4096, per_address: 1024, per_network: 2048, exchange: true };

    /// The same shares of fewer connections.
    #[must_use]
    pub fn within(self, all: usize) -> Self {
        let all = self.all.min(all.max(1));
        let share = |part: usize| (part * all / self.all).max(1);
        Self { all, per_address: share(self.per_address), per_network: share(self.per_network), ..self }
    }
}

/// The network that an address belongs to, for counting: 24 bits of IPv4, 48 of IPv6.
pub(crate) fn network(ip: IpAddr) -> u128 {
    let [_, Group::Network(network) | Group::Address(network)] = groups(ip);
    network
}

/// The connections that are open.
pub struct Connections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

impl Connections {
    /// None yet.
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    /// A place for a new connection, for which another may be closed; `None` if every other is in work. Without an address
    /// (a proxy in front: all come from it) only the limit of all counts.
    pub fn admit(self: &Arc<Self>, ip: Option<IpAddr>) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = ip.map(groups);
        for (group, max) in groups.iter().flatten().zip([self.limits.per_address, self.limits.per_network]) {
            let full = open.count(*group) >= max;
            let may = self.limits.exchange || matches!(group, Group::Network(_));
            if full && !(may && open.close_idle(Some(*group))) {
                return None;
            }
        }
        if open.len() >= self.limits.all && !open.give_way() {
            return None;
        }
        let close = Arc::new(Notify::new());
        let id = open.add(groups, Arc::clone(&close));
        drop(open);
        Some(Place { id, close, connections: Arc::clone(self) })
    }

    /// Closes the connection that has waited longest, for want of something else than places.
    pub fn relieve(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).give_way();
    }

    fn set_idle(&self, id: Moment, idle: bool) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).set_idle(id, idle);
    }
}

/// The place of an open connection; given back when dropped.
pub struct Place {
    id: Moment,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

impl Place {
    /// Done when the connection is to be closed in favour of another.
    pub async fn closed(&self) {
        self.close.notified().await;
    }

    /// What tells whether a request of the connection is in work: put it into the request's extensions.
    pub fn activity(&self) -> Activity {
        Activity { id: self.id, connections: Arc::clone(&self.connections) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open.lock().unwrap_or_else(PoisonError::into_inner).remove(self.id);
    }
}

/// Whether a request of a connection is in work.
#[derive(Clone)]
pub struct Activity {
    id: Moment,
    connections: Arc<Connections>,
}

impl Activity {
    /// The client has just sent something: others have waited longer.
    pub fn touch(&self) {
        self.connections.set_idle(self.id, true);
    }

    /// The connection that has waited longest is closed, for want of something that it holds.
    pub fn relieve(&self) {
        self.connections.relieve();
    }

    /// It is, from now until what this gives is dropped: the client has sent all of it, and waits for us.
    pub fn begin(self) -> Busy {
        self.connections.set_idle(self.id, false);
        Busy(self)
    }
}

/// While it is there, a connection isn't closed for another.
pub struct Busy(Activity);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.connections.set_idle(self.0.id, true);
    }
}
