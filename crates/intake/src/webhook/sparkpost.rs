//! SparkPost's webhooks: batches that aren't signed; a secret in basic authentication, a bearer token or a header proves
//! them.

use consent::BounceReason;
use serde_json::Value;

use super::event::{ARGUMENT, Reader, Told, batch, code, moment, text};
use super::{Refusal, Request};

/// Reads a batch. The event ids tell a batch that is sent again, so its own id isn't needed. A ping is a batch of one
/// empty `msys`.
pub(super) fn receive(reader: &mut Reader<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    for item in &batch(request.body)? {
        let Some(classes) = item.pointer("/msys").and_then(Value::as_object) else {
            reader.unreadable(item);
            continue;
        };
        for (class, event) in classes {
            read(reader, class, event);
        }
    }
    Ok(())
}

fn read(reader: &mut Reader<'_>, class: &str, event: &Value) {
    // `raw_rcpt_to` is as it was handed over, before case was folded.
    let address = match text(event, "/raw_rcpt_to") {
        "" => text(event, "/rcpt_to"),
        raw => raw,
    };
    let id = code(event, "/event_id");
    let told = Told { address, at: moment(event, "/timestamp"), ..Told::new(&id, event) };
    let told = told
        .token(&code(event, &format!("/rcpt_meta/{ARGUMENT}")))
        .token(text(event, "/msg_from"))
        .token(text(event, "/mailfrom"));
    match (class, text(event, "/type")) {
        ("message_event", "delivery") => reader.delivered(&told, ""),
        ("message_event", "bounce" | "out_of_band") => bounce(reader, &told),
        ("message_event", "spam_complaint") => match text(event, "/fbtype") {
            "not-spam" | "auth-failure" | "virus" => reader.noted(&told),
            _ => reader.complained(&told),
        },
        ("unsubscribe_event", "list_unsubscribe" | "link_unsubscribe") => {
            reader.unsubscribed(&told, text(event, "/campaign_id"));
        }
        ("track_event" | "ab_test_event" | "ingest_event", _) | ("message_event", "injection") => {
            reader.passed_over();
        }
        // `delay` is tried again by SparkPost.
        _ => reader.noted(&told),
    }
}

/// By SparkPost's bounce classification codes, where status and text say no more.
fn bounce(reader: &mut Reader<'_>, told: &Told<'_>) {
    let status = code(told.event, "/error_code");
    let reason = match text(told.event, "/raw_reason") {
        "" => text(told.event, "/reason"),
        raw => raw,
    };
    let fallback = match code(told.event, "/bounce_class").as_str() {
        // Invalid recipient; no recipient.
        "10" | "30" => return reader.bounced_hard(told, BounceReason::UserUnknown, &status, reason),
        "90" => return reader.unsubscribed(told, ""),
        // Auto-reply, subscribe, challenge.
        "60" | "80" | "100" => return reader.noted(told),
        "21" => BounceReason::NetworkError,
        "22" => BounceReason::MailboxFull,
        "23" => BounceReason::MesgTooBig,
        "24" => BounceReason::Expired,
        "25" => BounceReason::PolicyViolation,
        "26" => BounceReason::Filtered,
        "50" => BounceReason::Blocked,
        "51" => BounceReason::BadReputation,
        "52" => BounceReason::SpamDetected,
        "53" => BounceReason::VirusDetected,
        "54" => BounceReason::NoRelaying,
        // A delay that was reported later, by a mail.
        "70" if text(told.event, "/type") == "out_of_band" => return reader.noted(told),
        // Undetermined.
        "" | "1" => return reader.undetermined(told, &status, reason),
        _ => BounceReason::MailerError,
    };
    reader.bounced(told, &status, reason, fallback);
}
