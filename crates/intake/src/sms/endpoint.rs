//! One configured receiver.

use std::fmt;
use std::str::FromStr;

use consent::WorkspaceId;

use super::custom::{Custom, Fields};
use super::event::Events;
use super::form::{FORM, JSON};
use super::{
    BODY_LENGTH_MAX, UNSIGNED_LENGTH_MAX, bandwidth, google, infobip, meta, sinch, telnyx, twilio, vonage,
};
use crate::webhook::endpoint::{NAME_LENGTH_MAX, SECRET_LENGTH_MIN, any_short, is_name};
use crate::webhook::secret::Secrets;
use crate::webhook::{Refusal, Request};

/// Whose webhook it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each name says it")]
pub enum Provider {
    Twilio,
    Sinch,
    Infobip,
    Telnyx,
    Vonage,
    Bandwidth,
    /// WhatsApp's own, of Meta's Cloud API.
    Meta,
    /// RCS Business Messaging's own.
    Google,
    /// One whose fields are configured.
    Custom,
}

impl Provider {
    const ALL: [Self; 9] = [
        Self::Twilio,
        Self::Sinch,
        Self::Infobip,
        Self::Telnyx,
        Self::Vonage,
        Self::Bandwidth,
        Self::Meta,
        Self::Google,
        Self::Custom,
    ];

    /// Its name in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Sinch => "sinch",
            Self::Infobip => "infobip",
            Self::Telnyx => "telnyx",
            Self::Vonage => "vonage",
            Self::Bandwidth => "bandwidth",
            Self::Meta => "meta",
            Self::Google => "google",
            Self::Custom => "custom",
        }
    }

    /// Whether what is said back goes out within the answer to the webhook.
    pub const fn answers_at_once(self) -> bool {
        matches!(self, Self::Twilio)
    }
}

impl FromStr for Provider {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Self, SetupError> {
        let named = Self::ALL.into_iter().find(|provider| provider.as_str() == text);
        named.ok_or(SetupError::Provider)
    }
}

/// What a receiver is made of.
#[derive(Clone, Default)]
pub struct Setup {
    /// Its name, as in its path and in the source of what it tells: `a-z`, `0-9`, `-` and `_`, at most 48.
    pub name: String,
    /// What its requests are verified with: the auth token of Twilio, the webhook secret of Sinch, the public key of Telnyx,
    /// the signature secret of Vonage, the app secret of Meta, the client token of Google, a secret of the operator's for the
    /// others. Several while one is being replaced.
    pub secrets: Vec<String>,
    /// Twilio: the webhook's public address, which is signed.
    pub url: String,
    /// Meta: what a new subscription is checked by.
    pub verify_token: Option<String>,
    /// Custom: where the fields stand.
    pub fields: Option<Fields>,
}

