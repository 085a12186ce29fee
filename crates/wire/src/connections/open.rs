//! The connections that are open, and which of them gives way.
//!
//! Every connection takes these steps, all under one lock, so no step may look at all connections.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Notify;

/// What shares a limit with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Group {
    Address(u128),
    Network(u128),
}

pub(super) fn groups(ip: IpAddr) -> [Group; 2] {
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

/// A number of its own for whatever happens: what happened earlier has a lower one. A connection is named by the moment at
/// which it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Moment(u64);

impl Ord for Moment {
    fn cmp(&self, other: &Self) -> Ordering {
        #[cfg(test)]
        super::tests::COMPARED.set(super::tests::COMPARED.get() + 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Default)]
pub(super) struct Open {
    latest: Moment,
    connections: HashMap<Moment, Connection>,
    /// Those that wait for the client, by since when.
    idle: BTreeMap<Moment, Moment>,
    groups: HashMap<Group, Members>,
    /// The network that is to give way first comes last.
    networks: BTreeSet<(Rank, Group)>,
}

/// By how many connections a network has, and, of two with as many, by since when one of them has waited; those without any
/// that waits come before.
type Rank = (usize, Option<Reverse<Moment>>);

/// The connections of a group.
#[derive(Default)]
struct Members {
    count: usize,
    /// Those that wait for the client, by since when.
    idle: BTreeMap<Moment, Moment>,
}

impl Members {
    fn rank(&self) -> Rank {
        (self.count, self.idle.first_key_value().map(|(since, _)| Reverse(*since)))
    }
}

struct Connection {
    groups: Option<[Group; 2]>,
    /// Since when it waits for the client; `None` while its request is in work.
    idle_since: Option<Moment>,
    close: Arc<Notify>,
}

impl Open {
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// How many connections a group has.
    pub fn count(&self, group: Group) -> usize {
        self.groups.get(&group).map_or(0, |members| members.count)
    }

    /// A new connection, which waits for the client.
    pub fn add(&mut self, groups: Option<[Group; 2]>, close: Arc<Notify>) -> Moment {
        let id = self.next_moment();
        self.connections.insert(id, Connection { groups, idle_since: None, close });
        for group in groups.into_iter().flatten() {
            self.update(group, |members| members.count += 1);
        }
        self.set_idle(id, true);
        id
    }

    /// Closes a connection of the network that holds most, or any; false if all are in work.
    pub fn give_way(&mut self) -> bool {
        let greediest = self.networks.last().map(|(_, group)| *group);
        self.close_idle(greediest) || self.close_idle(None)
    }

    /// Closes the connection of a group that has waited longest; false if all of them are in work.
    pub fn close_idle(&mut self, group: Option<Group>) -> bool {
        let idle = match group {
            None => Some(&self.idle),
            Some(group) => self.groups.get(&group).map(|members| &members.idle),
        };
        let Some((_, id)) = idle.and_then(BTreeMap::first_key_value) else { return false };
        if let Some(close) = self.remove(*id) {
            close.notify_one();
        }
        true
    }

    /// It waits for the client from now on, or not at all.
    pub fn set_idle(&mut self, id: Moment, idle: bool) {
        let since = idle.then(|| self.next_moment());
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let before = std::mem::replace(&mut connection.idle_since, since);
        let groups = connection.groups;
        let change = |idle: &mut BTreeMap<Moment, Moment>| {
            before.map(|before| idle.remove(&before));
            since.map(|since| idle.insert(since, id));
        };
        change(&mut self.idle);
        for group in groups.into_iter().flatten() {
            self.update(group, |members| change(&mut members.idle));
        }
    }

    /// Gives what closes it, unless it was removed before.
    pub fn remove(&mut self, id: Moment) -> Option<Arc<Notify>> {
        self.set_idle(id, false);
        let connection = self.connections.remove(&id)?;
        for group in connection.groups.into_iter().flatten() {
            self.update(group, |members| members.count -= 1);
        }
        Some(connection.close)
    }

    fn next_moment(&mut self) -> Moment {
        self.latest.0 += 1;
        self.latest
    }

    fn update(&mut self, group: Group, change: impl FnOnce(&mut Members)) {
        let members = self.groups.entry(group).or_default();
        let before = members.rank();
        change(members);
        let after = members.rank();
        if members.count == 0 {
            self.groups.remove(&group);
        }
        if matches!(group, Group::Network(_)) && before != after {
            self.networks.remove(&(before, group));
            if after.0 > 0 {
                self.networks.insert((after, group));
            }
        }
    }
}
