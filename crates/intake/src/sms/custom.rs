//! A provider that isn't known here: where its fields stand is configured.

use consent::{BounceReason, Channel};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::hmac;
use serde::Deserialize;
use serde_json::Value;

use super::event::{Events, Message, Receipt, State};
use super::form::Form;
use super::number::channel;
use super::preference;
use crate::webhook::event::{code, items, moment};
use crate::webhook::secret::Secrets;
use crate::webhook::{Refusal, Request};

/// Where the fields of a provider's requests stand: JSON pointers (RFC 6901), such as `/sms/from`, or names of form fields.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// The array that holds several events; without it the body is one, or an array of them.
    pub items: String,
    /// Who sent the text.
    pub from: String,
    /// Whom it went to.
    pub to: String,
    /// The text.
    pub text: String,
    /// The provider's id of the message.
    pub id: String,
    /// When it was sent: RFC 3339, or seconds since 1970.
    pub time: String,
    /// What became of a message of ours; events that have it are receipts.
    pub status: String,
    /// The error code of a receipt.
    pub code: String,
    /// The reference of a receipt, in which our token stands.
    pub token: String,
    /// Values of `status` that mean: delivered.
    pub delivered: Vec<String>,
    /// Values of `status` that mean: failed for good.
    pub failed: Vec<String>,
    /// Values of `status` or `code` that mean: this number has opted out with the provider.
    pub opted_out: Vec<String>,
    /// The header that holds the HMAC-SHA256 of the body, in hex or base64, perhaps after `sha256=`. Without one the secret
    /// itself is shown, as with other providers that don't sign.
    pub signature_header: String,
}

impl Fields {
    /// What is missing, if anything.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let missing = [("from", &self.from), ("text", &self.text)];
        missing.into_iter().find(|(_, path)| path.is_empty()).map(|(name, _)| name)
    }
}

/// Fields and secrets.
pub(super) struct Custom {
    fields: Fields,
    header: String,
    macs: Vec<hmac::Key>,
    secrets: Secrets,
}

impl Custom {
    pub fn new(secrets: &[String], fields: Fields) -> Self {
        let key = |secret: &String| hmac::Key::new(hmac::HMAC_SHA256, secret.trim().as_bytes());
        let header = fields.signature_header.to_ascii_lowercase();
        let macs = secrets.iter().map(key).collect();
        Self { fields, header, macs, secrets: Secrets::new(secrets) }
    }

    pub fn admit(&self, request: &Request<'_>) -> Result<(), Refusal> {
        if self.header.is_empty() {
            return self.secrets.admit(request);
        }
        request.header(&self.header).map(drop).ok_or(Refusal::Unsigned("signature"))
    }

    fn verify(&self, request: &Request<'_>) -> Result<(), Refusal> {
        if self.header.is_empty() {
            return self.secrets.admit(request);
        }
        let given = request.header(&self.header).ok_or(Refusal::Unsigned("signature"))?;
        let given = given.strip_prefix("sha256=").unwrap_or(given).as_bytes();
        let read = [HEXLOWER_PERMISSIVE.decode(given).ok(), BASE64.decode(given).ok()];
        let fits = |mac: &Vec<u8>| self.macs.iter().any(|key| hmac::verify(key, request.body, mac).is_ok());
        if read.iter().flatten().any(fits) { Ok(()) } else { Err(Refusal::Forged("signature")) }
    }

    /// Verifies and reads.
    pub fn receive(&self, events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
        self.verify(request)?;
        let (form, value) = Form::of_body(request)?;
        let Some(value) = value else {
            // A form is an object without depth.
            let members = form.0.into_iter().map(|(name, value)| (name, Value::String(value)));
            self.read(events, &Value::Object(members.collect()));
            return Ok(());
        };
        let found = preference::find(events, &value);
        let at = if self.fields.items.is_empty() { "" } else { &self.fields.items };
        match items(&value, at) {
            [] if found => {}
            [] if self.fields.items.is_empty() => self.read(events, &value),
            found => found.iter().for_each(|event| self.read(events, event)),
        }
        Ok(())
    }

    fn read(&self, events: &mut Events, event: &Value) {
        let fields = &self.fields;
        let get = |path: &str| {
            if path.is_empty() {
                String::new()
            } else if path.starts_with('/') {
                code_of(event, path)
            } else {
                code_of(event, &format!("/{}", path.replace('~', "~0").replace('/', "~1")))
            }
        };
        let time =
            if fields.time.starts_with('/') { fields.time.clone() } else { format!("/{}", fields.time) };
        let at = if fields.time.is_empty() { None } else { moment(event, &time) };
        let (from, status, error) = (get(&fields.from), get(&fields.status), get(&fields.code));
        if status.is_empty() {
            let text = get(&fields.text);
            let (id, to, channel) = (get(&fields.id), get(&fields.to), channel(&from));
            return events.message(Message {
                id,
                from,
                to,
                pool: None,
                text,
                at,
                channel,
                opt_out_type: None,
                part: None,
            });
        }
        let among = |values: &[String]| values.iter().any(|value| *value == status || *value == error);
        let state = if among(&fields.opted_out) {
            State::OptedOut
        } else if among(&fields.delivered) {
            State::Delivered
        } else if among(&fields.failed) {
            State::soft(BounceReason::Rejected)
        } else {
            return events.pass_over();
        };
        let to = get(&fields.to);
        events.receipt(Receipt {
            id: format!("{}/{status}", get(&fields.id)),
            channel: if from.starts_with("whatsapp:") { Channel::WhatsApp } else { Channel::Sms },
            to,
            from,
            token: get(&fields.token),
            state,
            code: error,
            detail: status,
            at,
        });
    }
}

/// A text in full, a number as text.
fn code_of(event: &Value, path: &str) -> String {
    match event.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        _ => code(event, path),
    }
}
