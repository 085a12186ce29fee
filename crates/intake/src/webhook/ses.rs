//! Events of Amazon SES: bounce, complaint and delivery notifications, and event publishing.

use consent::BounceReason;
use serde_json::Value;

use super::Refusal;
use super::endpoint::Endpoint;
use super::event::{ARGUMENT, Events, Reader, Told, code, items, moment, text};

/// Headers of the message in which a token of ours may stand.
const HEADERS: [&str; 4] = ["list-unsubscribe", "return-path", "message-id", "feedback-id"];

/// Reads a message of SES's whose envelope was verified.
pub fn events(endpoint: &Endpoint, message: &str) -> Result<Events, Refusal> {
    let mut reader = Reader::new(endpoint);
    read(&mut reader, message, "");
    reader.finish()
}

/// Reads the message of an envelope, whose id stands in for that of a message without one.
pub(super) fn read(reader: &mut Reader<'_>, message: &str, envelope_id: &str) {
    let Ok(event) = serde_json::from_str::<Value>(message) else {
        // SES says once, in plain words, that the topic works.
        let event = Value::String(message.to_owned());
        return reader.noted(&Told::new(envelope_id, &event));
    };
    let kind = match text(&event, "/eventType") {
        "" => text(&event, "/notificationType"),
        kind => kind,
    };
    let message_id = match text(&event, "/mail/messageId") {
        "" => envelope_id,
        id => id,
    };
    match kind {
        "Bounce" => bounce(reader, &event, message_id),
        "Complaint" => complaint(reader, &event, message_id),
        "Delivery" => {
            for address in items(&event, "/delivery/recipients").iter().filter_map(Value::as_str) {
                let at = moment(&event, "/delivery/timestamp");
                let told = Told { address, at, ..about(message_id, &event) };
                reader.delivered(&told, text(&event, "/delivery/smtpResponse"));
            }
        }
        "Subscription" => subscription(reader, &event, message_id),
        "Send" | "Open" | "Click" => reader.passed_over(),
        // Reject, RenderingFailure, DeliveryDelay (tried again by SES), and what there isn't yet.
        _ => {
            let address = items(&event, "/mail/destination").first().and_then(Value::as_str).unwrap_or("");
            let id = format!("{message_id}/{kind}/{envelope_id}");
            reader.noted(&Told { address, ..about(&id, &event) });
        }
    }
}

/// An event with the tokens of its message. One that went to several people is no sign of which of them is meant.
fn about<'v>(id: &'v str, event: &'v Value) -> Told<'v> {
    let mut told = Told::new(id, event);
    if items(event, "/mail/destination").len() > 1 {
        return told;
    }
    for header in items(event, "/mail/headers") {
        if HEADERS.iter().any(|name| text(header, "/name").eq_ignore_ascii_case(name)) {
            told = told.token(text(header, "/value"));
        }
    }
    for tag in items(event, &format!("/mail/tags/{ARGUMENT}")) {
        told = told.token(tag.as_str().unwrap_or_default());
    }
    // The envelope sender, before or after SES put its own in its place.
    told.token(text(event, "/mail/source")).token(text(event, "/mail/commonHeaders/returnPath"))
}

fn bounce(reader: &mut Reader<'_>, event: &Value, message_id: &str) {
    let kind = text(event, "/bounce/bounceType");
    let subtype = text(event, "/bounce/bounceSubType");
    let id = format!("{message_id}/{}", text(event, "/bounce/feedbackId"));
    let at = moment(event, "/bounce/timestamp");
    for recipient in items(event, "/bounce/bouncedRecipients") {
        let told = Told { address: text(recipient, "/emailAddress"), at, ..about(&id, event) };
        let status = code(recipient, "/status");
        let diagnostic = match text(recipient, "/diagnosticCode") {
            "" => subtype,
            diagnostic => diagnostic,
        };
        match (kind, subtype) {
            ("Permanent", "UnsubscribedRecipient") => reader.unsubscribed(&told, ""),
            // SES's own lists: the address bounced hard before, or was complained from; it isn't mailed any more.
            ("Permanent", "NoEmail" | "Suppressed" | "OnAccountSuppressionList") => {
                reader.bounced_hard(&told, BounceReason::UserUnknown, &status, diagnostic);
            }
            _ if !is_failure(text(recipient, "/action")) => reader.noted(&told),
            ("Permanent", _) => reader.bounced(&told, &status, diagnostic, BounceReason::UserUnknown),
            _ => match class(subtype) {
                Some(class) => reader.bounced(&told, &status, diagnostic, class),
                // `General`, `Undetermined` and what is new: what SES makes of an automatic answer, which has neither status
                // nor diagnostic.
                None => reader.undetermined(&told, &status, text(recipient, "/diagnosticCode")),
            },
        }
    }
}

/// Whether the action (RFC 3464 section 2.3.3) is that of a bounce, or isn't told. A delay isn't.
fn is_failure(action: &str) -> bool {
    let action = action.trim();
    action.is_empty() || action.eq_ignore_ascii_case("failed")
}

/// What SES's subtypes of bounces that aren't permanent come to, where they say why.
fn class(subtype: &str) -> Option<BounceReason> {
    Some(match subtype {
        "MailboxFull" => BounceReason::MailboxFull,
        "MessageTooLarge" => BounceReason::MesgTooBig,
        "CustomTimeoutExceeded" => BounceReason::Expired,
        "ContentRejected" => BounceReason::SpamDetected,
        "AttachmentRejected" => BounceReason::VirusDetected,
        _ => return None,
    })
}

fn complaint(reader: &mut Reader<'_>, event: &Value, message_id: &str) {
    let id = format!("{message_id}/{}", text(event, "/complaint/feedbackId"));
    let at = ["/complaint/arrivalDate", "/complaint/timestamp"].iter().find_map(|path| moment(event, path));
    for recipient in items(event, "/complaint/complainedRecipients") {
        let told = Told { address: text(recipient, "/emailAddress"), at, ..about(&id, event) };
        match text(event, "/complaint/complaintFeedbackType") {
            // The opposite of a complaint, and reports of machines.
            "not-spam" | "auth-failure" | "virus" => reader.noted(&told),
            _ => reader.complained(&told),
        }
    }
}

/// A change of preferences on SES's own page. Only what is new is told; an opt-in lifts no refusal here.
fn subscription(reader: &mut Reader<'_>, event: &Value, message_id: &str) {
    let at = moment(event, "/subscription/timestamp");
    let id = format!("{message_id}/{}", text(event, "/subscription/timestamp"));
    let flag = |path: &str| event.pointer(path) == Some(&Value::Bool(true));
    let old = items(event, "/subscription/oldTopicPreferences/topicSubscriptionStatus");
    let is_out = |topic: &&Value| text(topic, "/subscriptionStatus").eq_ignore_ascii_case("optout");
    let was_out = |name: &str| old.iter().filter(is_out).any(|topic| text(topic, "/topicName") == name);
    let topics = items(event, "/subscription/newTopicPreferences/topicSubscriptionStatus").iter();
    let out: Vec<&str> = topics.filter(is_out).map(|topic| text(topic, "/topicName")).collect();
    for address in items(event, "/mail/destination").iter().filter_map(Value::as_str) {
        let told = Told { address, at, ..about(&id, event) };
        let before = reader.events.reports.len();
        if flag("/subscription/newTopicPreferences/unsubscribeAll") {
            reader.unsubscribed(&told, "");
        } else {
            out.iter().filter(|name| !was_out(name)).for_each(|name| reader.unsubscribed(&told, name));
        }
        if reader.events.reports.len() == before {
            reader.noted(&told);
        }
    }
}
