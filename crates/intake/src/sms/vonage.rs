//! Vonage's webhooks: of the SMS API, signed by the parameter `sig`, and of the Messages API, signed by a JSON Web Token.

use consent::{BounceReason, Channel};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ring::hmac;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::event::{Events, Message, Part, Receipt, State};
use super::form::Form;
use super::preference;
use crate::webhook::endpoint::fresh;
use crate::webhook::event::{code, from_seconds, moment, text};
use crate::webhook::{Refusal, Request};

/// Seconds for which Vonage tries to deliver a webhook (24 hours), and an hour more.
const AGE_MAX: u64 = 25 * 3_600;
/// Longest token, in bytes; they have a few hundred.
const JWT_LENGTH_MAX: usize = 4 * 1024;

/// The signature secrets.
pub(super) struct Keys {
    sha256: Vec<hmac::Key>,
    sha512: Vec<hmac::Key>,
}

impl Keys {
    pub fn new(secrets: &[String]) -> Self {
        let keys =
            |algorithm| secrets.iter().map(|s| hmac::Key::new(algorithm, s.trim().as_bytes())).collect();
        Self { sha256: keys(hmac::HMAC_SHA256), sha512: keys(hmac::HMAC_SHA512) }
    }
}

/// Verifies whichever signature there is, then reads the message or the receipt.
pub(super) fn receive(keys: &Keys, events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
    let (form, value) = if let Some((scheme, token)) = bearer
        && scheme.eq_ignore_ascii_case("bearer")
    {
        verify_token(keys, request, token.trim())?;
        Form::of_body(request)?
    } else {
        let (form, value) = Form::of_body(request)?;
        verify_fields(keys, request, &form)?;
        (form, value)
    };
    let value = value.unwrap_or(Value::Null);
    if preference::find(events, &value) {
        return Ok(());
    }
    if !text(&value, "/message_uuid").is_empty() {
        of_messages_api(events, &value);
    } else if form.has("err-code") || form.has("scts") || form.has("status") {
        receipt(events, &form);
    } else {
        message(events, &form);
    }
    Ok(())
}

/// The Messages API: HS256 over header and claims, and a digest of the body among the claims.
fn verify_token(keys: &Keys, request: &Request<'_>, token: &str) -> Result<(), Refusal> {
    let forged = || Refusal::Forged("token");
    let (signed, mac) =
        token.rsplit_once('.').filter(|_| token.len() <= JWT_LENGTH_MAX).ok_or_else(forged)?;
    let (header, claims) = signed.split_once('.').ok_or_else(forged)?;
    let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).map_err(|_| forged())?;
    if !keys.sha256.iter().any(|key| hmac::verify(key, signed.as_bytes(), &mac).is_ok()) {
        return Err(forged());
    }
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).ok()?).ok()
    };
    let (header, claims) = (read(header).ok_or_else(forged)?, read(claims).ok_or_else(forged)?);
    if text(&header, "/alg") != "HS256" {
        return Err(forged());
    }
    fresh(moment(&claims, "/iat").ok_or(Refusal::Stale)?, request.now, AGE_MAX)?;
    let digest =
        HEXLOWER_PERMISSIVE.decode(text(&claims, "/payload_hash").as_bytes()).map_err(|_| forged())?;
    if digest == Sha256::digest(request.body).as_slice() { Ok(()) } else { Err(forged()) }
}

/// The SMS API: a keyed hash over the sorted fields. Which one shows in its length; plain MD5 and its kin aren't taken.
fn verify_fields(keys: &Keys, request: &Request<'_>, form: &Form) -> Result<(), Refusal> {
    if !form.has("sig") {
        return Err(Refusal::Unsigned("signature"));
    }
    let given =
        HEXLOWER_PERMISSIVE.decode(form.get("sig").as_bytes()).map_err(|_| Refusal::Forged("signature"))?;
    let keys = match given.len() {
        32 => &keys.sha256,
        64 => &keys.sha512,
        _ => return Err(Refusal::Forged("signature")),
    };
    let mut fields: Vec<_> = form.0.iter().filter(|(name, _)| name != "sig").collect();
    fields.sort_unstable();
    let mut signed = String::new();
    for (name, value) in fields {
        signed.extend(["&", name, "=", &value.replace(['&', '='], "_")]);
    }
    if !keys.iter().any(|key| hmac::verify(key, signed.as_bytes(), &given).is_ok()) {
        return Err(Refusal::Forged("signature"));
    }
    let at = form.get("timestamp").parse::<u64>().ok().and_then(|seconds| from_seconds(seconds as f64));
    fresh(at.ok_or(Refusal::Stale)?, request.now, AGE_MAX)
}

