//! Reading a service's JSON, and collecting what it tells.

use consent::{BounceReason, Timestamp};
use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::FeedbackId;

use super::Refusal;
use super::endpoint::Endpoint;
use super::reason::reason;
use crate::feedback::{Report, What, report_id};
use crate::mail::{cut, is_automatic, refusal};

/// Most events in one request. The largest batches that are documented hold a few thousand.
pub const EVENTS_MAX: usize = 10_000;
/// Bytes of a note, and of an opt-out's evidence.
const NOTE_LENGTH_MAX: usize = 4 * 1024;
/// Bytes of one text that identifies an event, and of a bounce's status and text.
const TEXT_LENGTH_MAX: usize = 1024;
/// The name of a custom argument, variable or tag that holds a token of ours.
pub(super) const ARGUMENT: &str = "consentry";

/// What a request told.
#[derive(Debug, Default)]
pub struct Events {
    /// What is to be taken.
    pub reports: Vec<Report>,
    /// Events that are about no choice and no delivery: opens, clicks, what was accepted. Not kept.
    pub passed_over: u64,
    /// What marks a token as used, where the service's signature covers nothing else (Mailgun).
    pub(super) token: Option<FeedbackId>,
}

/// Collects what a request tells.
pub(super) struct Reader<'e> {
    pub endpoint: &'e Endpoint,
    pub events: Events,
}

/// One event about one recipient.
#[derive(Clone)]
pub(super) struct Told<'v> {
    /// The service's id of it; its own content stands in for one that is missing.
    pub id: &'v str,
    /// The recipient, perhaps with a name before it; empty if the event doesn't say.
    pub address: &'v str,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// Texts in which a token of ours may stand.
    pub tokens: Vec<String>,
    /// All of it.
    pub event: &'v Value,
}

impl<'e> Reader<'e> {
    pub fn new(endpoint: &'e Endpoint) -> Self {
        Self { endpoint, events: Events::default() }
    }

    /// What was collected, unless it was too much.
    pub fn finish(self) -> Result<Events, Refusal> {
        if self.events.reports.len() > EVENTS_MAX { Err(Refusal::TooLarge) } else { Ok(self.events) }
    }

    /// It bounced, says the service; `fallback` is what its own classes come to, where status and text say no more.
    pub fn bounced(&mut self, told: &Told<'_>, status: &str, text: &str, fallback: BounceReason) {
        let (reason, hard) = reason(status, text, fallback);
        if !reason.is_bounce() || !hard && is_automatic(text, status) {
            return self.noted(told);
        }
        self.tell(told, What::Bounced { reason, hard }, joined(status, text));
    }

    /// It bounced, says the service, and doesn't know why. That counts only if the refusing server said something: what is
    /// left are automatic answers.
    pub fn undetermined(&mut self, told: &Told<'_>, status: &str, text: &str) {
        match refusal(text, status) {
            Some((reason, _)) => self.bounced(told, status, text, reason),
            None => self.noted(told),
        }
    }

    /// No further try can help, says the service, and its word is enough.
    pub fn bounced_hard(&mut self, told: &Told<'_>, reason: BounceReason, status: &str, text: &str) {
        self.tell(told, What::Bounced { reason, hard: true }, joined(status, text));
    }

    /// It was delivered.
    pub fn delivered(&mut self, told: &Told<'_>, text: &str) {
        self.tell(told, What::Delivered, joined("", text));
    }

    /// It was reported as spam.
    pub fn complained(&mut self, told: &Told<'_>) {
        self.tell(told, What::Complained, json(told.event));
    }

    /// The person wants no more; of the list that the service's `group` stands for, if it stands for one.
    pub fn unsubscribed(&mut self, told: &Told<'_>, group: &str) {
        self.tell(told, What::Unsubscribed { list: self.endpoint.list(group) }, json(told.event));
    }

    /// Kept and counted, and nothing else.
    pub fn noted(&mut self, told: &Told<'_>) {
        self.tell(told, What::Noted, json(told.event));
    }

    /// Something that isn't even an event.
    pub fn unreadable(&mut self, event: &Value) {
        self.noted(&Told { event, ..Told::new("", event) });
    }

    /// About no choice and no delivery.
    pub fn passed_over(&mut self) {
        self.events.passed_over += 1;
    }

