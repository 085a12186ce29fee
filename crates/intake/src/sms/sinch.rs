//! Sinch's callbacks, signed (HMAC, as of its service plans) or with basic authentication.

use consent::BounceReason;
use data_encoding::BASE64;
use ring::hmac;
use serde_json::Value;

use super::event::{Events, Message, Receipt, State};
use super::number::channel;
use super::preference;
use crate::webhook::endpoint::fresh;
use crate::webhook::event::{code, from_seconds, items, moment, parse, text};
use crate::webhook::secret::Secrets;
use crate::webhook::{Refusal, Request};

const SIGNATURE: &str = "x-sinch-webhook-signature";
const TIMESTAMP: &str = "x-sinch-webhook-signature-timestamp";
const NONCE: &str = "x-sinch-webhook-signature-nonce";
/// Seconds for which Sinch tries to deliver a callback, and some more: whether a later try is signed anew isn't
/// documented. What is replayed within it is known by its ids.
const AGE_MAX: u64 = 25 * 3_600;

/// The secrets, for both ways.
pub(super) struct Keys {
    macs: Vec<hmac::Key>,
    secrets: Secrets,
}

impl Keys {
    pub fn new(secrets: &[String]) -> Self {
        let key = |secret: &String| hmac::Key::new(hmac::HMAC_SHA256, secret.trim().as_bytes());
        Self { macs: secrets.iter().map(key).collect(), secrets: Secrets::new(secrets) }
    }
}

/// Refuses what bears neither a signature nor a secret.
pub(super) fn admit(keys: &Keys, request: &Request<'_>) -> Result<(), Refusal> {
    if request.header(SIGNATURE).is_none() {
        return keys.secrets.admit(request);
    }
    let seconds = request.header(TIMESTAMP).and_then(|text| text.parse::<u64>().ok());
    let at = seconds.and_then(|seconds| from_seconds(seconds as f64)).ok_or(Refusal::Stale)?;
    fresh(at, request.now, AGE_MAX)
}

/// Verifies the signature over body, nonce and time, then reads the callback.
pub(super) fn receive(keys: &Keys, events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    if let Some(signature) = request.header(SIGNATURE) {
        let forged = || Refusal::Forged("signature");
        let signature = BASE64.decode(signature.as_bytes()).map_err(|_| forged())?;
        let nonce = request.header(NONCE).ok_or(Refusal::Unsigned("nonce"))?;
        let timestamp = request.header(TIMESTAMP).ok_or(Refusal::Unsigned("signed time"))?;
        let message = [request.body, b".", nonce.as_bytes(), b".", timestamp.as_bytes()].concat();
        if !keys.macs.iter().any(|key| hmac::verify(key, &message, &signature).is_ok()) {
            return Err(forged());
        }
    }
    let value = parse(request.body)?;
    if preference::find(events, &value) {
        return Ok(());
    }
    match text(&value, "/type") {
        "mo_text" => message(events, &value, text(&value, "/body")),
        "mo_media" => message(events, &value, text(&value, "/body/message")),
        "recipient_delivery_report_sms" | "recipient_delivery_report_mms" => {
            receipt(
                events,
                &value,
                &code(&value, "/recipient"),
                text(&value, "/status"),
                &code(&value, "/code"),
            );
        }
        "delivery_report_sms" | "delivery_report_mms" => summary(events, &value),
        _ => events.pass_over(),
    }
    Ok(())
}

fn message(events: &mut Events, value: &Value, body: &str) {
    let from = code(value, "/from");
    let sent = moment(value, "/sent_at").or_else(|| moment(value, "/received_at"));
    events.message(Message {
        id: code(value, "/id"),
        channel: channel(&from),
        from,
        to: code(value, "/to"),
        pool: None,
        text: body.to_owned(),
        at: sent,
        opt_out_type: None,
        part: None,
    });
}

/// A report about a batch. Only full ones name the recipients.
fn summary(events: &mut Events, value: &Value) {
    for status in items(value, "/statuses") {
        let recipients = items(status, "/recipients");
        for recipient in recipients {
            let recipient = recipient.as_str().unwrap_or_default();
            receipt(events, value, recipient, text(status, "/status"), &code(status, "/code"));
        }
        if recipients.is_empty() {
            events.pass_over();
        }
    }
}

fn receipt(events: &mut Events, value: &Value, to: &str, status: &str, error: &str) {
    let state = match status {
        "Delivered" => State::Delivered,
        // "May happen if the destination is an invalid MSISDN or opted out subscriber": nobody to write to either way.
        "Deleted" => State::OptedOut,
        "Failed" => State::soft(BounceReason::NetworkError),
        "Rejected" => State::soft(BounceReason::Rejected),
        "Expired" => State::soft(BounceReason::Expired),
        // Queued, Dispatched, and what failed for reasons that aren't the recipient's.
        _ => return events.pass_over(),
    };
    events.receipt(Receipt {
        id: format!("{}/{to}/{status}", code(value, "/batch_id")),
        to: to.to_owned(),
        from: code(value, "/from"),
        token: code(value, "/client_reference"),
        channel: channel(to),
        state,
        code: error.to_owned(),
        detail: format!("{status} {}", text(value, "/status_message")).trim().to_owned(),
        at: moment(value, "/operator_status_at").or_else(|| moment(value, "/at")),
    });
}
