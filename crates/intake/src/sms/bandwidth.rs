//! Bandwidth's callbacks. They aren't signed: a secret in basic authentication proves them.

use consent::{BounceReason, Channel};
use serde_json::Value;

use super::event::{Events, Message, Receipt, State};
use super::preference;
use crate::webhook::event::{code, items, moment, parse, text};
use crate::webhook::{Refusal, Request};

/// Reads an array of events.
pub(super) fn receive(events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    let value = parse(request.body)?;
    preference::find(events, &value);
    for event in items(&value, "") {
        match text(event, "/type") {
            "message-received" => message(events, event),
            "message-delivered" => receipt(events, event, State::Delivered),
            "message-failed" => {
                let state = failure(&code(event, "/errorCode"));
                receipt(events, event, state);
            }
            _ => events.pass_over(),
        }
    }
    Ok(())
}

fn message(events: &mut Events, event: &Value) {
    events.message(Message {
        id: code(event, "/message/id"),
        from: code(event, "/message/from"),
        to: code(event, "/to"),
        pool: None,
        text: text(event, "/message/text").to_owned(),
        at: moment(event, "/message/time").or_else(|| moment(event, "/time")),
        channel: Channel::Sms,
        opt_out_type: None,
        part: None,
    });
}

fn receipt(events: &mut Events, event: &Value, state: State) {
    let to = code(event, "/to");
    events.receipt(Receipt {
        id: format!("{}/{to}/{}", code(event, "/message/id"), text(event, "/type")),
        to,
        from: code(event, "/message/from"),
        token: code(event, "/message/tag"),
        channel: Channel::Sms,
        state,
        code: code(event, "/errorCode"),
        detail: text(event, "/description").to_owned(),
        at: moment(event, "/time"),
    });
}

/// Bandwidth's error codes, <https://dev.bandwidth.com/docs/messaging/errors/>.
fn failure(code: &str) -> State {
    match code {
        "4720" | "4721" => State::hard(BounceReason::UserUnknown),
        "4470" | "4770" | "4750" => State::soft(BounceReason::SpamDetected),
        "9902" | "5600" => State::soft(BounceReason::NetworkError),
        _ => State::soft(BounceReason::Rejected),
    }
}
