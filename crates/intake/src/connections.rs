//! Which connections are kept open.
//!
//! An open connection costs its owner nothing. So places are limited: in all, for an address, for a network. Where they have
//! run out the newcomer isn't turned away, since it may be a mailbox provider with an opt-out, but the connection that has
//! waited longest, of the network that holds most, is closed. One whose request is in work is never closed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

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

/// What shares a limit with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    Address(u128),
    Network(u128),
}

/// The network that an address belongs to, for counting: 24 bits of IPv4, 48 of IPv6.
pub(crate) fn network(ip: IpAddr) -> u128 {
    let [_, Group::Network(network) | Group::Address(network)] = groups(ip);
    network
}

fn groups(ip: IpAddr) -> [Group; 2] {
    match ip.to_canonical() {
        // No IPv6 network that is routed begins with so many zeros.
        IpAddr::V4(ip) => {
            let bits = u128::from(u32::from(ip));
            [Group::Address(bits), Group::Network(bits >> 8)]
        }
        IpAddr::V6(ip) => {
            let bits = u128::from(ip);
            [Group::Address(bits >> 64 << 64), Group::Network(bits >> 80 << 80)]
        }
    }
}

/// The connections that are open.
pub struct Connections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Counts up: what happened earlier has a lower number.
    moment: u64,
    connections: HashMap<u64, Connection>,
    groups: HashMap<Group, usize>,
}

struct Connection {
    groups: Option<[Group; 2]>,
    /// Since when it waits for the client; `None` while its request is in work.
    idle_since: Option<u64>,
    close: Arc<Notify>,
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
            let full = open.groups.get(group).is_some_and(|count| *count >= max);
            let may = self.limits.exchange || matches!(group, Group::Network(_));
            if full && !(may && open.close_idle(Some(*group))) {
                return None;
            }
        }
        if open.connections.len() >= self.limits.all {
            let greediest = open.greediest();
            if !open.close_idle(greediest) && !open.close_idle(None) {
                return None;
            }
        }
        open.moment += 1;
        let id = open.moment;
        let close = Arc::new(Notify::new());
        let connection = Connection { groups, idle_since: Some(id), close: Arc::clone(&close) };
        open.connections.insert(id, connection);
        for group in groups.iter().flatten() {
            *open.groups.entry(*group).or_insert(0) += 1;
        }
        drop(open);
        Some(Place { id, close, connections: Arc::clone(self) })
    }

    /// Closes the connection that has waited longest, for want of something else than places.
    pub fn relieve(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let greediest = open.greediest();
        if !open.close_idle(greediest) {
            open.close_idle(None);
        }
    }

    fn set_idle(&self, id: u64, idle: bool) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.moment += 1;
        let moment = open.moment;
        if let Some(connection) = open.connections.get_mut(&id) {
            connection.idle_since = idle.then_some(moment);
        }
    }
}

impl Open {
    fn greediest(&self) -> Option<Group> {
        let networks = self.groups.iter().filter(|(group, _)| matches!(group, Group::Network(_)));
        networks.max_by_key(|(_, count)| **count).map(|(group, _)| *group)
    }

    /// Closes the connection of a group that has waited longest; false if all of them are in work.
    fn close_idle(&mut self, group: Option<Group>) -> bool {
        let among = |connection: &Connection| {
            group.is_none_or(|group| connection.groups.is_some_and(|groups| groups.contains(&group)))
        };
        let idle = self.connections.iter().filter(|(_, connection)| among(connection));
        let oldest =
            idle.filter_map(|(id, connection)| Some((connection.idle_since?, *id))).min().map(|(_, id)| id);
        let Some(id) = oldest else { return false };
        if let Some(connection) = self.remove(id) {
            connection.close.notify_one();
        }
        true
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.connections.remove(&id)?;
        for group in connection.groups.iter().flatten() {
            if let Some(count) = self.groups.get_mut(group) {
                *count -= 1;
                if *count == 0 {
                    self.groups.remove(group);
                }
            }
        }
        Some(connection)
    }
}

