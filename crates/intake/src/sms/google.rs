//! RCS Business Messaging's own webhook (Google's).

use consent::Channel;
use data_encoding::BASE64;
use ring::hmac;
use serde::Deserialize;
use serde_json::Value;

use super::event::{Events, Message, Receipt, State};
use super::preference;
use crate::webhook::event::{code, malformed, moment, parse, text};
use crate::webhook::secret::Secrets;
use crate::webhook::{Refusal, Request};

const SIGNATURE: &str = "x-goog-signature";

/// The client tokens.
pub(super) struct Keys {
    macs: Vec<hmac::Key>,
    tokens: Secrets,
}

impl Keys {
    pub fn new(tokens: &[String]) -> Self {
        let key = |token: &String| hmac::Key::new(hmac::HMAC_SHA512, token.trim().as_bytes());
        Self { macs: tokens.iter().map(key).collect(), tokens: Secrets::new(tokens) }
    }
}

/// The part that is read before anything is believed; the rest is skipped without being kept.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    client_token: String,
    secret: String,
    message: Envelope,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    data: String,
}

/// Verifies and reads an event; or gives the secret that a new webhook is to be answered with.
pub(super) fn receive(
    keys: &Keys,
    events: &mut Events,
    request: &Request<'_>,
) -> Result<Option<String>, Refusal> {
    let body: Body = serde_json::from_slice(request.body).map_err(|error| malformed(&error))?;
    let Some(signature) = request.header(SIGNATURE) else {
        let Body { client_token: token, secret, .. } = &body;
        if token.is_empty() || secret.is_empty() {
            return Err(Refusal::Unsigned("signature"));
        }
        let known = keys.tokens.holds(token);
        return if known { Ok(Some(secret.clone())) } else { Err(Refusal::Forged("client token")) };
    };
    let forged = || Refusal::Forged("signature");
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| forged())?;
    let data = BASE64.decode(body.message.data.as_bytes()).map_err(|_| forged())?;
    if !keys.macs.iter().any(|key| hmac::verify(key, &data, &signature).is_ok()) {
        return Err(forged());
    }
    let event = parse(&data)?;
    if !preference::find(events, &event) {
        read(events, &event);
    }
    Ok(None)
}

fn read(events: &mut Events, event: &Value) {
    let (number, agent) = (code(event, "/senderPhoneNumber"), code(event, "/agentId"));
    let at = moment(event, "/sendTime");
    let bodies = ["/text", "/suggestionResponse/text"];
    if let Some(body) = bodies.iter().map(|path| text(event, path)).find(|body| !body.is_empty()) {
        let id = match code(event, "/messageId") {
            id if id.is_empty() => code(event, "/eventId"),
            id => id,
        };
        return events.message(Message {
            id,
            from: number,
            to: agent,
            pool: None,
            text: body.to_owned(),
            at,
            channel: Channel::Sms,
            opt_out_type: None,
            part: None,
        });
    }
    if text(event, "/eventType") != "DELIVERED" {
        return events.pass_over();
    }
    events.receipt(Receipt {
        id: format!("{}/delivered", code(event, "/messageId")),
        to: number,
        from: agent,
        token: code(event, "/messageId"),
        channel: Channel::Sms,
        state: State::Delivered,
        code: String::new(),
        detail: "DELIVERED".to_owned(),
        at,
    });
}
