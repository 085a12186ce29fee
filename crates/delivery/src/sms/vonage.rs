//! Vonage: `POST /sms/json`, <https://developer.vonage.com/en/api/sms>.

use consent::sms::{Encoding, segments};
use serde_json::Value;
use wire::http::{Body, HttpAnswer, Request};

use super::access::{Access, OutText, digits};
use super::answer::{Meaning, Said, SmsError, SmsOutcome, at, id, json};

/// Longest address for receipts; with a longer one they go to where the account says.
const CALLBACK_LENGTH_MAX: usize = 100;

pub(super) fn request(access: &Access, text: &OutText<'_>) -> Option<Request<Body>> {
    let kind = if segments(text.body).encoding == Encoding::Ucs2 { "unicode" } else { "text" };
    let mut fields = vec![
        ("api_key", access.account()),
        ("api_secret", access.secret.expose()),
        ("from", digits(text.from)),
        ("to", digits(text.to)),
        ("text", text.body),
        ("type", kind),
    ];
    if !text.reference.is_empty() {
        fields.push(("client-ref", text.reference));
    }
    if let Some(callback) = text.callback {
        fields.push(("status-report-req", "1"));
        fields.extend(Some(("callback", callback)).filter(|(_, url)| url.len() <= CALLBACK_LENGTH_MAX));
    }
    access.form("/sms/json", false, &fields)
}

/// The status of HTTP is 200 whatever happens; what happened stands with each part of the text.
pub(super) fn read(answer: &HttpAnswer) -> SmsOutcome {
    let value = json(answer);
    let mut said = Said::nothing(answer);
    let parts = value["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let taken = parts.iter().filter(|part| at(part, "/status") == "0").count();
    if (200..=299).contains(&answer.status) {
        match parts.iter().find(|part| at(part, "/status") != "0") {
            None if parts.is_empty() => return SmsOutcome::InDoubt(SmsError::Unreadable),
            // Some parts are on their way: the text has been taken as far as anybody can say.
            Some(_) if taken > 0 => {}
            Some(part) => return refused(said, part),
            None => {}
        }
    } else {
        (said.code, said.text) = (at(&value, "/error-code"), at(&value, "/title"));
    }
    said.outcome(id(&value, "/messages/0/message-id"))
}

/// <https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms>
fn refused(mut said: Said<'_>, part: &Value) -> SmsOutcome {
    (said.code, said.text) = (at(part, "/status"), at(part, "/error-text"));
    said.means = means(&said.code);
    match &*said.code {
        // Too fast; too many connections.
        "1" | "10" => said.later = true,
        // Credentials, account barred, no credit, no HTTP, signature, sender, not allowed to send there at all.
        "4" | "8" | "9" | "11" | "14" | "15" | "32" => said.lasting = true,
        // Something went wrong on their side, nobody knows how far it got.
        "5" => return SmsOutcome::InDoubt(SmsError::Failed(said.answer.status)),
        _ => {}
    }
    said.outcome(None)
}

pub(super) fn means(code: &str) -> Option<Meaning> {
    match code {
        // The number isn't recognised; it is deactivated.
        "6" | "33" => Some(Meaning::Invalid),
        // Barred by the provider. Opt-outs themselves come with the receipts.
        _ => None,
    }
}