/// The place of an open connection; given back when dropped.
pub struct Place {
    id: u64,
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
    id: u64,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "as those who call it have it")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn open(all: usize, per_address: usize, per_network: usize) -> Arc<Connections> {
        Connections::new(ConnectionLimits { all, per_address, per_network, exchange: true })
    }

    async fn is_closed(place: &Place) -> bool {
        tokio::time::timeout(std::time::Duration::ZERO, place.closed()).await.is_ok()
    }

    #[tokio::test]
    async fn the_greediest_network_gives_way() {
        let connections = open(4, 4, 4);
        let other = connections.admit(ip("198.51.100.1")).unwrap();
        let greedy: Vec<_> =
            (1..4).map(|last| connections.admit(ip(&format!("192.0.2.{last}"))).unwrap()).collect();
        let newcomer = connections.admit(ip("203.0.113.1")).unwrap();
        assert!(is_closed(&greedy[0]).await, "the oldest of the network that holds most");
        assert!(!is_closed(&other).await && !is_closed(&newcomer).await && !is_closed(&greedy[1]).await);
        // In work: the next one of its network has to go.
        let busy = greedy[1].activity().begin();
        let another = connections.admit(ip("203.0.113.2")).unwrap();
        assert!(!is_closed(&greedy[1]).await && is_closed(&greedy[2]).await);
        drop((busy, other, newcomer, another));
        assert_eq!(connections.open.lock().unwrap().connections.len(), 1);
    }

    #[tokio::test]
    async fn an_address_and_a_network_have_their_share() {
        let connections = open(100, 2, 3);
        let first = connections.admit(ip("192.0.2.1")).unwrap();
        let _second = connections.admit(ip("192.0.2.1")).unwrap();
        let _third = connections.admit(ip("::ffff:192.0.2.1")).unwrap();
        assert!(is_closed(&first).await);
        let _fourth = connections.admit(ip("192.0.2.2")).unwrap();
        assert_eq!(connections.open.lock().unwrap().connections.len(), 3);
        let _fifth = connections.admit(ip("192.0.2.3")).unwrap();
        assert_eq!(connections.open.lock().unwrap().connections.len(), 3);
        let mut six = Vec::new();
        for (at, address) in [
            "2001:db8:1:1::1",
            "2001:db8:1:1:2::1",
            "2001:db8:1:1:3::1",
            "2001:db8:1:2::1",
            "2001:db8:1:3::1",
        ]
        .into_iter()
        .enumerate()
        {
            six.push(connections.admit(ip(address)).unwrap());
            assert_eq!(connections.open.lock().unwrap().connections.len(), 3 + [1, 2, 2, 3, 3][at]);
        }
        drop(six);
        // Behind a proxy all come from one address.
        let proxied: Vec<_> = (0..50).map(|_| connections.admit(None).unwrap()).collect();
        assert!(!is_closed(&proxied[0]).await);
    }

    #[tokio::test]
    async fn whoever_waits_for_us_is_never_closed() {
        let connections = open(2, 2, 2);
        let places = [(); 2].map(|()| connections.admit(ip("192.0.2.1")).unwrap());
        let busy = [&places[0], &places[1]].map(|place| place.activity().begin());
        assert!(connections.admit(ip("198.51.100.1")).is_none());
        connections.relieve();
        assert!(!is_closed(&places[0]).await && !is_closed(&places[1]).await);
        drop(busy);
        assert!(connections.admit(ip("198.51.100.1")).is_some());
    }

    #[tokio::test]
    async fn without_exchange_an_address_keeps_what_it_has() {
        let limits = ConnectionLimits { all: 10, per_address: 2, per_network: 3, exchange: false };
        let connections = Connections::new(limits);
        let first = [(); 2].map(|()| connections.admit(ip("192.0.2.1")).unwrap());
        assert!(connections.admit(ip("192.0.2.1")).is_none());
        let neighbours: Vec<_> =
            (2..9).map(|last| connections.admit(ip(&format!("192.0.2.{last}"))).unwrap()).collect();
        assert!(is_closed(&first[0]).await && is_closed(&first[1]).await && !is_closed(&neighbours[6]).await);
        neighbours[4].activity().touch();
        let _newest = connections.admit(ip("192.0.2.9")).unwrap();
        assert!(
            is_closed(&neighbours[5]).await && !is_closed(&neighbours[4]).await,
            "that one has just spoken"
        );
    }

    #[test]
    fn fewer_places_are_shared_alike() {
        let few = ConnectionLimits::DEFAULT.within(512);
        assert_eq!((few.all, few.per_address, few.per_network), (512, 128, 256));
        assert_eq!(ConnectionLimits::DEFAULT.within(1 << 20).all, 4096);
        assert_eq!(ConnectionLimits::DEFAULT.within(0).per_address, 1);
    }
}
