//! One message over one connection: MAIL, RCPT, DATA, the message, and what each failure means.

use std::future::Future;
use std::time::Duration;

use super::config::Timeouts;
use super::connection::{Connection, Features};
use super::envelope::Envelope;
use super::error::TransportError;
use super::outcome::{Outcome, Unsendable};
use super::reply::Reply;

/// Largest message in bytes that is sent, whatever the server takes.
const MESSAGE_BYTES_MAX: usize = 64 << 20;
/// How long to look for the server's reason when it closes the connection while the message is written.
const REASON_WAIT: Duration = Duration::from_secs(1);

/// The message as it will be written.
pub(super) struct Wire<'a> {
    /// Ends with the end-of-data line.
    pub(super) bytes: &'a [u8],
    /// What SIZE counts.
    pub(super) size: usize,
    pub(super) eight_bit: bool,
}

/// The three commands in one buffer, and where the second and the third begin.
struct Commands {
    bytes: Vec<u8>,
    rcpt: usize,
    data: usize,
}

/// Sends one message. `connection` is clean at the start; if it isn't at the end, it must be thrown away.
pub(super) async fn send(
    connection: &mut Connection,
    timeouts: &Timeouts,
    envelope: &Envelope,
    wire: &Wire<'_>,
    hand_off: impl FnOnce() -> bool,
    confirm: impl Future<Output = bool>,
) -> Outcome {
    let features = connection.features();
    if let Some(reason) = unsendable(features, envelope, wire) {
        return Outcome::Unsendable(reason);
    }
    let commands = commands(features, envelope, wire);
    if !hand_off() {
        return Outcome::LeaseExpired;
    }
    connection.begin_transaction();
    match open(connection, timeouts, &commands, features.pipelining).await {
        // The transaction stays open, so that the connection is thrown away: an empty message isn't what was meant.
        Ok(()) if !confirm.await => Outcome::LeaseExpired,
        Ok(()) => transmit(connection, timeouts, wire).await,
        Err(outcome) => outcome,
    }
}

fn unsendable(features: Features, envelope: &Envelope, wire: &Wire<'_>) -> Option<Unsendable> {
    let limit =
        if features.size_max == 0 { MESSAGE_BYTES_MAX } else { features.size_max.min(MESSAGE_BYTES_MAX) };
    if wire.size > limit {
        return Some(Unsendable::TooLarge { size: wire.size, limit });
    }
    if envelope.needs_smtputf8() && !features.smtputf8 {
        return Some(Unsendable::Smtputf8Missing);
    }
    (wire.eight_bit && !features.eight_bit).then_some(Unsendable::EightBitMissing)
}

fn commands(features: Features, envelope: &Envelope, wire: &Wire<'_>) -> Commands {
    let mut bytes = Vec::with_capacity(96 + envelope.from().len() + envelope.to().len());
    bytes.extend_from_slice(b"MAIL FROM:<");
    bytes.extend_from_slice(envelope.from().as_bytes());
    bytes.push(b'>');
    if features.size {
        bytes.extend_from_slice(format!(" SIZE={}", wire.size).as_bytes());
    }
    if wire.eight_bit {
        bytes.extend_from_slice(b" BODY=8BITMIME");
    }
    if envelope.needs_smtputf8() {
        bytes.extend_from_slice(b" SMTPUTF8");
    }
    bytes.extend_from_slice(b"\r\n");
    let rcpt = bytes.len();
    bytes.extend_from_slice(b"RCPT TO:<");
    bytes.extend_from_slice(envelope.to().as_bytes());
    bytes.extend_from_slice(b">\r\n");
    let data = bytes.len();
    bytes.extend_from_slice(b"DATA\r\n");
    Commands { bytes, rcpt, data }
}

