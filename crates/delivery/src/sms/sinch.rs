//! Sinch: `POST /xms/v1/{plan}/batches`, <https://developers.sinch.com/docs/sms/api-reference/sms/batches>.

use serde_json::json;
use wire::http::{Body, HttpAnswer, Request};

use super::access::{Access, OutText};
use super::answer::{Said, SmsOutcome, at, id, json as of};

pub(super) fn request(access: &Access, text: &OutText<'_>) -> Option<Request<Body>> {
    let mut body = json!({ "to": [text.to], "from": text.from, "body": text.body, "type": "mt_text" });
    if !text.reference.is_empty() {
        body["client_reference"] = json!(text.reference);
    }
    if let Some(callback) = text.callback {
        // One report for each recipient when it is final, with the client reference.
        body["delivery_report"] = json!("per_recipient_final");
        body["callback_url"] = json!(callback);
    }
    access.json(&format!("/xms/v1/{}/batches", access.account()), "Bearer", &body)
}

pub(super) fn read(answer: &HttpAnswer) -> SmsOutcome {
    let value = of(answer);
    let mut said = Said::nothing(answer);
    if !(200..=299).contains(&answer.status) {
        (said.code, said.text) = (at(&value, "/code"), at(&value, "/text"));
    }
    said.outcome(id(&value, "/id"))
}
