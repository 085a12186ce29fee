//! Each way one message can end.

use std::cell::Cell;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn one_write_for_the_envelope_and_one_for_the_message() {
    let outcome =
        outcome_of(vec![greet(HELLO), deliver(OPENED, "250 2.0.0 queued as 1\r\n"), vec![Step::Hold]]).await;
    assert_eq!(code(&outcome), ("accepted", 250, "queued as 1".to_owned()));
}

#[tokio::test]
async fn replies_may_come_in_any_pieces() {
    let steps = vec![
        Step::Expect(COMMANDS),
        Step::Send("2"),
        Step::Send("50 a\r\n250-b\r\n25"),
        Step::Send("0 b\r\n35"),
        Step::Send("4 go\r\n"),
        Step::Expect(WIRE),
        Step::Send("250 o"),
        Step::Send("k\r"),
        Step::Send("\n"),
        Step::Hold,
    ];
    assert_eq!(code(&outcome_of(vec![greet(HELLO), steps]).await).0, "accepted");
}

#[tokio::test]
async fn without_pipelining_each_command_waits() {
    let steps = vec![
        Step::Expect("MAIL FROM:<s@b.example>\r\n"),
        Step::Send("250 ok\r\n"),
        Step::Expect("RCPT TO:<r@b.example>\r\n"),
        Step::Send("250 ok\r\n"),
        Step::Expect("DATA\r\n"),
        Step::Send("354 go\r\n"),
        Step::Expect(WIRE),
        Step::Send("250 ok\r\n"),
        Step::Hold,
    ];
    assert_eq!(code(&outcome_of(vec![greet(PLAIN_HELLO), steps]).await).0, "accepted");
}

#[tokio::test]
async fn refusals_at_each_stage_reset_and_go_on() {
    let cases: [(&str, &str, u16); 6] = [
        ("451 4.3.0 later\r\n503 no\r\n503 no\r\n", "deferred", 451),
        ("550 5.7.1 no\r\n503 no\r\n503 no\r\n", "sender refused", 550),
        ("250 ok\r\n450 4.2.1 later\r\n554 none\r\n", "deferred", 450),
        ("250 ok\r\n550 5.1.1 no\r\n554 none\r\n", "rejected", 550),
        ("250 ok\r\n250 ok\r\n452 4.3.1 full\r\n", "deferred", 452),
        ("250 ok\r\n250 ok\r\n554 5.6.0 no\r\n", "rejected", 554),
    ];
    for (replies, kind, number) in cases {
        let steps = vec![
            Step::Expect(COMMANDS),
            Step::Send(replies),
            Step::Expect("RSET\r\n"),
            Step::Send("250 ok\r\n"),
            Step::Expect(COMMANDS),
            Step::Send(OPENED),
            Step::Expect(WIRE),
            Step::Send("250 ok\r\n"),
            Step::Hold,
        ];
        let server = Server::start(vec![[greet(HELLO), steps].concat()]).await;
        let transport = SmtpTransport::new(config(&server)).unwrap();
        let mut session = transport.session().await.unwrap();
        let first = session.send(&envelope(), MESSAGE, || true, ready(true)).await;
        assert_eq!((code(&first).0, code(&first).1), (kind, number), "{replies:?}");
        assert_eq!(first.may_retry(), kind == "deferred");
        let second = session.send(&envelope(), MESSAGE, || true, ready(true)).await;
        assert_eq!(code(&second).0, "accepted", "{replies:?}");
        drop((session, transport));
        server.finish().await;
    }
}

#[tokio::test]
async fn refusals_without_pipelining_send_nothing_more() {
    let steps = vec![
        Step::Expect("MAIL FROM:<s@b.example>\r\n"),
        Step::Send("250 ok\r\n"),
        Step::Expect("RCPT TO:<r@b.example>\r\n"),
        Step::Send("550 5.1.1 <r@b.example> unknown\r\n"),
        Step::Expect("RSET\r\n"),
        Step::Send("250 ok\r\n"),
        Step::Hold,
    ];
    let outcome = outcome_of(vec![greet(PLAIN_HELLO), steps]).await;
    assert_eq!(code(&outcome), ("rejected", 550, "<r@b.example> unknown".to_owned()));
    assert!(!format!("{outcome:?}").contains("b.example"), "addresses don't show in debug output");
}

