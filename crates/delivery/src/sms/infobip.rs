//! Infobip: `POST /sms/3/messages`, <https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages>.

use serde_json::{Value, json};
use wire::http::{Body, HttpAnswer, Request};

use super::access::{Access, OutText, digits};
use super::answer::{Meaning, Said, SmsOutcome, at, id, json as of};

pub(super) fn request(access: &Access, text: &OutText<'_>) -> Option<Request<Body>> {
    let mut message = json!({
        "sender": digits(text.from),
        "destinations": [{ "to": digits(text.to) }],
        "content": { "text": text.body },
    });
    if let Some(callback) = text.callback {
        message["webhooks"] = json!({ "delivery": { "url": callback } });
    }
    if !text.reference.is_empty() {
        message["webhooks"]["callbackData"] = json!(text.reference);
    }
    access.json("/sms/3/messages", "App", &json!({ "messages": [message] }))
}

pub(super) fn read(answer: &HttpAnswer) -> SmsOutcome {
    let value = of(answer);
    let mut said = Said::nothing(answer);
    let status = value.pointer("/messages/0/status").unwrap_or(&Value::Null);
    if (200..=299).contains(&answer.status) {
        // Groups: 0 accepted, 1 pending, 2 undeliverable, 3 delivered, 4 expired, 5 rejected.
        if matches!(status["groupId"].as_u64(), Some(2 | 4 | 5)) {
            (said.code, said.text) = (at(status, "/id"), at(status, "/description"));
            said.means = means(&said.code);
            // Not enough credit; the sender isn't allowed.
            said.lasting = matches!(&*said.code, "12" | "13");
        }
    } else {
        let exception = value.pointer("/requestError/serviceException").unwrap_or(&Value::Null);
        let first = |paths: [(&Value, &str); 2]| {
            paths
                .into_iter()
                .map(|(value, path)| at(value, path))
                .find(|text| !text.is_empty())
                .unwrap_or_default()
        };
        said.code = first([(&value, "/errorCode"), (exception, "/messageId")]);
        said.text = first([(&value, "/description"), (exception, "/text")]);
    }
    said.outcome(id(&value, "/messages/0/messageId"))
}

/// <https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>
pub(super) fn means(code: &str) -> Option<Meaning> {
    match code {
        // The destination is on a list of people who don't want any.
        "14" => Some(Meaning::OptedOut),
        // No prefix of any country; no number.
        "8" | "51" | "52" => Some(Meaning::Invalid),
        _ => None,
    }
}
