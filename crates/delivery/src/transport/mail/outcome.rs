//! What a relay's answers come to.

use wire::smtp::{Outcome, Reply, TransportError, is_about_us};

use crate::other_side::{LineError, OtherSide};
use crate::transport::{Handed, Said};

const RELAY: OtherSide = OtherSide { name: "relay", unusable: "relay-unusable" };

impl From<Outcome> for Handed {
    fn from(outcome: Outcome) -> Self {
        let said = |reply: &Reply| {
            let text = words(reply);
            let of_us = is_about_us(reply.code(), &text);
            Said { code: reply.code(), text: Some(text), of_us, ..Said::default() }
        };
        match outcome {
            Outcome::Accepted(reply) => Self::Accepted(Said { code: reply.code(), ..Said::default() }),
            Outcome::Deferred(reply) => Self::Deferred(said(&reply)),
            Outcome::Rejected(reply) => Self::Rejected(said(&reply)),
            // No code goes with the words, so that nothing is concluded from it.
            Outcome::SenderRefused(reply) => Self::SenderRefused(Said {
                text: Some(format!("MAIL FROM refused: {} {}", reply.code(), words(&reply))),
                of_us: true,
                ..Said::default()
            }),
            Outcome::Unsendable(reason) => {
                Self::Rejected(Said { text: Some(reason.to_string()), ..Said::default() })
            }
            Outcome::InDoubt(error) => Self::InDoubt(error.to_string()),
            Outcome::LeaseExpired => Self::LeaseExpired,
            Outcome::NotHandedOver(error) => Self::NotHandedOver(error.into()),
        }
    }
}

/// What the server said, without the reply code, which is kept by itself.
fn words(reply: &Reply) -> String {
    match reply.enhanced() {
        Some(code) => format!("{code} {}", reply.text()),
        None => reply.text().to_owned(),
    }
}

impl From<TransportError> for LineError {
    fn from(error: TransportError) -> Self {
        use TransportError as E;
        let lasting = match &error {
            E::Refused { reply, .. } => reply.code() >= 500,
            E::Config(_)
            | E::ConfigFile { .. }
            | E::PasswordVariable(_)
            | E::Tls(_)
            | E::TlsExpected
            | E::NotLoopback
            | E::StartTlsMissing
            | E::StartTlsInjection
            | E::AuthMissing
            | E::AuthUnprotected => true,
            _ => false,
        };
        let (words, hint) = (error.to_string(), error.hint());
        let no_turn = if let E::NoTurn(why) = error { Some(why) } else { None };
        Self { of: RELAY, words, hint, lasting, no_turn }
    }
}
