//! Infobip's webhooks. They aren't signed: a secret in basic authentication, in a header or in the URL proves them.

use consent::{BounceReason, Channel};
use serde_json::Value;

use super::event::{Events, Message, Receipt, State};
use super::number::channel;
use super::preference;
use crate::webhook::event::{code, items, moment, parse, text};
use crate::webhook::{Refusal, Request};

/// Reads messages (`MO_JSON_2`, and those of WhatsApp and RCS) and delivery reports.
pub(super) fn receive(events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    let value = parse(request.body)?;
    let found = preference::find(events, &value);
    for result in items(&value, "/results") {
        if result.get("status").is_some() {
            receipt(events, result);
        } else {
            message(events, result);
        }
    }
    if !found && items(&value, "/results").is_empty() {
        events.pass_over();
    }
    Ok(())
}

fn of(value: &Value) -> Channel {
    let kinds = ["/integrationType", "/channel"].map(|path| text(value, path));
    if kinds.iter().any(|kind| kind.eq_ignore_ascii_case("whatsapp")) {
        Channel::WhatsApp
    } else {
        channel(text(value, "/from"))
    }
}

fn message(events: &mut Events, value: &Value) {
    // `cleanText` lacks the keyword, which is what matters here. Buttons of WhatsApp's and RCS's have a text of their own.
    let bodies = ["/text", "/message/text", "/message/title", "/message/postbackData"];
    let Some(body) = bodies.iter().map(|path| text(value, path)).find(|body| !body.is_empty()) else {
        return events.pass_over();
    };
    let from = ["/from", "/sender"].map(|path| code(value, path)).into_iter().find(|from| !from.is_empty());
    events.message(Message {
        id: code(value, "/messageId"),
        from: from.unwrap_or_default(),
        to: code(value, "/to"),
        pool: None,
        text: body.to_owned(),
        at: moment(value, "/receivedAt"),
        channel: of(value),
        opt_out_type: None,
        part: None,
    });
}

fn receipt(events: &mut Events, value: &Value) {
    let status = text(value, "/status/name");
    let error = text(value, "/error/name");
    let state = match text(value, "/status/groupName") {
        "DELIVERED" => State::Delivered,
        "UNDELIVERABLE" | "REJECTED" | "EXPIRED" => failure(error, value.pointer("/error/permanent")),
        _ => return events.pass_over(),
    };
    events.receipt(Receipt {
        id: format!("{}/{status}", code(value, "/messageId")),
        to: code(value, "/to"),
        from: ["/sender", "/from"].map(|path| code(value, path)).concat(),
        token: code(value, "/callbackData"),
        channel: of(value),
        state,
        code: error.to_owned(),
        detail: format!("{status} {}", text(value, "/error/description")).trim().to_owned(),
        at: moment(value, "/doneAt"),
    });
}

/// Infobip's error codes, <https://www.infobip.com/docs/essentials/response-status-and-error-codes>.
fn failure(error: &str, permanent: Option<&Value>) -> State {
    let permanent = permanent == Some(&Value::Bool(true));
    match error {
        // The number is on a list of people who don't want any: the provider's, or a country's register.
        "EC_DEST_ADDRESS_BLACKLISTED" | "EC_BLACKLISTED_DESTINATIONADDRESS" => State::OptedOut,
        "EC_UNKNOWN_SUBSCRIBER" | "EC_UNIDENTIFIED_SUBSCRIBER" | "EC_ILLEGAL_SUBSCRIBER" if permanent => {
            State::hard(BounceReason::UserUnknown)
        }
        "EC_EXPIRED" | "EC_VALIDITYEXPIRED" => State::soft(BounceReason::Expired),
        _ => State::soft(BounceReason::Rejected),
    }
}
