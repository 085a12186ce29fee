//! One configured webhook.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use consent::{Timestamp, WorkspaceId};
use store::FeedbackId;

use super::event::Reader;
use super::secret::Secrets;
use super::sns::{self, Topics};
use super::{
    BODY_LENGTH_MAX, Outside, Reception, Refusal, Request, azure, mailgun, postmark, sendgrid, sparkpost,
};

/// Longest name, in bytes: `webhook:NAME` is a report's source.
pub(crate) const NAME_LENGTH_MAX: usize = 48;
/// Shortest secret, in bytes: shorter ones are guessed.
pub(crate) const SECRET_LENGTH_MIN: usize = 16;

/// Whose webhook it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each name says it")]
pub enum Provider {
    Ses,
    SendGrid,
    Postmark,
    Mailgun,
    SparkPost,
    Azure,
}

impl Provider {
    const ALL: [Self; 6] =
        [Self::Ses, Self::SendGrid, Self::Postmark, Self::Mailgun, Self::SparkPost, Self::Azure];

    /// `ses`, `sendgrid`, `postmark`, `mailgun`, `sparkpost` or `azure`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ses => "ses",
            Self::SendGrid => "sendgrid",
            Self::Postmark => "postmark",
            Self::Mailgun => "mailgun",
            Self::SparkPost => "sparkpost",
            Self::Azure => "azure",
        }
    }
}

impl FromStr for Provider {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Self, SetupError> {
        let named = Self::ALL.into_iter().find(|provider| provider.as_str() == text);
        named.ok_or(SetupError::Provider)
    }
}

/// What an endpoint is made of.
#[derive(Clone, Default)]
pub struct Setup {
    /// Its name, as in its path and in the source of its reports: `a-z`, `0-9`, `-` and `_`, at most 48.
    pub name: String,
    /// What its requests are verified with: SendGrid's verification key, Mailgun's signing key, a secret of the
    /// operator's for the others. Several while one is being replaced.
    pub secrets: Vec<String>,
    /// SES: the ARNs of the topics whose messages are accepted.
    pub topics: Vec<String>,
    /// SES: certificates (PEM) that messages must be signed with. None: those that Amazon serves.
    pub certificates: Vec<Vec<u8>>,
    /// The service's group, topic or stream of an unsubscription → the name of a subscription list.
    pub lists: BTreeMap<String, String>,
}

/// Why an endpoint can't be made. The messages name the key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// An unknown service.
    #[error("`provider` is ses, sendgrid, postmark, mailgun, sparkpost or azure")]
    Provider,
    /// A name that can't stand in a path.
    #[error("`name` is made of a-z, 0-9, - and _, and has at most {NAME_LENGTH_MAX}")]
    Name,
    /// Anybody could call it.
    #[error("`secret` is missing: a webhook without one would let anybody opt anybody out")]
    NoSecret,
    /// One that can be guessed.
    #[error("`secret` has fewer than {SECRET_LENGTH_MIN} characters")]
    ShortSecret,
    /// SendGrid's key.
    #[error("`secret` is no verification key of SendGrid's: base64 of an ECDSA P-256 public key")]
    Key,
    /// SES without a topic.
    #[error("`topics` is missing: the ARNs of the topics whose messages are to be accepted")]
    NoTopics,
    /// What isn't a topic's ARN.
    #[error("`topics`: {0} is no topic's ARN, e.g. arn:aws:sns:eu-west-1:123456789012:bounces")]
    Topic(String),
    /// `certificates` of SES.
    #[error("`certificates`: {0}")]
    Certificate(String),
    /// A key that means nothing for this service.
    #[error("`{0}` means nothing for this provider")]
    Needless(&'static str),
}

/// One configured webhook.
pub struct Endpoint {
    name: String,
    provider: Provider,
    workspace: WorkspaceId,
    lists: BTreeMap<String, String>,
    proof: Proof,
    /// Tokens whose event is being taken: two requests with one token don't pass the check side by side.
    pub(super) in_flight: Mutex<HashSet<FeedbackId>>,
}

/// How requests prove where they come from.
enum Proof {
    Sns(Topics, Option<Secrets>),
    SendGrid(sendgrid::Keys),
    Mailgun(mailgun::Keys),
    Secret(Secrets),
}

