//! SendGrid's signed event webhook.

use consent::BounceReason;
use data_encoding::{BASE64, BASE64_MIME};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;

use super::endpoint::{SetupError, fresh};
use super::event::{ARGUMENT, Reader, Told, batch, code, from_seconds, moment, text};
use super::{Refusal, Request};

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";
/// Seconds for which SendGrid tries to deliver a batch (24 hours), and an hour more: whether a later try is signed anew
/// isn't documented. What is replayed within it is known by its event ids.
const AGE_MAX: u64 = 25 * 3_600;
/// What stands before the point of a P-256 key as SubjectPublicKeyInfo (RFC 5480).
const KEY_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Bytes of an uncompressed point.
const POINT_LENGTH: usize = 65;

/// The verification keys, as points.
pub(super) struct Keys(Vec<[u8; POINT_LENGTH]>);

impl Keys {
    /// Reads keys as SendGrid shows them: base64 of SubjectPublicKeyInfo, or the same as PEM.
    pub fn new(keys: &[String]) -> Result<Self, SetupError> {
        keys.iter().map(|key| point(key)).collect::<Option<_>>().map(Self).ok_or(SetupError::Key)
    }
}

fn point(key: &str) -> Option<[u8; POINT_LENGTH]> {
    let base64: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64_MIME.decode(base64.trim().as_bytes()).ok()?;
    der.strip_prefix(&KEY_PREFIX)?.try_into().ok()
}

/// Refuses what isn't signed, or was signed too long ago.
pub(super) fn admit(request: &Request<'_>) -> Result<(), Refusal> {
    signed(request).map(drop)
}

fn signed<'a>(request: &Request<'a>) -> Result<(&'a str, &'a str), Refusal> {
    let signature = request.header(SIGNATURE).ok_or(Refusal::Unsigned("signature"))?;
    let timestamp = request.header(TIMESTAMP).ok_or(Refusal::Unsigned("signed time"))?;
    let seconds = timestamp.parse::<u64>().ok().and_then(|seconds| from_seconds(seconds as f64));
    fresh(seconds.ok_or(Refusal::Stale)?, request.now, AGE_MAX)?;
    Ok((signature, timestamp))
}

/// Verifies the signature over time and body, then reads the batch.
pub(super) fn receive(keys: &Keys, reader: &mut Reader<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    let (signature, timestamp) = signed(request)?;
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| Refusal::Forged("signature"))?;
    let mut message = Vec::with_capacity(timestamp.len() + request.body.len());
    message.extend_from_slice(timestamp.as_bytes());
    message.extend_from_slice(request.body);
    let fits = |point: &[u8; POINT_LENGTH]| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&message, &signature).is_ok()
    };
    if !keys.0.iter().any(fits) {
        return Err(Refusal::Forged("signature"));
    }
    for event in &batch(request.body)? {
        read(reader, event);
    }
    Ok(())
}

fn read(reader: &mut Reader<'_>, event: &Value) {
    let told = Told {
        address: text(event, "/email"),
        at: moment(event, "/timestamp"),
        ..Told::new(text(event, "/sg_event_id"), event)
    };
    let told = told.token(&code(event, &format!("/{ARGUMENT}"))).token(text(event, "/smtp-id"));
    let (status, reason) = (code(event, "/status"), text(event, "/reason"));
    match text(event, "/event") {
        "delivered" => reader.delivered(&told, text(event, "/response")),
        "bounce" => reader.bounced(&told, &status, reason, class(event)),
        "dropped" => match reason {
            "Bounced Address" | "Invalid" => {
                reader.bounced_hard(&told, BounceReason::UserUnknown, &status, reason);
            }
            "Spam Reporting Address" => reader.complained(&told),
            "Unsubscribed Address" => reader.unsubscribed(&told, ""),
            _ => reader.noted(&told),
        },
        "spamreport" => reader.complained(&told),
        "unsubscribe" => reader.unsubscribed(&told, ""),
        "group_unsubscribe" => reader.unsubscribed(&told, &code(event, "/asm_group_id")),
        "open" | "click" | "processed" => reader.passed_over(),
        // `deferred` is tried again by SendGrid; `group_resubscribe` lifts no refusal here.
        _ if event.is_object() => reader.noted(&told),
        _ => reader.unreadable(event),
    }
}

/// What SendGrid's own class of a bounce comes to.
fn class(event: &Value) -> BounceReason {
    match text(event, "/bounce_classification") {
        "Invalid Address" => BounceReason::UserUnknown,
        "Mailbox Unavailable" => BounceReason::MailboxFull,
        "Content" => BounceReason::SpamDetected,
        "Reputation" => BounceReason::BadReputation,
        "Frequency or Volume Too High" => BounceReason::TooManyConn,
        "Technical" => BounceReason::SystemError,
        // Before there were classes, `blocked` told those that aren't about the address.
        "" | "Unclassified" if text(event, "/type") == "bounce" => BounceReason::UserUnknown,
        _ => BounceReason::Blocked,
    }
}