    fn tell(&mut self, told: &Told<'_>, what: What, detail: String) {
        // One past the limit tells that there were too many.
        if self.events.reports.len() > EVENTS_MAX {
            return;
        }
        let address = bare(told.address);
        let content;
        let id = if told.id.is_empty() {
            content = HEXLOWER.encode(&Sha256::digest(told.event.to_string().as_bytes()));
            &content
        } else {
            told.id
        };
        let source = self.endpoint.source();
        let raw = matches!(what, What::Complained | What::Unsubscribed { .. }).then(|| json(told.event));
        self.events.reports.push(Report {
            id: report_id(&source, &[id, address, &kind(&what)]),
            what,
            tokens: told.tokens.clone(),
            address: (!address.is_empty()).then(|| address.to_owned()),
            occurred_at: told.at,
            source,
            detail,
            raw,
        });
    }
}

impl<'v> Told<'v> {
    pub fn new(id: &'v str, event: &'v Value) -> Self {
        Self { id, address: "", at: None, tokens: Vec::new(), event }
    }

    /// Adds texts in which a token of ours may stand; empty ones aren't.
    pub fn token(mut self, text: &str) -> Self {
        if !text.is_empty() {
            self.tokens.push(cut(text, TEXT_LENGTH_MAX).to_owned());
        }
        self
    }
}

fn kind(what: &What) -> String {
    match what {
        What::Delivered => "delivered".to_owned(),
        What::Bounced { .. } => "bounced".to_owned(),
        What::Complained => "complained".to_owned(),
        What::Unsubscribed { list: Some(list) } => format!("unsubscribed:{list}"),
        What::Unsubscribed { list: None } => "unsubscribed".to_owned(),
        What::Noted => "noted".to_owned(),
    }
}

/// The address of `Name <address>`, or all of it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inside = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map(|(_, address)| address);
    cut(inside.unwrap_or(text).trim(), TEXT_LENGTH_MAX)
}

fn joined(status: &str, text: &str) -> String {
    cut(format!("{status} {text}").trim(), TEXT_LENGTH_MAX).to_owned()
}

/// An event's JSON, as far as it is kept.
fn json(event: &Value) -> String {
    cut(&event.to_string(), NOTE_LENGTH_MAX).to_owned()
}

/// Reads a body of JSON.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|error| malformed(&error))
}

/// Says where JSON is broken, and nothing of what stands there.
pub(crate) fn malformed(error: &serde_json::Error) -> Refusal {
    let what = if error.is_eof() { "it ends too early" } else { "it isn't the JSON that is expected" };
    Refusal::Malformed(format!("{what}, line {} column {}", error.line(), error.column()))
}

/// The elements of a batch. Some services send a single event as itself.
pub(super) fn batch(body: &[u8]) -> Result<Vec<Value>, Refusal> {
    match parse(body)? {
        Value::Array(events) if events.len() > EVENTS_MAX => Err(Refusal::TooLarge),
        Value::Array(events) => Ok(events),
        event @ Value::Object(_) => Ok(vec![event]),
        _ => Err(Refusal::Malformed("neither an array nor an object".to_owned())),
    }
}

/// A text inside, by its path (`/mail/messageId`); empty if it isn't there or isn't a text.
pub(crate) fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A text or a number inside, as text; empty if it isn't there.
pub(crate) fn code(value: &Value, path: &str) -> String {
    match value.pointer(path) {
        Some(Value::String(text)) => cut(text, TEXT_LENGTH_MAX).to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The elements of an array inside; none if it isn't there.
pub(crate) fn items<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A moment inside: RFC 3339, or seconds since 1970 as a number or a text.
pub(crate) fn moment(value: &Value, path: &str) -> Option<Timestamp> {
    match value.pointer(path)? {
        Value::Number(seconds) => seconds.as_f64().and_then(from_seconds),
        Value::String(text) => match text.parse() {
            Ok(seconds) => from_seconds(seconds),
            Err(_) => Timestamp::parse(text).ok(),
        },
        _ => None,
    }
}

/// Seconds since 1970, if that is a moment at all.
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    /// The end of the year 9999.
    const SECONDS_MAX: f64 = 253_402_300_799.0;
    (0.0..=SECONDS_MAX).contains(&seconds).then_some(Timestamp((seconds * 1e6) as i64))
}
