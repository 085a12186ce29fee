//! Azure Communication Services through Event Grid, in its own schema or as cloud events. Not signed: a secret in the query
//! or in a delivery header proves it.

use consent::BounceReason;
use serde_json::Value;

use super::event::{Reader, Told, batch, moment, text};
use super::{Refusal, Request};

/// Event Grid's own schema, then cloud events, one or many.
pub(super) const CONTENT_TYPES: [&str; 3] =
    ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"];

const VALIDATION: &str = "Microsoft.EventGrid.SubscriptionValidationEvent";
const DELIVERY_REPORT: &str = "Microsoft.Communication.EmailDeliveryReportReceived";
const ENGAGEMENT: &str = "Microsoft.Communication.EmailEngagementTrackingReportReceived";

/// Reads a batch, or gives the code that a new subscription is to be answered with.
pub(super) fn receive(reader: &mut Reader<'_>, request: &Request<'_>) -> Result<Option<String>, Refusal> {
    let events = batch(request.body)?;
    if let [event] = events.as_slice()
        && text(event, "/eventType") == VALIDATION
    {
        let code = text(event, "/data/validationCode");
        return if code.is_empty() {
            Err(Refusal::Malformed("a validation without its code".to_owned()))
        } else {
            Ok(Some(code.to_owned()))
        };
    }
    for event in &events {
        read(reader, event);
    }
    Ok(None)
}

fn read(reader: &mut Reader<'_>, event: &Value) {
    // Cloud events say `type` and `time` for `eventType` and `eventTime`.
    let kind = match text(event, "/eventType") {
        "" => text(event, "/type"),
        kind => kind,
    };
    let times = ["/data/deliveryAttemptTimestamp", "/data/deliveryAttemptTimeStamp", "/eventTime", "/time"];
    let told = Told {
        address: text(event, "/data/recipient"),
        at: times.iter().find_map(|path| moment(event, path)),
        ..Told::new(text(event, "/id"), event)
    };
    let told = told.token(text(event, "/data/internetMessageId"));
    match kind {
        DELIVERY_REPORT => report(reader, &told),
        ENGAGEMENT => reader.passed_over(),
        _ if event.is_object() => reader.noted(&told),
        _ => reader.unreadable(event),
    }
}

fn report(reader: &mut Reader<'_>, told: &Told<'_>) {
    let details = text(told.event, "/data/deliveryStatusDetails/statusMessage");
    match text(told.event, "/data/status") {
        "Delivered" => reader.delivered(told, details),
        "Bounced" => reader.bounced(told, "", details, BounceReason::UserUnknown),
        // Bounced hard before, and not tried again.
        "Suppressed" => reader.bounced_hard(told, BounceReason::UserUnknown, "", details),
        "Failed" => reader.bounced(told, "", details, BounceReason::MailerError),
        "Quarantined" | "FilteredSpam" => reader.bounced(told, "", details, BounceReason::SpamDetected),
        // `Expanded`: it went to a distribution list, whose members have reports of their own.
        _ => reader.noted(told),
    }
}
