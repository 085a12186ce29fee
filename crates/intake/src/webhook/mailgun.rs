//! Mailgun's webhooks. The signature stands in the body and covers a time and a token, not the event: so a token serves one
//! event only ([`super::take()`]).

use consent::BounceReason;
use data_encoding::HEXLOWER_PERMISSIVE;
use ring::hmac;
use serde::Deserialize;
use serde_json::Value;

use super::endpoint::fresh;
use super::event::{ARGUMENT, Reader, Told, code, from_seconds, malformed, moment, parse, text};
use super::{Refusal, Request};
use crate::feedback::report_id;

/// Seconds for which Mailgun tries to deliver an event (8 hours), and an hour more.
const AGE_MAX: u64 = 9 * 3_600;
/// Longest token, in bytes; they have 50.
const TOKEN_LENGTH_MAX: usize = 128;

/// The signing keys.
pub(super) struct Keys(Vec<hmac::Key>);

impl Keys {
    pub fn new(keys: &[String]) -> Self {
        let key = |key: &String| hmac::Key::new(hmac::HMAC_SHA256, key.trim().as_bytes());
        Self(keys.iter().map(key).collect())
    }
}

/// The part that is read before anything is believed; the rest is skipped without being kept.
#[derive(Deserialize)]
struct Signed {
    signature: Signature,
}

#[derive(Deserialize)]
struct Signature {
    timestamp: String,
    token: String,
    #[serde(rename = "signature")]
    mac: String,
}

/// Verifies the signature, then reads the event.
pub(super) fn receive(keys: &Keys, reader: &mut Reader<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    let Signed { signature } = serde_json::from_slice(request.body)
        .map_err(|error| if error.is_data() { Refusal::Unsigned("signature") } else { malformed(&error) })?;
    let given = HEXLOWER_PERMISSIVE.decode(signature.mac.as_bytes());
    let given = given.map_err(|_| Refusal::Forged("signature"))?;
    let message = [signature.timestamp.as_bytes(), signature.token.as_bytes()].concat();
    if signature.token.is_empty() || signature.token.len() > TOKEN_LENGTH_MAX {
        return Err(Refusal::Forged("signature"));
    }
    if !keys.0.iter().any(|key| hmac::verify(key, &message, &given).is_ok()) {
        return Err(Refusal::Forged("signature"));
    }
    let at = signature.timestamp.parse::<u64>().ok().and_then(|seconds| from_seconds(seconds as f64));
    fresh(at.ok_or(Refusal::Stale)?, request.now, AGE_MAX)?;
    // Of what was signed: how it is split into time and token isn't under the signature.
    let signed = String::from_utf8_lossy(&message);
    reader.events.token = Some(report_id(&reader.endpoint.source(), &["token", &signed]));
    let body = parse(request.body)?;
    let event = body.get("event-data").filter(|event| event.is_object());
    match event {
        Some(event) => read(reader, event),
        None => reader.unreadable(&body),
    }
    Ok(())
}

fn read(reader: &mut Reader<'_>, event: &Value) {
    let told = Told {
        address: text(event, "/recipient"),
        at: moment(event, "/timestamp"),
        ..Told::new(text(event, "/id"), event)
    };
    let told = told
        .token(&code(event, &format!("/user-variables/{ARGUMENT}")))
        .token(text(event, "/envelope/sender"))
        .token(text(event, "/message/headers/message-id"));
    match text(event, "/event") {
        "delivered" => reader.delivered(&told, text(event, "/delivery-status/message")),
        "failed" => failed(reader, &told),
        "complained" => reader.complained(&told),
        "unsubscribed" => {
            // The message's tags stand there too, whether or not only one of them was meant: they narrow nothing.
            reader.unsubscribed(&told, text(event, "/mailing-list/address"));
        }
        "accepted" | "opened" | "clicked" | "stored" => reader.passed_over(),
        _ => reader.noted(&told),
    }
}

fn failed(reader: &mut Reader<'_>, told: &Told<'_>) {
    let event = told.event;
    let status = code(event, "/delivery-status/enhanced-code");
    let message = match text(event, "/delivery-status/message") {
        "" => text(event, "/delivery-status/description"),
        message => message,
    };
    // Mailgun tries again, and tells how it ended.
    if text(event, "/severity") == "temporary" {
        return reader.noted(told);
    }
    match text(event, "/reason") {
        "suppress-bounce" => reader.bounced_hard(told, BounceReason::UserUnknown, &status, message),
        "suppress-complaint" => reader.complained(told),
        "suppress-unsubscribe" => reader.unsubscribed(told, ""),
        "old" => reader.bounced(told, &status, message, BounceReason::Expired),
        _ if text(event, "/delivery-status/bounce-type") == "soft" => {
            reader.bounced(told, &status, message, BounceReason::Rejected);
        }
        _ => reader.bounced(told, &status, message, BounceReason::UserUnknown),
    }
}
