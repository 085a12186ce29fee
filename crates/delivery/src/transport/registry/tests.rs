//! Connections are shared by settings and by nothing else, closed in time, and keep one speed together.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use wire::smtp::{Envelope, Outcome, SmtpTransport, TlsMode, TransportConfig};

use super::*;
use crate::sms::{OutText, SmsOutcome, SmsTransportConfig};
use crate::tests::START;
use crate::tests::engine::World;
use crate::tests::server::Server;

/// The time that passes while a test runs.
struct Passing(Instant);

impl Clock for Passing {
    fn now(&self) -> consent::Timestamp {
        START.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

fn config(port: u16) -> TransportConfig {
    TransportConfig::new("127.0.0.1", port, TlsMode::None)
}

async fn send(relay: &SmtpTransport) -> Instant {
    let mut session = relay.session().await.unwrap();
    let envelope = Envelope::new("s@b.example", "r@b.example").unwrap();
    let mut handed = None;
    let holds = || handed.replace(Instant::now()).is_none();
    let outcome = session.send(&envelope, b"Subject: x\r\n\r\nx\r\n", holds, async { true }).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    handed.unwrap()
}

#[tokio::test]
async fn the_same_settings_share_connections_and_a_change_makes_others_that_replace_them() {
    let server = Server::accepting().await;
    let world = World::new();
    let transports = world.deps().transports;
    let (a, b) =
        (transports.relay(&config(server.port)).unwrap(), transports.relay(&config(server.port)).unwrap());
    assert!(Arc::ptr_eq(&a, &b));
    send(&a).await;
    assert_eq!(b.unused(), 1, "the connection waits for whoever comes next");
    let changed = TransportConfig { connections_max: 2, ..config(server.port) };
    let new = transports.relay(&changed).unwrap();
    assert!(!Arc::ptr_eq(&a, &new));
    assert!(Arc::ptr_eq(&new, &transports.relay(&changed).unwrap()));
    let elsewhere = transports.relay(&config(1)).unwrap();
    send(&new).await;
    assert_eq!(transports.pools().len(), 3);
    transports.sweep().await;
    assert_eq!(
        (a.unused(), new.unused()),
        (0, 1),
        "the old settings' connections are closed, young as they are"
    );
    send(&a).await;
    assert_eq!(a.unused(), 1, "whoever still has the old settings can go on");
    drop((a, b, elsewhere));
    transports.sweep().await;
    transports.sweep().await;
    assert_eq!(transports.pools().len(), 1, "{transports:?}");
    // Put back, the old settings are those in force.
    let again = transports.relay(&config(server.port)).unwrap();
    transports.sweep().await;
    send(&again).await;
    drop(new);
    transports.close().await;
    assert_eq!(again.unused(), 0);
}

#[tokio::test]
async fn another_account_at_the_same_relay_is_another_pool_and_replaces_none() {
    let world = World::new();
    let transports = world.deps().transports;
    let user = |name: &str| {
        let password = Some(wire::secret::Secret::new("p"));
        TransportConfig { username: Some(name.to_owned()), password, ..config(25) }
    };
    let pools = [user("a"), user("b"), config(25)].map(|config| transports.relay(&config).unwrap());
    assert!(transports.pools().iter().all(|entry| !entry.drains));
    let other = TransportConfig { password: Some(wire::secret::Secret::new("q")), ..user("a") };
    transports.relay(&other).unwrap();
    let drains: Vec<bool> = transports.pools().iter().map(|entry| entry.drains).collect();
    assert_eq!(drains, [true, false, false, false], "{transports:?}");
    assert!(!format!("{transports:?}").contains("password"));
    drop(pools);
}

/// A provider that takes every text; how many connections and requests it had.
async fn provider() -> (u16, Arc<[AtomicUsize; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let counted = Arc::clone(&counts);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted[0].fetch_add(1, Ordering::SeqCst);
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut request = vec![0; 1 << 16];
                while let Ok(read @ 1..) = stream.read(&mut request).await {
                    // The body may come by itself.
                    if !request[..read].starts_with(b"POST ") {
                        continue;
                    }
                    counted[1].fetch_add(1, Ordering::SeqCst);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"data\":{\"id\":\"t-1\"}}";
                    stream.write_all(answer).await.unwrap();
                }
            });
        }
    });
    (port, counts)
}

