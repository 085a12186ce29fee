use std::cell::Cell;

use super::*;

thread_local! {
    /// How often two moments were compared.
    pub(super) static COMPARED: Cell<u64> = const { Cell::new(0) };
}

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
    assert_eq!(connections.open.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_and_a_network_have_their_share() {
    let connections = open(100, 2, 3);
    let first = connections.admit(ip("192.0.2.1")).unwrap();
    let _second = connections.admit(ip("192.0.2.1")).unwrap();
    let _third = connections.admit(ip("::ffff:192.0.2.1")).unwrap();
    assert!(is_closed(&first).await);
    let _fourth = connections.admit(ip("192.0.2.2")).unwrap();
    assert_eq!(connections.open.lock().unwrap().len(), 3);
    let _fifth = connections.admit(ip("192.0.2.3")).unwrap();
    assert_eq!(connections.open.lock().unwrap().len(), 3);
    let mut six = Vec::new();
    for (at, address) in
        ["2001:db8:1:1::1", "2001:db8:1:1:2::1", "2001:db8:1:1:3::1", "2001:db8:1:2::1", "2001:db8:1:3::1"]
            .into_iter()
            .enumerate()
    {
        six.push(connections.admit(ip(address)).unwrap());
        assert_eq!(connections.open.lock().unwrap().len(), 3 + [1, 2, 2, 3, 3][at]);
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
    assert!(is_closed(&neighbours[5]).await && !is_closed(&neighbours[4]).await, "that one has just spoken");
}

#[test]
fn fewer_places_are_shared_alike() {
    let few = ConnectionLimits::DEFAULT.within(512);
    assert_eq!((few.all, few.per_address, few.per_network), (512, 128, 256));
    assert_eq!(ConnectionLimits::DEFAULT.within(1 << 20).all, 4096);
    assert_eq!(ConnectionLimits::DEFAULT.within(0).per_address, 1);
}

/// How many comparisons a newcomer costs, with requests that begin and end, while `held` connections of as many networks as
/// `networks` are open.
fn cost_of_a_newcomer(held: usize, networks: usize, newcomers: usize) -> u64 {
    let connections = open(held, held, held);
    let from = |n: usize| {
        let network = u32::try_from(n % networks).unwrap();
        Some(IpAddr::from((network << 8 | 1).to_be_bytes()))
    };
    let mut places: std::collections::VecDeque<_> =
        (0..held).map(|n| connections.admit(from(n)).unwrap()).collect();
    COMPARED.set(0);
    for n in 0..newcomers {
        places.push_back(connections.admit(from(n * 7)).unwrap());
        let activity = places[n % places.len()].activity();
        activity.touch();
        drop(activity.begin());
        places.pop_front();
        if n % 16 == 0 {
            connections.relieve();
        }
    }
    assert!(connections.open.lock().unwrap().len() <= held);
    COMPARED.get() / newcomers as u64
}

#[test]
fn a_newcomer_costs_hardly_more_however_many_are_open() {
    for networks in [1, 64, 4096] {
        let (few, many) =
            (cost_of_a_newcomer(256, networks, 2_000), cost_of_a_newcomer(4096, networks, 20_000));
        assert!(many < 3 * few && many < 2_000, "{networks} networks: {few}, then {many}");
    }
}

#[tokio::test]
async fn of_networks_with_as_many_the_one_that_waits_longest_gives_way() {
    let connections = open(3, 3, 3);
    let [first, second, third] =
        ["203.0.113.1", "2001:db8::1", "192.0.2.1"].map(|address| connections.admit(ip(address)).unwrap());
    first.activity().touch();
    let busy = second.activity().begin();
    let _newcomer = connections.admit(ip("198.51.100.1")).unwrap();
    assert!(is_closed(&third).await && !is_closed(&first).await && !is_closed(&second).await);
    drop(busy);
    let _newcomer = connections.admit(ip("198.51.101.1")).unwrap();
    assert!(is_closed(&first).await && !is_closed(&second).await);
}
