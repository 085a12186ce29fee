//! Telnyx: `POST /v2/messages`, <https://developers.telnyx.com/api/messaging/send-message>.

use serde_json::json;
use wire::http::{Body, HttpAnswer, Request};

use super::access::{Access, OutText};
use super::answer::{Meaning, Said, SmsOutcome, at, id, json as of};

pub(super) fn request(access: &Access, text: &OutText<'_>) -> Option<Request<Body>> {
    let mut body = json!({ "to": text.to, "text": text.body, "type": "SMS" });
    // A messaging profile is a UUID, and nothing else that can be a sender is.
    if text.from.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
        body["messaging_profile_id"] = json!(text.from);
    } else {
        body["from"] = json!(text.from);
        if !access.account().is_empty() {
            body["messaging_profile_id"] = json!(access.account());
        }
    }
    if let Some(callback) = text.referring_callback() {
        body["webhook_url"] = json!(callback);
        body["use_profile_webhooks"] = json!(false);
    }
    access.json("/v2/messages", "Bearer", &body)
}

pub(super) fn read(answer: &HttpAnswer) -> SmsOutcome {
    let value = of(answer);
    let mut said = Said::nothing(answer);
    for errors in ["/errors/0", "/data/errors/0"] {
        if let Some(error) = value.pointer(errors) {
            (said.code, said.text) = (at(error, "/code"), at(error, "/title"));
            said.means = means(&said.code);
            // The sender isn't ours, or not fit for texts.
            said.lasting = matches!(&*said.code, "40305" | "40306" | "40312" | "40313");
            said.later = matches!(&*said.code, "40011" | "40318");
            break;
        }
    }
    said.outcome(id(&value, "/data/id"))
}

/// <https://developers.telnyx.com/docs/messaging/messages/error-codes>
pub(super) fn means(code: &str) -> Option<Meaning> {
    match code {
        "40300" => Some(Meaning::OptedOut),
        "40001" | "40012" | "40310" => Some(Meaning::Invalid),
        _ => None,
    }
}
