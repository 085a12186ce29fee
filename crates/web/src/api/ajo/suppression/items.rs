//! Entries of the lists as Journey Optimizer's JSON has them.

use consent::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{AllowEntry, Feedback, FeedbackKind, SuppressionCategory, SuppressionEntry};

use super::query::ListType;
use crate::api::ajo::caller::Caller;

/// What an item names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityType {
    Email,
    Domain,
}

impl EntityType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Domain => "domain",
        }
    }
}

/// A suppressed entity.
pub(super) fn suppressed(kind: EntityType, entry: &SuppressionEntry, caller: &Caller) -> Value {
    let category = match entry.category {
        SuppressionCategory::Manual => "MANUAL",
        // A complaint is one of the hard ones there.
        SuppressionCategory::Hard | SuppressionCategory::Complaint => "HARD",
        SuppressionCategory::Soft => "SOFT",
    };
    json!({
        "id": id(ListType::Client, &entry.value, entry.category.as_str()),
        "entity": { "type": kind.as_str(), "entityValue": entry.value },
        "suppressed": { "type": category, "user": entry.by, "comment": entry.reason, "date": milliseconds(entry.at) },
        "creationDate": milliseconds(entry.at),
        "lastModifiedDate": milliseconds(entry.updated_at),
        "status": "active",
        "listType": ListType::Client.as_str(),
        "client": client(caller),
    })
}

/// An allowed entity.
pub(super) fn allowed(kind: EntityType, entry: &AllowEntry, caller: &Caller) -> Value {
    let at = milliseconds(entry.at);
    json!({
        "id": id(ListType::Allowed, &entry.value, ""),
        "entity": { "type": kind.as_str(), "entityValue": entry.value },
        "suppressed": { "type": "MANUAL", "user": entry.by, "comment": entry.comment, "date": at },
        "creationDate": at,
        "lastModifiedDate": at,
        "status": "active",
        "listType": ListType::Allowed.as_str(),
        "client": client(caller),
    })
}

/// What came back from an address, newest first.
pub(super) fn bounce_state(feedback: &[Feedback]) -> Value {
    let soft = |feedback: &&Feedback| matches!(feedback.kind, FeedbackKind::Bounced { hard: false, .. });
    let since_delivered = feedback.iter().take_while(|feedback| feedback.kind != FeedbackKind::Delivered);
    let event = |feedback: &Feedback| {
        let kind = match feedback.kind {
            FeedbackKind::Bounced { hard: true, .. } | FeedbackKind::Complained => "HARD",
            FeedbackKind::Bounced { hard: false, .. } => "SOFT",
            FeedbackKind::Delivered => "SUCCEEDED",
            FeedbackKind::Unsubscribed | FeedbackKind::Noted => "IGNORED",
        };
        json!({
            "messageId": feedback.run.map(|run| run.to_string()).unwrap_or_default(),
            "date": feedback.at.to_string(),
            "message": feedback.detail,
            "bounceType": kind,
        })
    };
    json!({
        "softCount": since_delivered.filter(soft).count(),
        "bounceEvents": feedback.iter().map(event).collect::<Vec<_>>(),
    })
}

fn client(caller: &Caller) -> Value {
    json!({ "imsOrgId": caller.org_id, "sandboxId": caller.sandbox })
}

/// Milliseconds since 1970.
fn milliseconds(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

/// An entry's id: a UUID (RFC 9562, version 8) made of what it is, so that it is the same at every look.
fn id(list: ListType, value: &str, category: &str) -> String {
    let mut bytes = [0; 16];
    let digest = Sha256::digest(format!("{}\n{category}\n{value}", list.as_str()));
    bytes.copy_from_slice(&digest[..16]);
    uuid(bytes, 8)
}

/// A UUID of these bytes and a version.
pub(super) fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