/// MAIL, RCPT and DATA, in one write where the server can take them so (RFC 2920). `Ok`: it waits for the message.
async fn open(
    connection: &mut Connection,
    timeouts: &Timeouts,
    commands: &Commands,
    pipelining: bool,
) -> Result<(), Outcome> {
    let Commands { bytes, rcpt, data } = commands;
    let stages = [
        ("mail", &bytes[..*rcpt], timeouts.mail),
        ("rcpt", &bytes[*rcpt..*data], timeouts.rcpt),
        ("data", &bytes[*data..], timeouts.data),
    ];
    if pipelining {
        connection.write(bytes, "mail", timeouts.mail).await.map_err(Outcome::NotHandedOver)?;
    }
    for (index, (stage, line, limit)) in stages.into_iter().enumerate() {
        if !pipelining {
            connection.write(line, stage, limit).await.map_err(Outcome::NotHandedOver)?;
        }
        let reply = connection.reply(stage, limit).await.map_err(Outcome::NotHandedOver)?;
        let expected = if stage == "data" { reply.code() == 354 } else { reply.is_success() };
        if expected {
            continue;
        }
        // 552 is about the size that MAIL announces.
        let of_sender = stage == "mail" && reply.code() >= 500 && reply.code() != 552;
        let refused = Outcome::refused(&reply);
        let refused = if of_sender { Some(Outcome::SenderRefused(reply.clone())) } else { refused };
        let outcome = refused.unwrap_or(Outcome::NotHandedOver(TransportError::Protocol(
            "reply that does not fit the command",
        )));
        let unanswered = if pipelining { &["rcpt", "data"][index.min(2)..] } else { &[] };
        abandon(connection, timeouts, &reply, unanswered).await;
        return Err(outcome);
    }
    // Anything more now would be taken for the answer to a message that isn't sent yet.
    if connection.has_unread() {
        return Err(Outcome::NotHandedOver(TransportError::Protocol("reply before its command")));
    }
    Ok(())
}

/// After a refusal: reads the replies that are still to come and makes the connection usable again if it can.
async fn abandon(
    connection: &mut Connection,
    timeouts: &Timeouts,
    refusal: &Reply,
    unanswered: &[&'static str],
) {
    if refusal.code() == 421 || Outcome::refused(refusal).is_none() {
        return;
    }
    for stage in unanswered {
        let Ok(reply) = connection.reply(stage, timeouts.data).await else { return };
        if reply.code() == 421 {
            return;
        }
        if *stage == "data" && reply.code() == 354 {
            // The server wants a message although it has no recipient: an empty one ends that (RFC 2920 section 3.1).
            let ended = connection.write(b".\r\n", stage, timeouts.data).await;
            if ended.is_err() || connection.reply(stage, timeouts.data_end).await.is_err() {
                return;
            }
        }
    }
    connection.reset(timeouts.command).await;
}

/// The message and its reply.
async fn transmit(connection: &mut Connection, timeouts: &Timeouts, wire: &Wire<'_>) -> Outcome {
    if let Err(error) = connection.stream().write_all(wire.bytes, "message", timeouts.data_block).await {
        // Without its last byte the end of data isn't complete: the server can't have taken the message. It may
        // have said why it doesn't want it.
        return match connection.reply("message", REASON_WAIT).await {
            Ok(reply) => Outcome::refused(&reply).unwrap_or(Outcome::NotHandedOver(error)),
            Err(_) => Outcome::NotHandedOver(error),
        };
    }
    if let Err(error) = connection.stream().flush("message", timeouts.data_block).await {
        return Outcome::InDoubt(error);
    }
    match connection.reply("end of message", timeouts.data_end).await {
        Ok(reply) => concluded(connection, reply),
        Err(error) => Outcome::InDoubt(error),
    }
}

/// The reply to the end of the message ends the transaction, whatever it says.
fn concluded(connection: &mut Connection, reply: Reply) -> Outcome {
    let refused = Outcome::refused(&reply);
    if reply.code() != 421 {
        connection.end_transaction();
    }
    match refused {
        Some(outcome) => outcome,
        None if reply.is_success() => Outcome::Accepted(reply),
        None => Outcome::InDoubt(TransportError::Protocol("reply that does not fit the end of the message")),
    }
}
