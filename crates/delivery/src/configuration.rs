//! A channel configuration: how and as whom messages go out.
//!
//! In campaign files it is TOML, in the store JSON. It holds no secret: passwords and keys are named by file or by
//! environment variable.

use std::time::Duration;

use consent::sms::SenderKind;
use consent::{Category, Channel, Level};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use wire::http::check_public_url;
use wire::smtp::TransportConfig;

use crate::error::InputError;
use crate::sms::SmsTransportConfig;

mod email;
pub(crate) mod schema;
mod secrets;
mod sms;

pub use email::{EmailConfiguration, ListUnsubscribe};
pub use sms::SmsConfiguration;

/// How long a message may be tried again: at most, and at least by category. A marketing message given up too early is a
/// soft bounce that says nothing of the address.
const PERIOD_MAX: Duration = Duration::from_hours(84);
const PERIOD_MIN_MARKETING: Duration = Duration::from_hours(6);
const PERIOD_MIN_TRANSACTIONAL: Duration = Duration::from_mins(10);
/// Longest wait between two attempts.
const DELAY_MAX: Duration = Duration::from_hours(7 * 24);
/// When a message that was refused for now is tried again. Before each attempt it is decided again whether it may go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Waits after the first, second, ... attempt, as `30s`, `10m`, `1h`, `2d`; the last one holds for all further ones.
    #[serde(deserialize_with = "durations")]
    #[schemars(with = "Vec<String>")]
    pub delays: Vec<Duration>,
    /// No attempt is made once the waits before it add up to more: 6 to 84 hours, for transactional messages 10 minutes to
    /// 84 hours.
    #[serde(deserialize_with = "one_duration")]
    #[schemars(with = "String")]
    pub period: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        let delays = [MINUTE, 10 * MINUTE, 60 * MINUTE, 120 * MINUTE, 240 * MINUTE];
        Self { delays: delays.map(Duration::from_secs).to_vec(), period: PERIOD_MAX }
    }
}

impl Retry {
    /// How long to wait after `attempts` attempts; `None` when that was the last one.
    pub fn delay_after(&self, attempts: u32) -> Option<Duration> {
        let (last, before) = self.delays.split_last()?;
        let listed = before.iter().take(attempts as usize).sum::<Duration>();
        let further = attempts.saturating_sub(u32::try_from(before.len()).unwrap_or(u32::MAX));
        let waited = listed.checked_add(last.checked_mul(further)?)?;
        let delay = *self.delays.get(attempts.max(1) as usize - 1).unwrap_or(last);
        (waited <= self.period).then_some(delay)
    }
}

/// How and as whom messages of one channel go out, as its document says; `T` is how its transport does.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawConfiguration<T> {
    /// Its name: 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    name: String,
    /// `email`, `sms` or `whatsApp`.
    channel: String,
    /// `marketing` or `transactional`.
    #[schemars(with = "String")]
    category: Category,
    /// The sender: `Name <news@example.com>`, a number, a short code or a name.
    from: String,
    /// What kind of sender of texts it is, where that can't be seen.
    #[schemars(with = "Option<String>")]
    sender_type: Option<SenderKind>,
    /// Header Reply-To.
    reply_to: Option<String>,
    /// DKIM keys, one or two.
    dkim: Option<email::OneOrMore>,
    /// The List-Unsubscribe header field.
    list_unsubscribe: Option<email::RawListUnsubscribe>,
    /// How far the header's link and `unsubscribe_url` reach: `channel`, `identity` or `subscription`.
    #[serde(default = "default_level")]
    #[schemars(with = "String")]
    level: Level,
    /// Domain of the envelope sender `b.TOKEN@`.
    bounce_domain: Option<String>,
    /// SenderId of Feedback-ID.
    feedback_id: Option<String>,
    /// Where the public pages are reached; the workspace's own setting if absent.
    public_url: Option<String>,
    /// The relay or provider.
    transport: T,
    /// Further attempts.
    #[serde(default)]
    retry: Retry,
    /// Transactional only: also to people who reported a message as spam.
    #[serde(default)]
    send_after_complaint: bool,
}

fn default_level() -> Level {
    Level::Channel
}

/// A channel configuration, checked.
#[derive(Debug, Clone)]
pub struct ChannelConfiguration {
    /// Its name.
    pub name: String,
    /// Marketing or transactional.
    pub category: Category,
    /// How far the header's link and `unsubscribe_url` reach: `channel`, `identity`, or `subscription` where the
    /// message is bound to a list.
    pub level: Level,
    /// Where the public pages are reached, without a trailing slash; `None`: the workspace's own setting.
    pub public_url: Option<String>,
    /// Further attempts.
    pub retry: Retry,
    /// Of a transactional configuration: messages go out to people who reported one as spam, too.
    pub send_after_complaint: bool,
    /// What is the channel's own.
    pub medium: Medium,
    body: Value,
}

/// The part of a configuration that is a channel's own.
#[derive(Debug, Clone)]
pub enum Medium {
    /// Email.
    Email(EmailConfiguration),
    /// Text messages.
    Sms(SmsConfiguration),
}

impl ChannelConfiguration {
    /// Reads a document, in which no path stands.
    pub fn from_document(document: &Value) -> Result<Self, InputError> {
        secrets::refuse_places(document)?;
        Self::from_value(document.clone())
    }

