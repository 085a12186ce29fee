//! The client against scripted servers.

mod open;
mod pool;
mod script;
mod transactions;

use std::future::ready;

use super::*;
use crate::secret::Secret;
use script::{Server, Step};

const HELLO: &str =
    "250-relay.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 HELP\r\n";
const PLAIN_HELLO: &str = "250 relay.example\r\n";
const MESSAGE: &[u8] = b"Subject: x\r\n\r\nhello\r\n.dot\r\n";
const WIRE: &str = "Subject: x\r\n\r\nhello\r\n..dot\r\n.\r\n";
const COMMANDS: &str = "MAIL FROM:<s@b.example> SIZE=27\r\nRCPT TO:<r@b.example>\r\nDATA\r\n";

/// Greeting and EHLO with `hello` as the answer.
fn greet(hello: &'static str) -> Vec<Step> {
    vec![Step::Send("220 relay.example\r\n"), Step::Expect("EHLO client.example\r\n"), Step::Send(hello)]
}

/// A pipelined transaction with the given replies to its commands and to its end.
fn deliver(replies: &'static str, end: &'static str) -> Vec<Step> {
    vec![Step::Expect(COMMANDS), Step::Send(replies), Step::Expect(WIRE), Step::Send(end)]
}

const OPENED: &str = "250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n";

fn config(server: &Server) -> TransportConfig {
    let mut config = TransportConfig::new("127.0.0.1", server.port(), TlsMode::None);
    config.hello_name = Some("client.example".to_owned());
    config
}

fn envelope() -> Envelope {
    Envelope::new("s@b.example", "r@b.example").unwrap()
}

/// Runs the script of one connection against one message.
async fn outcome_of(steps: Vec<Vec<Step>>) -> Outcome {
    outcome_with(steps, |_| {}, &envelope(), MESSAGE).await
}

async fn outcome_with(
    steps: Vec<Vec<Step>>,
    change: impl FnOnce(&mut TransportConfig),
    envelope: &Envelope,
    message: &[u8],
) -> Outcome {
    let server = Server::start(vec![steps.into_iter().flatten().collect()]).await;
    let mut config = config(&server);
    change(&mut config);
    let transport = SmtpTransport::new(config).unwrap();
    let mut session = transport.session().await.unwrap();
    let outcome = session.send(envelope, message, || true, ready(true)).await;
    drop((session, transport));
    server.finish().await;
    outcome
}

fn code(outcome: &Outcome) -> (&'static str, u16, String) {
    match outcome {
        Outcome::Accepted(r) => ("accepted", r.code(), r.text().to_owned()),
        Outcome::Deferred(r) => ("deferred", r.code(), r.text().to_owned()),
        Outcome::Rejected(r) => ("rejected", r.code(), r.text().to_owned()),
        Outcome::SenderRefused(r) => ("sender refused", r.code(), r.text().to_owned()),
        other => panic!("{other:?}"),
    }
}
