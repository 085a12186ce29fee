//! Twilio: `POST /2010-04-01/Accounts/{Sid}/Messages.json`, <https://www.twilio.com/docs/messaging/api/message-resource>.

use wire::http::{Body, HttpAnswer, Request};

use super::access::{Access, OutText};
use super::answer::{Meaning, Said, SmsOutcome, at, id, json};
use super::provider::WHATSAPP;

/// Length of a messaging service's id.
const SERVICE_LENGTH: usize = 34;

pub(super) fn request(access: &Access, text: &OutText<'_>) -> Option<Request<Body>> {
    let to =
        if text.from.starts_with(WHATSAPP) { format!("{WHATSAPP}{}", text.to) } else { text.to.to_owned() };
    let service = text.from.len() == SERVICE_LENGTH && text.from.starts_with("MG");
    let from = if service { "MessagingServiceSid" } else { "From" };
    let callback = text.referring_callback();
    let mut fields = vec![("To", &*to), (from, text.from), ("Body", text.body)];
    fields.extend(callback.as_deref().map(|url| ("StatusCallback", url)));
    access.form(&format!("/2010-04-01/Accounts/{}/Messages.json", access.account()), true, &fields)
}

pub(super) fn read(answer: &HttpAnswer) -> SmsOutcome {
    let value = json(answer);
    let mut said = Said::nothing(answer);
    if !(200..=299).contains(&answer.status) {
        (said.code, said.text) = (at(&value, "/code"), at(&value, "/message"));
        said.means = means(&said.code);
        // "From" isn't ours, can't text, or the service has no numbers.
        said.lasting = matches!(
            &*said.code,
            "21603" | "21606" | "21607" | "21612" | "21659" | "21660" | "21661" | "21703" | "21704" | "21705"
        );
        // 21408: no permission for that country.
        said.of_text = said.code == "21408";
        said.later = matches!(&*said.code, "14107" | "20429" | "21611");
    }
    said.outcome(id(&value, "/sid"))
}

/// <https://www.twilio.com/docs/api/errors>
pub(super) fn means(code: &str) -> Option<Meaning> {
    match code {
        "21610" => Some(Meaning::OptedOut),
        "21211" | "21214" | "21217" | "21265" | "21614" => Some(Meaning::Invalid),
        _ => None,
    }
}
