//! Requests as each provider makes and signs them.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use ring::hmac;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Call, FORM, JSON, SECONDS, SECRET, URL, key_pair};
use crate::sms::Provider;

pub(super) fn mac(algorithm: hmac::Algorithm, message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, SECRET.as_bytes()), message).as_ref().to_vec()
}

pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

pub(super) fn twilio(query: &str, fields: &[(&str, &str)]) -> Call {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let signed: String = sorted.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let query_part = if query.is_empty() { String::new() } else { format!("?{query}") };
    let signature = mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{URL}{query_part}{signed}").as_bytes());
    let call = Call::new("application/x-www-form-urlencoded; charset=UTF-8", form(fields));
    Call { query: query.to_owned(), ..call.with("x-twilio-signature", BASE64.encode(&signature)) }
}

pub(super) fn sinch(value: &Value) -> Call {
    let body = value.to_string();
    let signature = mac(hmac::HMAC_SHA256, format!("{body}.n1.{SECONDS}").as_bytes());
    Call::new(JSON, body)
        .with("x-sinch-webhook-signature", BASE64.encode(&signature))
        .with("x-sinch-webhook-signature-nonce", "n1")
        .with("x-sinch-webhook-signature-timestamp", SECONDS)
}

pub(super) fn telnyx(value: &Value) -> Call {
    let body = value.to_string();
    let signature = key_pair().sign(format!("{SECONDS}|{body}").as_bytes());
    Call::new(JSON, body)
        .with("telnyx-signature-ed25519", BASE64.encode(signature.as_ref()))
        .with("telnyx-timestamp", SECONDS)
}

pub(super) fn vonage_fields(fields: &[(&str, &str)]) -> Call {
    let mut fields = fields.to_vec();
    fields.push(("timestamp", SECONDS));
    fields.sort_unstable();
    let mut signed = String::new();
    for (name, value) in &fields {
        signed.extend(["&", name, "=", &value.replace(['&', '='], "_")]);
    }
    let sig = HEXUPPER.encode(&mac(hmac::HMAC_SHA256, signed.as_bytes()));
    fields.push(("sig", &sig));
    Call::new(FORM, form(&fields))
}

pub(super) fn vonage_token(value: &Value, header: &Value, iat: i64) -> Call {
    let body = value.to_string();
    let claims = json!({ "iss": "Vonage", "iat": iat, "jti": "1", "payload_hash": HEXLOWER.encode(&Sha256::digest(&body)) });
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(&claims));
    let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac(hmac::HMAC_SHA256, signed.as_bytes())));
    Call::new(JSON, body).with("authorization", format!("Bearer {token}"))
}

pub(super) fn vonage(value: &Value) -> Call {
    vonage_token(value, &json!({ "alg": "HS256", "typ": "JWT" }), 1_764_000_000)
}

pub(super) fn meta(value: &Value) -> Call {
    let body = value.to_string();
    let hex = HEXLOWER.encode(&mac(hmac::HMAC_SHA256, body.as_bytes()));
    Call::new(JSON, body).with("x-hub-signature-256", format!("sha256={hex}"))
}

pub(super) fn google(value: &Value) -> Call {
    let event = value.to_string();
    let signature = BASE64.encode(&mac(hmac::HMAC_SHA512, event.as_bytes()));
    let body = json!({ "message": { "data": BASE64.encode(event.as_bytes()) }, "subscription": "x" });
    Call::new(JSON, body.to_string()).with("x-goog-signature", signature)
}

pub(super) fn custom(value: &Value) -> Call {
    let body = value.to_string();
    let signature = BASE64.encode(&mac(hmac::HMAC_SHA256, body.as_bytes()));
    Call::new(JSON, body).with("x-sig", signature)
}

pub(super) fn basic(value: &Value) -> Call {
    let pair = BASE64.encode(format!("hook:{SECRET}").as_bytes());
    Call::new(JSON, value.to_string()).with("authorization", format!("Basic {pair}"))
}

const VONAGE_TEXT: &[(&str, &str)] = &[
    ("messageId", "SM1"),
    ("msisdn", "491751234567"),
    ("to", "15005550006"),
    ("text", "Stop"),
    ("keyword", "STOP"),
    ("type", "text"),
    ("message-timestamp", "2025-11-24 15:59:00"),
];

/// A text from each provider: what it says is "Stop".
pub(super) fn texts() -> Vec<(Provider, Call)> {
    let at = "2025-11-24T15:59:00Z";
    vec![
        (
            Provider::Twilio,
            twilio(
                "",
                &[("MessageSid", "SM1"), ("From", "+491751234567"), ("To", "+15005550006"), ("Body", "Stop")],
            ),
        ),
        (
            Provider::Sinch,
            sinch(
                &json!({ "type": "mo_text", "id": "SM1", "from": "491751234567", "to": "15005550006", "body": "Stop", "received_at": at, "new": { "a": 1 } }),
            ),
        ),
        (
            Provider::Infobip,
            basic(
                &json!({ "results": [{ "messageId": "SM1", "from": "491751234567", "to": "15005550006", "text": "Stop", "cleanText": "", "keyword": "STOP", "receivedAt": "2025-11-24T15:59:00.000+0000" }], "messageCount": 1 }),
            ),
        ),
        (
            Provider::Telnyx,
            telnyx(
                &json!({ "data": { "event_type": "message.received", "occurred_at": at, "payload": { "id": "SM1", "from": { "phone_number": "+491751234567" }, "to": [{ "phone_number": "+15005550006" }], "text": "Stop" } } }),
            ),
        ),
        (Provider::Vonage, vonage_fields(VONAGE_TEXT)),
        (
            Provider::Vonage,
            vonage(
                &json!({ "channel": "sms", "message_uuid": "SM1", "from": "491751234567", "to": "15005550006", "timestamp": at, "message_type": "text", "text": "Stop" }),
            ),
        ),
        (
            Provider::Bandwidth,
            basic(
                &json!([{ "type": "message-received", "time": at, "to": "+15005550006", "message": { "id": "SM1", "from": "+491751234567", "text": "Stop" } }]),
            ),
        ),
        (
            Provider::Google,
            google(
                &json!({ "senderPhoneNumber": "+491751234567", "agentId": "15005550006", "messageId": "SM1", "text": "Stop", "sendTime": at }),
            ),
        ),
        (
            Provider::Custom,
            custom(
                &json!({ "sms": { "who": "+491751234567", "what": "Stop", "id": "SM1", "when": at, "to": "15005550006" } }),
            ),
        ),
    ]
}