#[tokio::test]
async fn a_message_that_nobody_gets_is_empty() {
    let steps = vec![
        Step::Expect(COMMANDS),
        Step::Send("250 ok\r\n550 5.1.1 no\r\n354 go\r\n"),
        Step::Expect(".\r\n"),
        Step::Send("554 no recipients\r\n"),
        Step::Expect("RSET\r\n"),
        Step::Send("250 ok\r\n"),
        Step::Hold,
    ];
    assert_eq!(code(&outcome_of(vec![greet(HELLO), steps]).await), ("rejected", 550, "no".to_owned()));
}

#[tokio::test]
async fn the_end_of_the_message_can_be_refused() {
    for (end, kind) in [("451 4.7.1 greylisted\r\n", "deferred"), ("554 5.7.1 spam\r\n", "rejected")] {
        let outcome = outcome_of(vec![greet(HELLO), deliver(OPENED, end), vec![Step::Hold]]).await;
        assert_eq!(code(&outcome).0, kind);
    }
}

#[tokio::test]
async fn closing_reply_421_defers_and_the_next_message_gets_a_new_connection() {
    let stages = [
        vec![Step::Expect(COMMANDS), Step::Send("421 4.3.2 bye\r\n")],
        vec![Step::Expect(COMMANDS), Step::Send("250 ok\r\n421 4.3.2 bye\r\n")],
        deliver(OPENED, "421 4.3.2 bye\r\n"),
    ];
    for stage in stages {
        let again = [greet(HELLO), deliver(OPENED, "250 ok\r\n"), vec![Step::Hold]].concat();
        let server = Server::start(vec![[greet(HELLO), stage].concat(), again]).await;
        let transport = SmtpTransport::new(config(&server)).unwrap();
        let mut session = transport.session().await.unwrap();
        let outcome = session.send(&envelope(), MESSAGE, || true, ready(true)).await;
        assert_eq!(code(&outcome), ("deferred", 421, "bye".to_owned()));
        assert_eq!(code(&session.send(&envelope(), MESSAGE, || true, ready(true)).await).0, "accepted");
        drop((session, transport));
        server.finish().await;
    }
}

#[tokio::test]
async fn death_before_the_end_of_the_message_is_not_handed_over() {
    let stages = [
        vec![Step::Expect(COMMANDS)],
        vec![Step::Expect(COMMANDS), Step::Send("250 ok\r\n")],
        vec![Step::Expect(COMMANDS), Step::Send("250 ok\r\n250 ok\r\n")],
        vec![Step::Expect(COMMANDS), Step::Send("250 ok\r\n"), Step::Reset],
    ];
    for stage in stages {
        let outcome = outcome_of(vec![greet(HELLO), stage]).await;
        assert!(matches!(&outcome, Outcome::NotHandedOver(_)), "{outcome:?}");
        assert!(outcome.may_retry());
    }
}

/// Larger than the connection's buffers, so that the write can't be complete when the server goes.
fn large_message() -> Vec<u8> {
    b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n".repeat(400_000)
}

const LARGE_COMMANDS: &str = "MAIL FROM:<s@b.example>\r\nRCPT TO:<r@b.example>\r\nDATA\r\n";
const NO_SIZE: &str = "250-relay.example\r\n250 PIPELINING\r\n";