/// Why a receiver can't be made. The messages name the key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// An unknown provider.
    #[error("`provider` is twilio, sinch, infobip, telnyx, vonage, bandwidth, meta, google or custom")]
    Provider,
    /// A name that can't stand in a path.
    #[error("`name` is made of a-z, 0-9, - and _, and has at most {NAME_LENGTH_MAX}")]
    Name,
    /// Anybody could call it.
    #[error("`secret` is missing: a receiver without one would let anybody opt anybody out")]
    NoSecret,
    /// One that can be guessed.
    #[error("`secret` has fewer than {SECRET_LENGTH_MIN} characters")]
    ShortSecret,
    /// Telnyx's key.
    #[error("`secret` is no public key of Telnyx's: base64 of 32 bytes")]
    Key,
    /// Twilio signs the address.
    #[error("`url` is missing: Twilio signs the public address of the webhook, as https://…/sms/NAME")]
    NoUrl,
    /// Custom without its paths.
    #[error("`fields.{0}` is missing: a custom provider's field for it")]
    NoField(&'static str),
    /// A key that means nothing for this provider.
    #[error("`{0}` means nothing for this provider")]
    Needless(&'static str),
}

/// What a verified request asks for.
#[derive(Debug)]
pub enum Reception {
    /// Take these, then answer 2xx.
    Events(Events),
    /// Answer with this secret, by which Google learns that the webhook is its owner's.
    Secret(String),
}

/// One configured receiver.
pub struct Endpoint {
    name: String,
    provider: Provider,
    workspace: WorkspaceId,
    proof: Proof,
}

/// How requests prove where they come from.
enum Proof {
    Twilio(twilio::Keys),
    Sinch(sinch::Keys),
    Telnyx(telnyx::Keys),
    Vonage(vonage::Keys),
    Meta(meta::Keys),
    Google(google::Keys),
    Custom(Box<Custom>),
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
    /// Checks what is configured: without what it takes to verify a request there is no receiver.
    pub fn new(provider: Provider, workspace: WorkspaceId, setup: Setup) -> Result<Self, SetupError> {
        let Setup { name, secrets, url, verify_token, fields } = setup;
        if !is_name(&name) {
            return Err(SetupError::Name);
        }
        if secrets.is_empty() {
            return Err(SetupError::NoSecret);
        }
        let token_short = verify_token.as_ref().is_some_and(|token| any_short(std::slice::from_ref(token)));
        if any_short(&secrets) || token_short {
            return Err(SetupError::ShortSecret);
        }
        if provider != Provider::Meta && verify_token.is_some() {
            return Err(SetupError::Needless("verify_token"));
        }
        if provider != Provider::Custom && fields.is_some() {
            return Err(SetupError::Needless("fields"));
        }
        let proof = match provider {
            Provider::Twilio if !url.starts_with("http://") && !url.starts_with("https://") => {
                return Err(SetupError::NoUrl);
            }
            Provider::Twilio => Proof::Twilio(twilio::Keys::new(&secrets, &url)),
            Provider::Sinch => Proof::Sinch(sinch::Keys::new(&secrets)),
            Provider::Telnyx => Proof::Telnyx(telnyx::Keys::new(&secrets)?),
            Provider::Vonage => Proof::Vonage(vonage::Keys::new(&secrets)),
            Provider::Meta => Proof::Meta(meta::Keys::new(&secrets, verify_token.as_deref())),
            Provider::Google => Proof::Google(google::Keys::new(&secrets)),
            Provider::Custom => {
                let fields = fields.unwrap_or_default();
                if let Some(missing) = fields.missing() {
                    return Err(SetupError::NoField(missing));
                }
                Proof::Custom(Box::new(Custom::new(&secrets, fields)))
            }
            Provider::Infobip | Provider::Bandwidth => Proof::Secret(Secrets::new(&secrets)),
        };
        Ok(Self { name, provider, workspace, proof })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose it is.
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// Longest body that is read, in bytes. Where the body must be read into its fields before its signature can be checked,
    /// it holds one text or receipt.
    pub const fn body_length_max(&self) -> usize {
        match self.provider {
            Provider::Twilio | Provider::Vonage | Provider::Google => UNSIGNED_LENGTH_MAX,
            _ => BODY_LENGTH_MAX,
        }
    }

    /// Where its events belong.
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// `sms:NAME`.
    pub fn source(&self) -> String {
        format!("sms:{}", self.name)
    }

    /// Refuses what can be refused without its body, so that nobody sends a megabyte for nothing.
    pub fn admit(&self, request: &Request<'_>) -> Result<(), Refusal> {
        match &self.proof {
            Proof::Twilio(_) => twilio::admit(request)?,
            Proof::Sinch(keys) => sinch::admit(keys, request)?,
            Proof::Telnyx(_) => telnyx::admit(request)?,
            Proof::Meta(_) => meta::admit(request)?,
            Proof::Custom(custom) => custom.admit(request)?,
            Proof::Secret(secrets) => secrets.admit(request)?,
            // Their proof is, or may be, in the body.
            Proof::Vonage(_) | Proof::Google(_) => {}
        }
        let content_type = request.content_type();
        let forms = matches!(self.provider, Provider::Twilio | Provider::Vonage | Provider::Custom);
        let known = content_type == JSON || forms && content_type == FORM;
        let plain = request.header("content-encoding").is_none_or(|encoding| encoding == "identity");
        if known && plain { Ok(()) } else { Err(Refusal::ContentType) }
    }

    /// What a GET is answered with by which Meta checks a new subscription; `None` where there is no such thing. Changes
    /// nothing (I4).
    pub fn challenge(&self, request: &Request<'_>) -> Result<Option<String>, Refusal> {
        match &self.proof {
            Proof::Meta(keys) => keys.challenge(request).map(Some),
            _ => Ok(None),
        }
    }

    /// Verifies a request and reads what it says.
    pub fn receive(&self, request: &Request<'_>) -> Result<Reception, Refusal> {
        self.admit(request)?;
        if request.body.len() > self.body_length_max() {
            return Err(Refusal::TooLarge);
        }
        let mut events = Events::default();
        match &self.proof {
            Proof::Twilio(keys) => twilio::receive(keys, &mut events, request)?,
            Proof::Sinch(keys) => sinch::receive(keys, &mut events, request)?,
            Proof::Telnyx(keys) => telnyx::receive(keys, &mut events, request)?,
            Proof::Vonage(keys) => vonage::receive(keys, &mut events, request)?,
            Proof::Meta(keys) => meta::receive(keys, &mut events, request)?,
            Proof::Google(keys) => {
                if let Some(secret) = google::receive(keys, &mut events, request)? {
                    return Ok(Reception::Secret(secret));
                }
            }
            Proof::Custom(custom) => custom.receive(&mut events, request)?,
            Proof::Secret(_) if self.provider == Provider::Bandwidth => {
                bandwidth::receive(&mut events, request)?;
            }
            Proof::Secret(_) => infobip::receive(&mut events, request)?,
        }
        Ok(Reception::Events(events.finish()?))
    }
}
