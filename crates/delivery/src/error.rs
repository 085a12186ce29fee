//! What can go wrong on the way out.

use std::fmt;

use store::StoreError;
use wire::smtp::TransportError;

use crate::finding::PublishError;
use crate::sms::SmsError;

/// Something wrong in a document, with the place and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// Where in the document, as a JSON pointer (RFC 6901); empty when the document as a whole is meant.
    pub pointer: String,
    /// What is wrong.
    pub problem: String,
    /// How to mend it, unless `problem` says so.
    pub remedy: Option<String>,
}

impl InputError {
    /// Of a key such as `configuration.from`. `told` says what is wrong and, after a semicolon, how to mend it.
    pub(crate) fn new(key: &str, told: impl AsRef<str>) -> Self {
        let pointer = key.split('.').filter(|part| !part.is_empty()).map(|part| format!("/{part}")).collect();
        let (problem, remedy) = match told.as_ref().split_once("; ") {
            Some((problem, remedy)) => (problem.to_owned(), Some(remedy.to_owned())),
            None => (told.as_ref().to_owned(), None),
        };
        Self { pointer, problem, remedy }
    }

    /// The same, of a document that stands under a key of another one.
    #[must_use]
    pub fn under(self, key: &str) -> Self {
        Self { pointer: format!("/{key}{}", self.pointer), ..self }
    }

    /// The place as people write it: `configuration.from`.
    pub fn key(&self) -> String {
        let part = |part: &str| part.replace("~1", "/").replace("~0", "~");
        self.pointer.split('/').skip(1).map(part).collect::<Vec<_>>().join(".")
    }

    /// From what can't be read as the kind of document that it must be.
    pub(crate) fn shape(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        use serde_path_to_error::Segment;
        let mut pointer = String::new();
        for segment in error.path() {
            let part = match segment {
                Segment::Seq { index } => index.to_string(),
                Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
                Segment::Enum { .. } | Segment::Unknown => continue,
            };
            pointer.push('/');
            pointer.push_str(&part);
        }
        let text = error.inner().to_string();
        let (problem, expected) = match text.split_once(", expected ") {
            Some((problem, expected)) => (problem.to_owned(), Some(format!("write {expected}"))),
            None => (text, None),
        };
        Self { pointer, problem, remedy: expected }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.key())?;
        }
        write!(f, "{}", self.problem)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

/// Why a campaign couldn't be sent, or not to its end. Whatever it is, the run can be resumed once it is mended.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// A document that someone wrote.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A secret that the configuration calls by name isn't known where this runs.
    #[error("the secret `{0}` isn't known here")]
    NoSecret(String),
    /// The publish check found something (I3).
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The store can't.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay can't be used. Nothing was counted as failed: what wasn't handed over waits for the next start.
    #[error("the relay can't be used: {0}")]
    Transport(#[from] TransportError),
    /// The provider of texts can't be used; the same holds.
    #[error("the provider can't be used: {0}")]
    Provider(#[from] SmsError),
    /// The relay is there and refuses everybody's mail, for a reason that isn't theirs. Those who were refused wait for
    /// the next start, and nothing was concluded about their addresses.
    #[error(
        "the relay refuses our mail: {refused} people in a row, none taken since; the last with `{reply}`"
    )]
    Refused {
        /// How many people.
        refused: usize,
        /// What it said last, without addresses.
        reply: String,
    },
    /// The campaign has been sent to its end.
    #[error(
        "campaign {campaign} has been sent already ({run}); ask for it with `again` to send it once more"
    )]
    AlreadyFinished {
        /// Its name.
        campaign: String,
        /// The run that sent it.
        run: consent::RunId,
    },
    /// A run of the campaign is open, and what it sends isn't what the file says now.
    #[error(
        "campaign {campaign} has an open run ({run}) with other content; put the old content back to finish it, or \
         give the campaign another name"
    )]
    OtherContent {
        /// Its name.
        campaign: String,
        /// The open run.
        run: consent::RunId,
    },
    /// The list that the campaign names isn't there.
    #[error("there is no list {0}; make it first")]
    NoList(String),
    /// A link couldn't be signed.
    #[error("a link can't be signed: {0}")]
    Token(#[from] consent::TokenError),
}

impl DeliveryError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Transport(error) => error.hint(),
            Self::Provider(error) => error.hint(),
            Self::Refused { reply, .. } => Some(refusal_hint(reply).to_owned()),
            Self::NoList(list) => Some(format!("`consentry list create {list}` makes it")),
            Self::NoSecret(name) => Some(format!(
                "set the environment variable {}, or say in the server's file, under [secrets], where it is \
                 (docs/definitions.md)",
                secret_variable(name)
            )),
            _ => None,
        }
    }
}

/// The environment variable in which a secret is looked for: `CONSENTRY_SECRET_SMTP_PASSWORD` for `smtp-password`.
pub fn secret_variable(name: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("CONSENTRY_SECRET_{}", name.chars().map(upper).collect::<String>())
}

/// What to do where a relay takes nothing from us.
fn refusal_hint(reply: &str) -> &'static str {
    let reply = reply.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reply.contains(word));
    if says(&["relay", "authenti", "530 "]) && !says(&["spf", "dkim", "dmarc", "unauthenticated"]) {
        "the relay doesn't know you: set transport.username and its password, or have it allow this machine's address"
    } else if says(&["spf", "dkim", "dmarc", "unauthenticated", "5.7.26", "5.7.515", "5.7.30", "5.7.23"]) {
        "the sender can't be verified: set SPF, DKIM and DMARC of the domains of `from` and bounce_domain \
         (docs/campaigns.md)"
    } else if says(&["mail from", "sender", "5.1.7", "5.1.8"]) {
        "the relay doesn't take this sender: check `from` and bounce_domain, and that the relay may send for them"
    } else {
        "ask the relay's operator what its reply means: it is about you, not about the people"
    }
}

/// Why nothing can be handed over.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LineError {
    #[error(transparent)]
    Mail(#[from] TransportError),
    #[error(transparent)]
    Text(#[from] SmsError),
}

impl LineError {
    /// Whether trying again can't help until someone mends something.
    pub(crate) fn is_lasting(&self) -> bool {
        use TransportError as E;
        match self {
            Self::Mail(E::Refused { reply, .. }) => reply.code() >= 500,
            Self::Mail(
                E::Config(_)
                | E::ConfigFile { .. }
                | E::PasswordVariable(_)
                | E::Tls(_)
                | E::TlsExpected
                | E::NotLoopback
                | E::StartTlsMissing
                | E::StartTlsInjection
                | E::AuthMissing
                | E::AuthUnprotected,
            ) => true,
            Self::Mail(_) => false,
            Self::Text(error) => error.is_lasting(),
        }
    }

    /// Why the speed limit that nodes share can't be asked, if that is it.
    pub(crate) fn no_turn(&self) -> Option<&str> {
        match self {
            Self::Mail(TransportError::NoTurn(why)) | Self::Text(SmsError::NoTurn(why)) => Some(why),
            _ => None,
        }
    }
}

impl From<LineError> for DeliveryError {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Mail(error) => error.into(),
            LineError::Text(error) => error.into(),
        }
    }
}
