//! WhatsApp's own webhook (Meta's Cloud API).

use consent::{BounceReason, Channel};
use data_encoding::HEXLOWER_PERMISSIVE;
use ring::hmac;
use serde_json::Value;

use super::event::{Events, Message, Receipt, State};
use super::form::parameter;
use super::preference;
use crate::webhook::event::{code, items, moment, parse, text};
use crate::webhook::secret::Secrets;
use crate::webhook::{Refusal, Request};

const SIGNATURE: &str = "x-hub-signature-256";
/// Longest challenge that is answered, in bytes; they have ten digits.
const CHALLENGE_LENGTH_MAX: usize = 128;

/// The app secrets, and the token by which a new subscription is checked.
pub(super) struct Keys {
    macs: Vec<hmac::Key>,
    token: Option<Secrets>,
}

impl Keys {
    pub fn new(secrets: &[String], token: Option<&str>) -> Self {
        let key = |secret: &String| hmac::Key::new(hmac::HMAC_SHA256, secret.trim().as_bytes());
        let token = token.map(|token| Secrets::new(&[token.to_owned()]));
        Self { macs: secrets.iter().map(key).collect(), token }
    }

    /// What a GET that checks a new subscription is answered with. Changes nothing (I4).
    pub fn challenge(&self, request: &Request<'_>) -> Result<String, Refusal> {
        let token = self.token.as_ref().ok_or(Refusal::Forged("verify token"))?;
        if parameter(request, "hub.mode") != "subscribe"
            || !token.holds(&parameter(request, "hub.verify_token"))
        {
            return Err(Refusal::Forged("verify token"));
        }
        let challenge = parameter(request, "hub.challenge");
        let fits =
            challenge.len() <= CHALLENGE_LENGTH_MAX && challenge.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(challenge) } else { Err(Refusal::Malformed("no challenge".to_owned())) }
    }
}

/// Refuses what isn't signed.
pub(super) fn admit(request: &Request<'_>) -> Result<(), Refusal> {
    request.header(SIGNATURE).map(drop).ok_or(Refusal::Unsigned("signature"))
}

/// Verifies the signature over the body, then reads messages, statuses and choices.
pub(super) fn receive(keys: &Keys, events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    let signature = request.header(SIGNATURE).ok_or(Refusal::Unsigned("signature"))?;
    let hex = signature.strip_prefix("sha256=").unwrap_or_default();
    let given = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|_| Refusal::Forged("signature"))?;
    if !keys.macs.iter().any(|key| hmac::verify(key, request.body, &given).is_ok()) {
        return Err(Refusal::Forged("signature"));
    }
    let body = parse(request.body)?;
    let found = preference::find(events, &body);
    let changes = items(&body, "/entry").iter().flat_map(|entry| items(entry, "/changes"));
    let mut read = found;
    for value in changes.filter_map(|change| change.get("value")) {
        let to = text(value, "/metadata/display_phone_number");
        for sent in items(value, "/messages") {
            message(events, sent, to);
            read = true;
        }
        for status in items(value, "/statuses") {
            receipt(events, status, to);
            read = true;
        }
    }
    if !read {
        events.pass_over();
    }
    Ok(())
}

fn message(events: &mut Events, value: &Value, to: &str) {
    let bodies = [
        "/text/body",
        "/button/text",
        "/interactive/button_reply/title",
        "/interactive/list_reply/title",
        "/image/caption",
    ];
    let Some(body) = bodies.iter().map(|path| text(value, path)).find(|body| !body.is_empty()) else {
        return events.pass_over();
    };
    events.message(Message {
        id: code(value, "/id"),
        from: code(value, "/from"),
        to: to.to_owned(),
        pool: None,
        text: body.to_owned(),
        at: moment(value, "/timestamp"),
        channel: Channel::WhatsApp,
        opt_out_type: None,
        part: None,
    });
}

fn receipt(events: &mut Events, value: &Value, from: &str) {
    let status = text(value, "/status");
    let error = items(value, "/errors").first();
    let error_code = error.map(|error| code(error, "/code")).unwrap_or_default();
    let state = match (status, error_code.as_str()) {
        ("delivered" | "read", _) => State::Delivered,
        // "User has stopped receipt of marketing messages from this business".
        ("failed", "131050") => State::OptedOut,
        ("failed", _) => State::soft(BounceReason::Rejected),
        _ => return events.pass_over(),
    };
    let to = code(value, "/recipient_id");
    events.receipt(Receipt {
        id: format!("{}/{status}", code(value, "/id")),
        to,
        from: from.to_owned(),
        token: code(value, "/biz_opaque_callback_data"),
        channel: Channel::WhatsApp,
        state,
        code: error_code,
        detail: format!("{status} {}", error.map(|error| text(error, "/title")).unwrap_or_default()),
        at: moment(value, "/timestamp"),
    });
}