#[tokio::test]
async fn death_while_the_message_is_written_is_not_handed_over() {
    let steps = vec![Step::Expect(LARGE_COMMANDS), Step::Send(OPENED), Step::Swallow(5000), Step::Reset];
    let outcome = outcome_with(vec![greet(NO_SIZE), steps], |_| {}, &envelope(), &large_message()).await;
    assert!(matches!(outcome, Outcome::NotHandedOver(TransportError::Io(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_stops_reading_is_given_up() {
    // If it says why, that is the answer.
    for (reason, expected) in [("", None), ("552 5.3.4 big\r\n", Some(("rejected", 552, "big".to_owned())))] {
        let signal = Arc::new(Notify::new());
        let stuck = vec![
            Step::Expect(LARGE_COMMANDS),
            Step::Send(OPENED),
            Step::Swallow(5000),
            Step::Send(reason),
            Step::Wait(Arc::clone(&signal)),
        ];
        let server = Server::start(vec![[greet(NO_SIZE), stuck].concat()]).await;
        let mut config = config(&server);
        config.timeouts.data_block = Duration::from_millis(100);
        let transport = SmtpTransport::new(config).unwrap();
        let mut session = transport.session().await.unwrap();
        let outcome = session.send(&envelope(), &large_message(), || true, ready(true)).await;
        match expected {
            None => assert_eq!(outcome, Outcome::NotHandedOver(TransportError::Timeout("message"))),
            Some(expected) => assert_eq!(code(&outcome), expected),
        }
        signal.notify_one();
        server.finish().await;
    }
}

#[tokio::test]
async fn death_after_the_end_of_the_message_is_in_doubt() {
    let stages = [
        vec![Step::Expect(WIRE)],
        vec![Step::Expect(WIRE), Step::Reset],
        vec![Step::Expect(WIRE), Step::Send("250 o")],
        vec![Step::Expect(WIRE), Step::Send("what?\r\n")],
        vec![Step::Expect(WIRE), Step::Send("354 more\r\n")],
    ];
    for stage in stages {
        let opened = vec![Step::Expect(COMMANDS), Step::Send(OPENED)];
        let outcome = outcome_of(vec![greet(HELLO), opened, stage]).await;
        assert!(matches!(&outcome, Outcome::InDoubt(_)), "{outcome:?}");
        assert!(!outcome.may_retry());
    }
}

#[tokio::test]
async fn silence_times_out_by_stage() {
    let limit = Duration::from_millis(50);
    let shorten = |config: &mut TransportConfig| {
        let timeouts = &mut config.timeouts;
        (timeouts.mail, timeouts.rcpt, timeouts.data, timeouts.data_end) = (limit, limit, limit, limit);
    };
    for (replies, stage) in [("", "mail"), ("250 ok\r\n", "rcpt"), ("250 ok\r\n250 ok\r\n", "data")] {
        let steps = vec![Step::Expect(COMMANDS), Step::Send(replies), Step::Hold];
        let outcome = outcome_with(vec![greet(HELLO), steps], shorten, &envelope(), MESSAGE).await;
        assert_eq!(outcome, Outcome::NotHandedOver(TransportError::Timeout(stage)));
    }
    let steps = vec![Step::Expect(COMMANDS), Step::Send(OPENED), Step::Expect(WIRE), Step::Hold];
    let outcome = outcome_with(vec![greet(HELLO), steps], shorten, &envelope(), MESSAGE).await;
    assert_eq!(outcome, Outcome::InDoubt(TransportError::Timeout("end of message")));
}

#[tokio::test]
async fn replies_that_run_ahead_are_not_believed() {
    let steps =
        vec![Step::Expect(COMMANDS), Step::Send("250 a\r\n250 b\r\n354 c\r\n250 taken\r\n"), Step::Hold];
    let outcome = outcome_of(vec![greet(HELLO), steps]).await;
    assert_eq!(outcome, Outcome::NotHandedOver(TransportError::Protocol("reply before its command")));
    let steps = vec![Step::Expect(COMMANDS), Step::Send("250 a\r\n250 b\r\n250 c\r\n"), Step::Hold];
    assert!(matches!(outcome_of(vec![greet(HELLO), steps]).await, Outcome::NotHandedOver(_)));
}

#[tokio::test]
async fn an_expired_lease_writes_nothing() {
    let steps = deliver(OPENED, "250 ok\r\n");
    let server = Server::start(vec![[greet(HELLO), steps, vec![Step::Hold]].concat()]).await;
    let transport = SmtpTransport::new(config(&server)).unwrap();
    let mut session = transport.session().await.unwrap();
    assert_eq!(session.send(&envelope(), MESSAGE, || false, ready(true)).await, Outcome::LeaseExpired);
    // The script goes straight on with the next message's MAIL: nothing came before it.
    let calls = Cell::new(0);
    let outcome =
        session.send(&envelope(), MESSAGE, || calls.replace(calls.get() + 1) == 0, ready(true)).await;
    assert_eq!((code(&outcome).0, calls.get()), ("accepted", 1));
    drop((session, transport));
    server.finish().await;
}

#[tokio::test]
async fn a_no_at_the_last_moment_closes_the_connection_without_the_message() {
    // The first connection reads nothing after DATA; the second one is opened for the next message.
    let first = vec![Step::Expect(COMMANDS), Step::Send(OPENED), Step::ExpectEnd];
    let second = [greet(HELLO), deliver(OPENED, "250 ok\r\n"), vec![Step::Hold]].concat();
    let server = Server::start(vec![[greet(HELLO), first].concat(), second]).await;
    let transport = SmtpTransport::new(config(&server)).unwrap();
    let mut session = transport.session().await.unwrap();
    assert_eq!(session.send(&envelope(), MESSAGE, || true, ready(false)).await, Outcome::LeaseExpired);
    assert_eq!(code(&session.send(&envelope(), MESSAGE, || true, ready(true)).await).0, "accepted");
    drop((session, transport));
    server.finish().await;
}

#[tokio::test]
async fn what_the_server_cannot_take_is_not_sent() {
    let utf8 = Envelope::new("s@b.example", "jürgen@b.example").unwrap();
    let eight_bit = "Subject: x\r\n\r\nä\r\n".as_bytes();
    let never = || -> bool { panic!("hand_off before a local refusal") };
    for (hello, envelope, message, expected) in [
        (PLAIN_HELLO, &utf8, MESSAGE, Unsendable::Smtputf8Missing),
        (PLAIN_HELLO, &envelope(), eight_bit, Unsendable::EightBitMissing),
        (HELLO, &envelope(), &[b'x'; 999][..], Unsendable::TooLarge { size: 1001, limit: 1000 }),
    ] {
        let server = Server::start(vec![[greet(hello), vec![Step::Hold]].concat()]).await;
        let transport = SmtpTransport::new(config(&server)).unwrap();
        let mut session = transport.session().await.unwrap();
        assert_eq!(session.send(envelope, message, never, ready(true)).await, Outcome::Unsendable(expected));
        drop((session, transport));
        server.finish().await;
    }
}

#[tokio::test]
async fn extensions_are_used_when_needed() {
    let utf8 = Envelope::new("", "jürgen@b.example").unwrap();
    let steps = vec![
        Step::Expect("MAIL FROM:<> SIZE=4 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<jürgen@b.example>\r\nDATA\r\n"),
        Step::Send(OPENED),
        Step::Expect("ä\r\n.\r\n"),
        Step::Send("250 ok\r\n"),
        Step::Hold,
    ];
    let outcome = outcome_with(vec![greet(HELLO), steps], |_| {}, &utf8, "ä\n".as_bytes()).await;
    assert_eq!(code(&outcome).0, "accepted");
}

#[tokio::test]
async fn refused_connection_is_not_handed_over() {
    let server = Server::start(vec![[greet(HELLO), vec![Step::Expect(COMMANDS)]].concat()]).await;
    let transport = SmtpTransport::new(config(&server)).unwrap();
    let mut session = transport.session().await.unwrap();
    assert!(matches!(
        session.send(&envelope(), MESSAGE, || true, ready(true)).await,
        Outcome::NotHandedOver(_)
    ));
    server.finish().await;
    let outcome = session.send(&envelope(), MESSAGE, || panic!("nothing to hand over to"), ready(true)).await;
    let refused = ErrorKind::ConnectionRefused;
    assert!(
        matches!(&outcome, Outcome::NotHandedOver(TransportError::Connect { kind, .. }) if *kind == refused),
        "{outcome:?}"
    );
}
