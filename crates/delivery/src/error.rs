//! What can go wrong on the way out.

use std::fmt;
use std::path::{Path, PathBuf};

use store::StoreError;

use crate::finding::PublishError;
use crate::other_side::LineError;

/// Something in a file that someone wrote, with the place and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The key, e.g. `configuration.from`; empty when the file as a whole is meant.
    pub key: String,
    /// What is wrong and how to mend it.
    pub problem: String,
}

impl InputError {
    pub(crate) fn new(file: &Path, key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, key: key.into(), problem: problem.into() }
    }

    /// From what the TOML reader says. Not its own text: that quotes the line, which may hold a password.
    pub(crate) fn toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Self { file: file.to_owned(), line, key: String::new(), problem: error.message().to_owned() }
    }

    /// From a file that can't be read.
    pub(crate) fn unreadable(file: &Path, key: &str, error: &std::io::Error) -> Self {
        Self::new(file, key, format!("can't be read: {}", error.kind()))
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for InputError {}

/// Why a campaign couldn't be sent, or not to its end. Whatever it is, the run can be resumed once it is mended.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// A file that someone wrote.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The publish check found something (I3).
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The store can't.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay or provider can't be used. Nothing was counted as failed: what wasn't handed over waits for the next start.
    #[error("the {} can't be used: {}", .0.of().name, .0)]
    Transport(LineError),
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
            Self::Refused { reply, .. } => Some(refusal_hint(reply).to_owned()),
            Self::NoList(list) => Some(format!("`consentry list create {list}` makes it")),
            _ => None,
        }
    }
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

impl From<LineError> for DeliveryError {
    fn from(error: LineError) -> Self {
        Self::Transport(error)
    }
}