    /// Reads what the store keeps with a run. Those of before definitions hold paths.
    pub fn from_json(text: &str) -> Result<Self, InputError> {
        let value = serde_json::from_str(text).map_err(|error| InputError::new("", error.to_string()))?;
        Self::from_value(value)
    }

    /// What the store keeps with a run.
    pub fn to_json(&self) -> String {
        self.body.to_string()
    }

    /// The channel that messages go out on.
    pub fn channel(&self) -> Channel {
        match &self.medium {
            Medium::Email(_) => Channel::Email,
            Medium::Sms(sms) => sms.channel,
        }
    }

    /// Whether people can opt out by replying with a word.
    pub fn takes_replies(&self) -> bool {
        matches!(&self.medium, Medium::Sms(sms) if sms.from.receives())
    }

    /// The sender, in the form in which recipients' blocks are kept.
    pub fn sender(&self) -> &str {
        match &self.medium {
            Medium::Email(email) => &email.from.email,
            Medium::Sms(sms) => &sms.sender,
        }
    }

    /// What decides what recipients get: all but the relay, the keys and the retries, which may be mended while a run
    /// is open.
    pub(crate) fn content(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(map) = body.as_object_mut() {
            for key in ["transport", "dkim", "retry"] {
                map.remove(key);
            }
        }
        // In whatever order they were written.
        body.sort_all_objects();
        body
    }

    fn from_value(body: Value) -> Result<Self, InputError> {
        let wrong = |(key, problem): Wrong| InputError::new(key, problem);
        secrets::check_names(&body)?;
        let (shared, medium) = if is_email(&body) {
            let raw: RawConfiguration<TransportConfig> = shaped(&body)?;
            let shared = raw.shared().map_err(wrong)?;
            (shared, Medium::Email(raw.email().map_err(wrong)?))
        } else {
            let raw: RawConfiguration<SmsTransportConfig> = shaped(&body)?;
            let shared = raw.shared().map_err(wrong)?;
            (shared, Medium::Sms(raw.sms().map_err(wrong)?))
        };
        let Shared { name, category, level, public_url, retry, send_after_complaint } = shared;
        Ok(Self { name, category, level, public_url, retry, send_after_complaint, medium, body })
    }
}

/// Reads a document as what it must be; an error says where it isn't.
pub(crate) fn shaped<'de, T: Deserialize<'de>>(document: &'de Value) -> Result<T, InputError> {
    serde_path_to_error::deserialize(document).map_err(|error| InputError::shape(&error))
}

/// What isn't plainly another channel's is read as email's, whose error says what channels there are.
pub(crate) fn is_email(body: &Value) -> bool {
    !matches!(body["channel"].as_str(), Some("sms" | "whatsApp"))
}

/// What is wrong: the key, and what to do.
type Wrong = (&'static str, String);

/// What every channel's configuration has.
struct Shared {
    name: String,
    category: Category,
    level: Level,
    public_url: Option<String>,
    retry: Retry,
    send_after_complaint: bool,
}

impl<T> RawConfiguration<T> {
    fn shared(&self) -> Result<Shared, Wrong> {
        self.check_shared()?;
        let public_url = self.public_url.as_deref().map(check_public_url).transpose();
        Ok(Shared {
            name: self.name.clone(),
            category: self.category,
            level: self.level,
            public_url: public_url.map_err(|problem| ("public_url", problem))?,
            retry: self.retry.clone(),
            send_after_complaint: self.send_after_complaint,
        })
    }

    /// What can be said about single values.
    fn check_shared(&self) -> Result<(), Wrong> {
        let named = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        };
        if !named(&self.name) {
            return Err(("name", "use 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`".to_owned()));
        }
        if !["email", "sms", "whatsApp"].contains(&&*self.channel) {
            return Err(("channel", "only `email`, `sms` and `whatsApp` can be sent".to_owned()));
        }
        if self.level == Level::Any {
            let problem = "use `channel`, `identity`, or, for messages bound to a list, `subscription`";
            return Err(("level", problem.to_owned()));
        }
        if self.retry.delays.is_empty() || self.retry.delays.iter().any(|delay| *delay > DELAY_MAX) {
            return Err((
                "retry.delays",
                "name one or more waits of at most 7 days, e.g. [\"1m\", \"10m\"]".to_owned(),
            ));
        }
        if self.send_after_complaint && self.category == Category::Marketing {
            let problem = "is for transactional messages; whoever complained gets no marketing";
            return Err(("send_after_complaint", problem.to_owned()));
        }
        let (least, words) = match self.category {
            Category::Marketing => (PERIOD_MIN_MARKETING, "a marketing message is tried again for 6h to 84h"),
            Category::Transactional => {
                (PERIOD_MIN_TRANSACTIONAL, "a transactional message is tried again for 10m to 84h")
            }
        };
        if !(least..=PERIOD_MAX).contains(&self.retry.period) {
            return Err(("retry.period", words.to_owned()));
        }
        Ok(())
    }
}

fn durations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: &String| {
        duration(text).ok_or_else(|| serde::de::Error::custom("write a wait as 30s, 10m, 1h or 2d"))
    };
    texts.iter().map(parse).collect()
}

fn one_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    duration(&text).ok_or_else(|| serde::de::Error::custom("write a time as 30m, 6h or 2d"))
}

/// A time of a second or more, as people write it: `30s`, `10m`, `1h 30m`, `2 days`.
fn duration(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.trim().parse().ok()?;
    let time = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(time).ok().filter(|time| *time >= Duration::from_secs(1))
}

#[cfg(test)]
mod tests;