#[tokio::test]
async fn texts_share_the_connections_of_an_account_too() {
    let (port, counts) = provider().await;
    let world = World::new();
    let transports = world.deps().transports;
    let config = |more: &str| -> SmsTransportConfig {
        let text = format!("provider = 'telnyx'\nurl = 'http://127.0.0.1:{port}'\n{more}");
        let mut config: SmsTransportConfig = toml::from_str(&text).unwrap();
        config.secret = Some(wire::secret::Secret::new("s"));
        config
    };
    let (a, b) = (transports.provider(&config("")).unwrap(), transports.provider(&config("")).unwrap());
    let other = transports.provider(&config("connections = 1")).unwrap();
    assert!(Arc::ptr_eq(&a, &b) && !Arc::ptr_eq(&a, &other));
    let text = OutText { to: "+491751234500", from: "Shop", body: "x", reference: "r", callback: None };
    let (mut one, mut two) = (a.session(), b.session());
    for _ in 0..3 {
        for session in [&mut one, &mut two] {
            session.ready("Shop").await.unwrap();
            assert_eq!(session.send(&text, || false).await, SmsOutcome::LeaseExpired);
            let sent = session.send(&text, || true).await;
            assert!(matches!(sent, SmsOutcome::Accepted(_)), "{sent:?}");
        }
    }
    let counted = || [0, 1].map(|at| counts[at].load(Ordering::SeqCst));
    assert_eq!(counted(), [1, 6], "one connection, and nothing written without a lease");
    // The one connection of the other settings is taken by whoever is ready first.
    let (mut first, mut second) = (other.session(), other.session());
    first.ready("Shop").await.unwrap();
    let mut waiting = Box::pin(second.ready("Shop"));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    first.rest();
    waiting.await.unwrap();
    assert_eq!(counted()[0], 2);
    drop((a, b, one, two, first, second, other));
    transports.close().await;
    assert_eq!(transports.pools().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_store_keep_to_one_speed() {
    const PER_SECOND: u32 = 40;
    const EACH: u32 = 20;
    let server = Server::accepting().await;
    let world = World::new();
    let clock: Arc<dyn Clock> = Arc::new(Passing(Instant::now()));
    let began = Instant::now();
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let transports = Transports::new(world.store.clone(), Arc::clone(&clock));
        let config = TransportConfig { rate_per_second: NonZeroU32::new(PER_SECOND), ..config(server.port) };
        for _ in 0..EACH {
            let relay = transports.relay(&config).unwrap();
            sending.spawn(async move { send(&relay).await });
        }
    }
    let mut handed = sending.join_all().await;
    handed.sort_unstable();
    for (n, at) in (0..).zip(handed) {
        let earliest = began + Duration::from_secs(1) / PER_SECOND * n;
        assert!(at >= earliest, "message {n} went {:?} too early", earliest - at);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_message_gets_a_connection_while_a_run_uses_them_all() {
    let server = Server::accepting().await;
    let world = World::new();
    let transports = world.deps().transports;
    let relay = transports.relay(&TransportConfig { connections_max: 1, ..config(server.port) }).unwrap();
    let (stop, running) = watch::channel(false);
    let run = tokio::spawn({
        let relay = Arc::clone(&relay);
        async move {
            let mut sent = 0;
            while !*running.borrow() {
                send(&relay).await;
                sent += 1;
            }
            sent
        }
    });
    for _ in 0..20 {
        send(&relay).await;
    }
    stop.send_replace(true);
    assert!(run.await.unwrap() > 0);
}