fn message(events: &mut Events, form: &Form) {
    if !form.has("text") {
        return events.pass_over();
    }
    let number = |name: &str| form.get(name).parse().unwrap_or(0);
    let part = (form.get("concat") == "true").then(|| Part {
        reference: form.get("concat-ref").to_owned(),
        number: number("concat-part"),
        total: number("concat-total"),
    });
    events.message(Message {
        id: form.get("messageId").to_owned(),
        from: form.get("msisdn").to_owned(),
        to: form.get("to").to_owned(),
        pool: None,
        text: form.get("text").to_owned(),
        at: consent::Timestamp::parse(form.get("message-timestamp")).ok(),
        channel: Channel::Sms,
        opt_out_type: None,
        part,
    });
}

/// A delivery receipt of the SMS API: `msisdn` is whom it went to, `to` the sender.
fn receipt(events: &mut Events, form: &Form) {
    let (status, code) = (form.get("status"), form.get("err-code"));
    let state = match status {
        "delivered" => State::Delivered,
        "failed" | "rejected" | "expired" => failure(code),
        _ => return events.pass_over(),
    };
    events.receipt(Receipt {
        id: format!("{}/{status}", form.get("messageId")),
        to: form.get("msisdn").to_owned(),
        from: form.get("to").to_owned(),
        token: form.get("client-ref").to_owned(),
        channel: Channel::Sms,
        state,
        code: code.to_owned(),
        detail: status.to_owned(),
        at: consent::Timestamp::parse(form.get("message-timestamp")).ok(),
    });
}

/// Error codes of receipts, <https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts>.
fn failure(code: &str) -> State {
    match code {
        // "Illegal number": it sent STOP.
        "9" => State::OptedOut,
        "3" => State::hard(BounceReason::UserUnknown),
        "2" | "7" | "8" | "12" => State::soft(BounceReason::NetworkError),
        "6" | "10" => State::soft(BounceReason::SpamDetected),
        "4" | "13" | "14" => State::soft(BounceReason::Blocked),
        _ => State::soft(BounceReason::Rejected),
    }
}

fn of_messages_api(events: &mut Events, value: &Value) {
    let whatsapp = text(value, "/channel") == "whatsapp";
    let channel = if whatsapp { Channel::WhatsApp } else { Channel::Sms };
    // The first version of the interface has objects for them.
    let party = |name: &str| match code(value, &format!("/{name}")) {
        party if party.is_empty() => code(value, &format!("/{name}/number")),
        party => party,
    };
    let id = code(value, "/message_uuid");
    let at = moment(value, "/timestamp");
    let status = text(value, "/status");
    if status.is_empty() {
        let bodies = ["/text", "/reply/title", "/button/text", "/message/content/text"];
        let Some(body) = bodies.iter().map(|path| text(value, path)).find(|body| !body.is_empty()) else {
            return events.pass_over();
        };
        let (from, to) = (party("from"), party("to"));
        return events.message(Message {
            id,
            from,
            to,
            pool: None,
            text: body.to_owned(),
            at,
            channel,
            opt_out_type: None,
            part: None,
        });
    }
    let error = code(value, "/error/title");
    let state = match status {
        "delivered" | "read" => State::Delivered,
        "rejected" | "undeliverable" => failure(&error),
        _ => return events.pass_over(),
    };
    events.receipt(Receipt {
        id: format!("{id}/{status}"),
        to: party("to"),
        from: party("from"),
        token: code(value, "/client_ref"),
        channel,
        state,
        code: error,
        detail: format!("{status} {}", text(value, "/error/detail")).trim().to_owned(),
        at,
    });
}