impl fmt::Debug for Endpoint {
    /// Without its secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Endpoint");
        shown.field("name", &self.name).field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Checks what is configured: without what it takes to verify a request there is no endpoint.
    pub fn new(provider: Provider, workspace: WorkspaceId, setup: Setup) -> Result<Self, SetupError> {
        let Setup { name, secrets, topics, certificates, lists } = setup;
        if !is_name(&name) {
            return Err(SetupError::Name);
        }
        if secrets.is_empty() && provider != Provider::Ses {
            return Err(SetupError::NoSecret);
        }
        if any_short(&secrets) {
            return Err(SetupError::ShortSecret);
        }
        if provider != Provider::Ses && !topics.is_empty() {
            return Err(SetupError::Needless("topics"));
        }
        if provider != Provider::Ses && !certificates.is_empty() {
            return Err(SetupError::Needless("certificates"));
        }
        let proof = match provider {
            Provider::Ses => {
                let own = (!secrets.is_empty()).then(|| Secrets::new(&secrets));
                Proof::Sns(Topics::new(topics, &certificates)?, own)
            }
            Provider::SendGrid => Proof::SendGrid(sendgrid::Keys::new(&secrets)?),
            Provider::Mailgun => Proof::Mailgun(mailgun::Keys::new(&secrets)),
            Provider::Postmark | Provider::SparkPost | Provider::Azure => {
                Proof::Secret(Secrets::new(&secrets))
            }
        };
        Ok(Self { name, provider, workspace, lists, proof, in_flight: Mutex::default() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose it is.
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// Longest body that is read, in bytes. What shows its secret before its body is believed to be the service's; what is
    /// signed is read by anybody's leave, so that its limit is what the service sends, and not much more.
    pub const fn body_length_max(&self) -> usize {
        match self.provider {
            // A message of SNS has 256 KiB at most, and grows when it is put into an envelope of JSON.
            Provider::Ses => 512 * 1024,
            // The largest batch that is documented has 768 KB.
            Provider::SendGrid => 1024 * 1024,
            // One event at a time.
            Provider::Mailgun => 128 * 1024,
            Provider::Postmark | Provider::SparkPost | Provider::Azure => BODY_LENGTH_MAX,
        }
    }

    /// Where its events belong.
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// `webhook:NAME`.
    pub(super) fn source(&self) -> String {
        format!("webhook:{}", self.name)
    }

    /// The list that a group, topic or stream of the service stands for.
    pub(super) fn list(&self, group: &str) -> Option<String> {
        self.lists.get(group).cloned()
    }

    /// Refuses what can be refused without its body, so that nobody sends megabytes for nothing.
    pub fn admit(&self, request: &Request<'_>) -> Result<(), Refusal> {
        self.admit_caller(request)?;
        let content_type = request.content_type();
        let known = match self.provider {
            // SNS says text/plain, unless the subscription's delivery policy says otherwise.
            Provider::Ses => matches!(content_type.as_str(), "text/plain" | "application/json"),
            Provider::Azure => azure::CONTENT_TYPES.contains(&content_type.as_str()),
            _ => content_type == "application/json",
        };
        let plain = request.header("content-encoding").is_none_or(|encoding| encoding == "identity");
        if known && plain { Ok(()) } else { Err(Refusal::ContentType) }
    }

    /// The handshake of Event Grid's cloud event schema (CloudEvents HTTP webhook, section 4): the origin that may
    /// deliver, if the request bears the secret. `None` where the service knows none.
    pub fn handshake<'a>(&self, request: &Request<'a>) -> Result<Option<&'a str>, Refusal> {
        if self.provider != Provider::Azure {
            return Ok(None);
        }
        self.admit_caller(request)?;
        Ok(request.header("webhook-request-origin"))
    }

    fn admit_caller(&self, request: &Request<'_>) -> Result<(), Refusal> {
        match &self.proof {
            Proof::Sns(_, own) => {
                // Raw delivery leaves the signed envelope away.
                if request.header("x-amz-sns-rawdelivery") == Some("true") {
                    return Err(Refusal::Unsigned("signed envelope: switch raw message delivery off"));
                }
                own.as_ref().map_or(Ok(()), |own| own.admit(request))
            }
            Proof::SendGrid(_) => sendgrid::admit(request),
            Proof::Mailgun(_) => Ok(()),
            Proof::Secret(secrets) => secrets.admit(request),
        }
    }

    /// Verifies a request and reads what it says.
    pub async fn receive(&self, request: &Request<'_>, outside: &dyn Outside) -> Result<Reception, Refusal> {
        self.admit(request)?;
        if request.body.len() > self.body_length_max() {
            return Err(Refusal::TooLarge);
        }
        let mut reader = Reader::new(self);
        match &self.proof {
            Proof::Sns(topics, _) => return sns::receive(topics, reader, request, outside).await,
            Proof::SendGrid(keys) => sendgrid::receive(keys, &mut reader, request)?,
            Proof::Mailgun(keys) => mailgun::receive(keys, &mut reader, request)?,
            Proof::Secret(_) => match self.provider {
                Provider::Azure => {
                    if let Some(code) = azure::receive(&mut reader, request)? {
                        return Ok(Reception::Validation { code });
                    }
                }
                Provider::SparkPost => sparkpost::receive(&mut reader, request)?,
                _ => postmark::receive(&mut reader, request)?,
            },
        }
        Ok(Reception::Events(reader.finish()?))
    }
}

/// Whether a text can name an endpoint, in its path and in the source of what it tells.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !name.is_empty() && name.len() <= NAME_LENGTH_MAX && name.bytes().all(fits)
}

/// Whether one of the secrets can be guessed.
pub(crate) fn any_short(secrets: &[String]) -> bool {
    secrets.iter().any(|secret| secret.trim().len() < SECRET_LENGTH_MIN)
}

/// Whether a signed time is close enough to now: not older than `past` seconds, nor further ahead than clocks differ.
pub(crate) fn fresh(at: Timestamp, now: Timestamp, past: u64) -> Result<(), Refusal> {
    /// Seconds that a service's clock may be ahead of ours.
    const AHEAD_MAX: u64 = 300;
    let (age, ahead) = (now.since(at).as_secs(), at.since(now).as_secs());
    if age > past || ahead > AHEAD_MAX { Err(Refusal::Stale) } else { Ok(()) }
}
