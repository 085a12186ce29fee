//! Connections kept, reused, replaced and limited.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::*;
use crate::rate::{Grant, NoTurn, RateLimit, Turns};

fn accepted() -> Vec<Step> {
    deliver(OPENED, "250 ok\r\n")
}

async fn send_one(transport: &SmtpTransport) -> Outcome {
    let mut session = transport.session().await.unwrap();
    session.send(&envelope(), MESSAGE, || true, ready(true)).await
}

#[tokio::test]
async fn a_connection_is_reused_by_later_sessions() {
    let quit = vec![Step::Expect("QUIT\r\n"), Step::Send("221 bye\r\n"), Step::Hold];
    let server = Server::start(vec![[greet(HELLO), accepted(), accepted(), quit].concat()]).await;
    let transport = SmtpTransport::new(config(&server)).unwrap();
    for _ in 0..2 {
        assert_eq!(code(&send_one(&transport).await).0, "accepted");
    }
    transport.close_idle().await;
    server.finish().await;
}

#[tokio::test]
async fn a_connection_ends_after_its_share_of_messages() {
    let quit = vec![Step::Expect("QUIT\r\n"), Step::Send("221 bye\r\n"), Step::Hold];
    let first = [greet(HELLO), accepted(), accepted(), quit].concat();
    let second = [greet(HELLO), accepted(), vec![Step::Hold]].concat();
    let server = Server::start(vec![first, second]).await;
    let mut config = config(&server);
    config.messages_per_connection_max = NonZeroU32::new(2).unwrap();
    let transport = SmtpTransport::new(config).unwrap();
    let mut session = transport.session().await.unwrap();
    for _ in 0..3 {
        assert_eq!(code(&session.send(&envelope(), MESSAGE, || true, ready(true)).await).0, "accepted");
    }
    drop((session, transport));
    server.finish().await;
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_before_use() {
    let signal = Arc::new(Notify::new());
    let goodbye = vec![Step::Wait(Arc::clone(&signal)), Step::Send("421 idle\r\n")];
    let first = [greet(HELLO), accepted(), goodbye].concat();
    let server = Server::start(vec![first, [greet(HELLO), accepted(), vec![Step::Hold]].concat()]).await;
    let transport = SmtpTransport::new(config(&server)).unwrap();
    assert_eq!(code(&send_one(&transport).await).0, "accepted");
    signal.notify_one();
    // Until the goodbye has arrived, which a look at the idle connection tells.
    let connection = transport.take_idle_unchecked().unwrap();
    while connection.is_quiet().await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    transport.put_idle(connection);
    assert_eq!(code(&send_one(&transport).await).0, "accepted");
    drop(transport);
    server.finish().await;
}

#[tokio::test]
async fn old_idle_connections_are_not_used() {
    let first = [greet(HELLO), accepted(), vec![Step::Hold]].concat();
    let server = Server::start(vec![first.clone(), first]).await;
    let mut config = config(&server);
    config.timeouts.idle = Duration::ZERO;
    let transport = SmtpTransport::new(config).unwrap();
    for _ in 0..2 {
        assert_eq!(code(&send_one(&transport).await).0, "accepted");
    }
    drop(transport);
    server.finish().await;
}

#[tokio::test]
async fn sessions_wait_for_a_free_connection() {
    let server = Server::start(vec![[greet(HELLO), accepted(), accepted(), vec![Step::Hold]].concat()]).await;
    let mut config = config(&server);
    config.connections_max = 1;
    let transport = SmtpTransport::new(config).unwrap();
    let mut held = transport.session().await.unwrap();
    let other = transport.clone();
    let waiting = tokio::spawn(async move { send_one(&other).await });
    assert_eq!(code(&held.send(&envelope(), MESSAGE, || true, ready(true)).await).0, "accepted");
    assert!(!waiting.is_finished(), "a second connection isn't in the script");
    drop(held);
    assert_eq!(code(&waiting.await.unwrap()).0, "accepted");
    drop(transport);
    server.finish().await;
}

#[tokio::test]
async fn a_dropped_send_costs_the_connection() {
    let stuck = vec![Step::Expect(COMMANDS), Step::Hold];
    let second = [greet(HELLO), accepted(), vec![Step::Hold]].concat();
    let server = Server::start(vec![[greet(HELLO), stuck].concat(), second]).await;
    let transport = SmtpTransport::new(config(&server)).unwrap();
    let mut session = transport.session().await.unwrap();
    let envelope = envelope();
    let (on_start, started) = tokio::sync::oneshot::channel();
    tokio::select! {
        outcome = session.send(&envelope, MESSAGE, || on_start.send(()).is_ok(), ready(true)) => panic!("{outcome:?}"),
        () = async { started.await.unwrap(); } => {}
    }
    assert_eq!(code(&session.send(&envelope, MESSAGE, || true, ready(true)).await).0, "accepted");
    drop((session, transport));
    server.finish().await;
}

#[tokio::test]
async fn the_rate_is_waited_for_before_the_lease_is_asked() {
    let server = Server::start(vec![[greet(HELLO), accepted(), vec![Step::Hold]].concat()]).await;
    let rate = RateLimit::new(NonZeroU32::new(1).unwrap(), Arc::new(OneTurn(AtomicBool::new(false))));
    let transport = SmtpTransport::with_rate(config(&server), Some(rate)).unwrap();
    let mut session = transport.session().await.unwrap();
    // The turn is kept by `ready` and by a lease that had run out: neither takes another one.
    session.ready().await.unwrap();
    assert_eq!(session.send(&envelope(), MESSAGE, || false, ready(true)).await, Outcome::LeaseExpired);
    assert_eq!(code(&session.send(&envelope(), MESSAGE, || true, ready(true)).await).0, "accepted");
    assert!(!session.has_turn());
    drop((session, transport));
    server.finish().await;
}

#[tokio::test]
async fn whoever_waits_for_a_turn_keeps_no_connection() {
    let server = Server::start(vec![[greet(HELLO), accepted(), vec![Step::Hold]].concat()]).await;
    let mut config = config(&server);
    config.connections_max = 1;
    let rate = RateLimit::new(NonZeroU32::new(1).unwrap(), Arc::new(OneTurn(AtomicBool::new(false))));
    let transport = SmtpTransport::with_rate(config, Some(rate)).unwrap();
    let mut session = transport.session().await.unwrap();
    let other = transport.clone();
    // There is one turn only, so this one fails, and doesn't wait for the connection before.
    assert!(matches!(other.session().await, Err(TransportError::NoTurn(_))));
    assert_eq!(code(&session.send(&envelope(), MESSAGE, || true, ready(true)).await).0, "accepted");
    drop((session, transport, other));
    server.finish().await;
}

#[tokio::test]
async fn old_connections_are_closed_and_young_ones_kept() {
    let quit = vec![Step::Expect("QUIT\r\n"), Step::Send("221 bye\r\n"), Step::Hold];
    let server = Server::start(vec![[greet(HELLO), accepted(), quit].concat()]).await;
    let mut config = config(&server);
    config.timeouts.idle = Duration::from_millis(50);
    let transport = SmtpTransport::new(config).unwrap();
    assert_eq!(code(&send_one(&transport).await).0, "accepted");
    transport.close_old().await;
    assert_eq!(transport.unused(), 1);
    tokio::time::sleep(Duration::from_millis(60)).await;
    transport.close_old().await;
    assert_eq!(transport.unused(), 0);
    server.finish().await;
}

#[test]
fn a_password_or_a_relay_that_changed_makes_another() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "one\n").unwrap();
    let mut config = TransportConfig::new("relay.example", 25, TlsMode::Required);
    (config.username, config.password_file) = (Some("shop".to_owned()), Some(file.path().to_owned()));
    let transport = SmtpTransport::new(config.clone()).unwrap();
    assert!(transport.serves(&config));
    let other = TransportConfig { port: 587, ..config.clone() };
    assert!(!transport.serves(&other));
    std::fs::write(file.path(), "two\n").unwrap();
    assert!(!transport.serves(&config), "the password was replaced");
    std::fs::remove_file(file.path()).unwrap();
    assert!(!transport.serves(&config), "what can't be read is another's");
}

/// A single turn, at once.
struct OneTurn(AtomicBool);

#[async_trait]
impl Turns for OneTurn {
    async fn take(&self, _wanted: u32) -> Result<Grant, NoTurn> {
        if self.0.swap(true, Ordering::SeqCst) {
            return Err(NoTurn("used up".to_owned()));
        }
        Ok(Grant { turns: 1, wait: Duration::ZERO })
    }
}
