//! Postmark's webhooks. They aren't signed: a secret in basic authentication or in the URL proves them.

use consent::BounceReason;
use serde_json::Value;

use super::event::{ARGUMENT, Reader, Told, batch, code, moment, text};
use super::{Refusal, Request};

/// Reads an event; Postmark sends one at a time.
pub(super) fn receive(reader: &mut Reader<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    for event in &batch(request.body)? {
        read(reader, event);
    }
    Ok(())
}

fn read(reader: &mut Reader<'_>, event: &Value) {
    let record = text(event, "/RecordType");
    let (address, time) = match record {
        "Bounce" | "SpamComplaint" => ("/Email", "/BouncedAt"),
        "SubscriptionChange" => ("/Recipient", "/ChangedAt"),
        _ => ("/Recipient", "/DeliveredAt"),
    };
    let (address, time_text) = (text(event, address), code(event, time));
    // A bounce has a number of its own. Of the others one message tells each only once at a time.
    let number = code(event, "/ID");
    let id = if number.is_empty() {
        format!("{}/{record}/{time_text}", text(event, "/MessageID"))
    } else {
        format!("{record}/{number}")
    };
    let told = Told { address, at: moment(event, time), ..Told::new(&id, event) };
    let told = told.token(&code(event, &format!("/Metadata/{ARGUMENT}")));
    match record {
        "Bounce" => bounce(reader, &told),
        "SpamComplaint" => reader.complained(&told),
        "SubscriptionChange" => subscription(reader, &told),
        "Delivery" => reader.delivered(&told, text(event, "/Details")),
        "Open" | "Click" => reader.passed_over(),
        _ => reader.noted(&told),
    }
}

fn bounce(reader: &mut Reader<'_>, told: &Told<'_>) {
    let details = text(told.event, "/Details");
    let fallback = match text(told.event, "/Type") {
        "HardBounce" => BounceReason::UserUnknown,
        "BadEmailAddress" => {
            return reader.bounced_hard(told, BounceReason::UserUnknown, "", details);
        }
        "SpamComplaint" => return reader.complained(told),
        "Unsubscribe" => return reader.unsubscribed(told, text(told.event, "/MessageStream")),
        "DnsError" => BounceReason::NetworkError,
        "SpamNotification" => BounceReason::SpamDetected,
        "VirusNotification" => BounceReason::VirusDetected,
        "Blocked" => BounceReason::Blocked,
        "DMARCPolicy" => BounceReason::AuthFailure,
        "SoftBounce" => BounceReason::MailboxFull,
        "Unknown" => return reader.undetermined(told, "", details),
        // Delayed and tried again, answered by a machine, or about something else than the address.
        _ => return reader.noted(told),
    };
    reader.bounced(told, "", details, fallback);
}

/// Fires when an address is put on Postmark's suppression list, and also when it is taken off again.
fn subscription(reader: &mut Reader<'_>, told: &Told<'_>) {
    if told.event.pointer("/SuppressSending") != Some(&Value::Bool(true)) {
        return reader.noted(told);
    }
    match text(told.event, "/SuppressionReason") {
        "HardBounce" => reader.bounced_hard(told, BounceReason::UserUnknown, "", "suppressed by Postmark"),
        "SpamComplaint" => reader.complained(told),
        // `ManualSuppression`: by the recipient, or by someone at the brand.
        _ => reader.unsubscribed(told, text(told.event, "/MessageStream")),
    }
}
