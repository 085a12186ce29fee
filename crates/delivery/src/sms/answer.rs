//! What became of a text.

use std::time::Duration;

use serde_json::Value;

use wire::http::{HttpAnswer, HttpError};

/// Longest text of a provider that is kept, in characters.
const TEXT_LENGTH_MAX: usize = 200;

/// What a refusal says of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It has opted out with the provider.
    OptedOut,
    /// It can't be texted, ever: it isn't there, or no phone.
    Invalid,
}

/// A provider's refusal.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The provider's code; the status code of HTTP where it has none that is a small number.
    pub code: u16,
    /// The provider's words, after its code where that is no number. They may quote the number: not for logs.
    pub text: String,
    /// What it says of the number, if anything.
    pub means: Option<Meaning>,
    /// How long the provider wants to be left alone.
    pub after: Option<Duration>,
}

impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusal")
            .field("code", &self.code)
            .field("means", &self.means)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// What became of one text. Exactly one of these is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsOutcome {
    /// The provider took it; by which id, if it says so.
    Accepted(Option<String>),
    /// The provider refuses it for now.
    Deferred(Refusal),
    /// The provider refuses it for good.
    Rejected(Refusal),
    /// `still_holds` said no: nothing was written. Decide again.
    LeaseExpired,
    /// Nothing of it was written, or the provider refuses whatever we send. Safe to send again.
    NotHandedOver(SmsError),
    /// It was begun, and the answer doesn't say what became of it. Never sent again by itself.
    InDoubt(SmsError),
}

/// Why a provider can't be used.
///
/// No text of the provider is part of the messages: answers quote numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmsError {
    /// The configuration can't be used.
    #[error("transport configuration: {0} {1}")]
    Config(&'static str, &'static str),
    /// The file that `secret_file` names can't be read.
    #[error("transport configuration: secret_file can't be read: {0}")]
    SecretFile(std::io::ErrorKind),
    /// The variable that `secret_env` names isn't set.
    #[error("the environment variable {0}, which secret_env names, is not set")]
    SecretVariable(String),
    /// The way to the provider.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The provider refuses us, not this text: credentials, account, sender, address of the interface.
    #[error(
        "the provider refuses whatever is sent with these settings: http status {status}, code {code}; see account, secret, url and from"
    )]
    Refused {
        /// Status code of HTTP.
        status: u16,
        /// The provider's code.
        code: String,
    },
    /// The provider answers that something went wrong with it.
    #[error("the provider failed with http status {0}")]
    Failed(u16),
    /// The answer isn't what the provider's interface promises.
    #[error("the answer can't be read")]
    Unreadable,
    /// The speed limit that nodes share can't be asked; nothing is wrong with the provider.
    #[error("the shared limit of speed can't be asked: {0}")]
    NoTurn(String),
}

impl SmsError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        let plain = match self {
            Self::Config(..) => "docs/sms.md shows the keys of [configuration.transport]",
            Self::SecretFile(_) => "check that secret_file is there and can be read by this user",
            Self::SecretVariable(variable) => {
                return Some(format!(
                    "set {variable} where this command runs, or name a file by secret_file"
                ));
            }
            Self::Http(error) => error.hint()?,
            Self::Refused { status: 401 | 403, .. } => {
                "check transport.account and the secret: the provider doesn't take them"
            }
            Self::Refused { status: 404, .. } => {
                "check transport.url and transport.account: nothing is there"
            }
            Self::Refused { .. } => "check from, transport.account, transport.url and the secret",
            Self::Failed(_) | Self::Unreadable | Self::NoTurn(_) => return None,
        };
        Some(plain.to_owned())
    }

    /// Whether trying again can't help until someone mends something.
    pub fn is_lasting(&self) -> bool {
        use HttpError as H;
        match self {
            Self::Config(..) | Self::SecretFile(_) | Self::SecretVariable(_) | Self::Refused { .. } => true,
            Self::Http(error) => matches!(error, H::Address | H::Authorities),
            _ => false,
        }
    }
}

/// A provider's answer, its error found.
pub(super) struct Said<'a> {
    pub(super) answer: &'a HttpAnswer,
    /// The provider's code for what is wrong; empty if nothing is.
    pub(super) code: String,
    pub(super) text: String,
    pub(super) means: Option<Meaning>,
    /// The code is about us, not about the text.
    pub(super) lasting: bool,
    /// The code is about the text, whatever the status says.
    pub(super) of_text: bool,
    /// The code means: later.
    pub(super) later: bool,
}

impl<'a> Said<'a> {
    /// Without an error of the provider's own.
    pub(super) fn nothing(answer: &'a HttpAnswer) -> Self {
        let (code, text) = (String::new(), String::new());
        Self { answer, code, text, means: None, lasting: false, of_text: false, later: false }
    }

    /// What it comes to; `id` of a text that was taken.
    pub(super) fn outcome(self, id: Option<String>) -> SmsOutcome {
        let status = self.answer.status;
        if self.means.is_some() || self.of_text {
            return SmsOutcome::Rejected(self.refusal());
        }
        if self.lasting {
            return self.refused();
        }
        match status {
            _ if self.later => SmsOutcome::Deferred(self.refusal()),
            200..=299 if self.code.is_empty() => SmsOutcome::Accepted(id),
            // 408: the server gave up on us before it read the request whole.
            408 | 429 | 502 | 503 => SmsOutcome::Deferred(self.refusal()),
            // Not this text: every one would be refused so.
            300..=399 | 401..=405 | 407 => self.refused(),
            200..=299 | 400..=499 => SmsOutcome::Rejected(self.refusal()),
            _ => SmsOutcome::InDoubt(SmsError::Failed(status)),
        }
    }

    fn refused(self) -> SmsOutcome {
        let code = self.code.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).take(40);
        SmsOutcome::NotHandedOver(SmsError::Refused { status: self.answer.status, code: code.collect() })
    }

    fn refusal(self) -> Refusal {
        let (code, text) = match self.code.parse() {
            Ok(code) if code > 0 => (code, plain(&self.text)),
            _ => (self.answer.status, plain(&format!("{} {}", self.code, self.text))),
        };
        Refusal { code, text, means: self.means, after: self.answer.retry_after }
    }
}

/// On one line, not too long.
fn plain(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(clean).take(TEXT_LENGTH_MAX).collect()
}

/// A text or number at a place of an answer, as text; empty if there is none.
pub(super) fn at(value: &Value, path: &str) -> String {
    match value.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The answer's JSON; null if it is none.
pub(super) fn json(answer: &HttpAnswer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// An id, if it isn't empty.
pub(super) fn id(value: &Value, path: &str) -> Option<String> {
    Some(at(value, path)).filter(|id| !id.is_empty())
}
