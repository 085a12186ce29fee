//! Telnyx's webhooks, signed with Ed25519.

use consent::{BounceReason, Channel};
use data_encoding::BASE64;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::endpoint::SetupError;
use super::event::{Events, Message, OptOutType, Receipt, State};
use super::form::parameter;
use super::preference;
use crate::webhook::endpoint::fresh;
use crate::webhook::event::{code, from_seconds, items, moment, parse, text};
use crate::webhook::{Refusal, Request};

const SIGNATURE: &str = "telnyx-signature-ed25519";
const TIMESTAMP: &str = "telnyx-timestamp";
/// Seconds for which a signature counts; each delivery is signed anew.
const AGE_MAX: u64 = 300;
const KEY_LENGTH: usize = 32;

/// Telnyx's public keys.
pub(super) struct Keys(Vec<[u8; KEY_LENGTH]>);

impl Keys {
    /// Reads keys as Telnyx shows them, in base64.
    pub fn new(keys: &[String]) -> Result<Self, SetupError> {
        let key = |key: &String| BASE64.decode(key.trim().as_bytes()).ok()?.try_into().ok();
        keys.iter().map(key).collect::<Option<_>>().map(Self).ok_or(SetupError::Key)
    }
}

/// Refuses what isn't signed, or was signed too long ago.
pub(super) fn admit(request: &Request<'_>) -> Result<(), Refusal> {
    signed(request).map(drop)
}

fn signed<'a>(request: &Request<'a>) -> Result<(&'a str, &'a str), Refusal> {
    let signature = request.header(SIGNATURE).ok_or(Refusal::Unsigned("signature"))?;
    let timestamp = request.header(TIMESTAMP).ok_or(Refusal::Unsigned("signed time"))?;
    let at = timestamp.parse::<u64>().ok().and_then(|seconds| from_seconds(seconds as f64));
    fresh(at.ok_or(Refusal::Stale)?, request.now, AGE_MAX)?;
    Ok((signature, timestamp))
}

/// Verifies the signature over time and body, then reads the event.
pub(super) fn receive(keys: &Keys, events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    let (signature, timestamp) = signed(request)?;
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| Refusal::Forged("signature"))?;
    let message = [timestamp.as_bytes(), b"|", request.body].concat();
    let fits =
        |key: &[u8; KEY_LENGTH]| UnparsedPublicKey::new(&ED25519, key).verify(&message, &signature).is_ok();
    if !keys.0.iter().any(fits) {
        return Err(Refusal::Forged("signature"));
    }
    let value = parse(request.body)?;
    if preference::find(events, &value) {
        return Ok(());
    }
    let payload = value.pointer("/data/payload").unwrap_or(&Value::Null);
    match text(&value, "/data/event_type") {
        "message.received" => received(events, &value, payload),
        "message.finalized" => finalized(events, &value, payload, &parameter(request, "t")),
        _ => events.pass_over(),
    }
    Ok(())
}

fn of(payload: &Value) -> Channel {
    let whatsapp = text(payload, "/type").eq_ignore_ascii_case("whatsapp");
    if whatsapp { Channel::WhatsApp } else { Channel::Sms }
}

fn received(events: &mut Events, value: &Value, payload: &Value) {
    let bodies = ["/text", "/body/text/body", "/body/text", "/body/button/text"];
    let body = bodies.iter().map(|path| text(payload, path)).find(|body| !body.is_empty());
    let pool = text(payload, "/messaging_profile_id");
    let to = items(payload, "/to").first().map(|to| code(to, "/phone_number"));
    events.message(Message {
        id: code(payload, "/id"),
        from: code(payload, "/from/phone_number"),
        to: to.unwrap_or_default(),
        pool: (!pool.is_empty()).then(|| pool.to_owned()),
        text: body.unwrap_or_default().to_owned(),
        at: moment(payload, "/received_at").or_else(|| moment(value, "/data/occurred_at")),
        channel: of(payload),
        opt_out_type: OptOutType::read(text(payload, "/autoresponse_type")),
        part: None,
    });
}

fn finalized(events: &mut Events, value: &Value, payload: &Value, token: &str) {
    let error = items(payload, "/errors").first();
    let error_code = error.map(|error| code(error, "/code")).unwrap_or_default();
    let detail = error.map(|error| text(error, "/title")).unwrap_or_default();
    for to in items(payload, "/to") {
        let status = text(to, "/status");
        let state = match status {
            "delivered" => State::Delivered,
            "sending_failed" | "delivery_failed" => failure(&error_code),
            _ => {
                events.pass_over();
                continue;
            }
        };
        let number = code(to, "/phone_number");
        events.receipt(Receipt {
            id: format!("{}/{number}/{status}", code(payload, "/id")),
            to: number,
            from: code(payload, "/from/phone_number"),
            token: token.to_owned(),
            channel: of(payload),
            state,
            code: error_code.clone(),
            detail: format!("{status} {detail}").trim().to_owned(),
            at: moment(payload, "/completed_at").or_else(|| moment(value, "/data/occurred_at")),
        });
    }
}

/// Telnyx's error codes, <https://support.telnyx.com/en/articles/6505121-telnyx-messaging-error-codes>.
fn failure(code: &str) -> State {
    match code {
        // "Blocked due to STOP message".
        "40300" => State::OptedOut,
        "40001" | "40012" | "40310" => State::hard(BounceReason::UserUnknown),
        "40002" | "40003" => State::soft(BounceReason::SpamDetected),
        "40005" => State::soft(BounceReason::Expired),
        "40006" | "40008" => State::soft(BounceReason::NetworkError),
        "40011" => State::soft(BounceReason::TooManyConn),
        _ => State::soft(BounceReason::Rejected),
    }
}
