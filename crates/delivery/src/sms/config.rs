//! How a provider is configured, and what of it is refused.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use wire::http::check_public_url;
use wire::secret::Secret;

use super::answer::SmsError;
use super::provider::Provider;

/// Most connections that one transport may be told to keep.
const CONNECTIONS_LIMIT: usize = 64;
/// Longest account or secret in bytes.
const CREDENTIAL_BYTES_MAX: usize = 4096;
/// Most headers of a provider of one's own.
const HEADERS_MAX: usize = 20;

/// One provider, as it stands in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsTransportConfig {
    /// Whose interface.
    pub provider: Provider,
    /// Twilio's account SID, Sinch's service plan id, Vonage's API key; with Telnyx the messaging profile, which senders
    /// that are names need.
    #[serde(default)]
    pub account: Option<String>,
    /// Name of the secret: Twilio's auth token, Vonage's API secret, otherwise the API key.
    #[serde(default, rename = "secret")]
    pub secret_name: Option<String>,
    /// Environment variable that holds the secret: Twilio's auth token, Vonage's API secret, otherwise the API key.
    #[serde(default)]
    #[schemars(skip)]
    pub secret_env: Option<String>,
    /// File that holds the secret; one line end after it is cut off.
    #[serde(default)]
    #[schemars(skip)]
    pub secret_file: Option<PathBuf>,
    /// The secret itself, for callers that have it. It can't come from the configuration file.
    #[serde(skip)]
    pub secret: Option<Secret>,
    /// Address of the interface; the provider's if absent. With a provider of one's own the whole address.
    #[serde(default)]
    pub url: Option<String>,
    /// Texts per second from this sender, over all connections and nodes; none: no limit.
    #[serde(default)]
    pub per_second: Option<NonZeroU32>,
    /// Most connections at a time.
    #[serde(default = "default_connections")]
    pub connections: usize,
    /// How long an answer may take, in seconds.
    #[serde(default = "default_answer_seconds")]
    pub answer_seconds: NonZeroU32,
    /// The section of the server's file that takes receipts and replies.
    #[serde(default)]
    pub receiver: Option<String>,
    /// Name of the secret that is a PEM file with the authorities to trust in place of the built-in ones.
    #[serde(default)]
    pub ca: Option<String>,
    /// PEM file with the authorities to trust in place of the built-in ones.
    #[serde(default)]
    #[schemars(skip)]
    pub ca_file: Option<PathBuf>,
    /// With a provider of one's own: what is sent, and how answers are read.
    #[serde(default)]
    pub http: Option<CustomConfig>,
}

/// A provider that isn't known here. In texts of headers and body `{to}`, `{from}`, `{text}`, `{reference}`, `{callback}`,
/// `{account}` and `{secret}` stand for what they say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomConfig {
    /// `POST` or `PUT`.
    #[serde(default = "default_method")]
    pub method: String,
    /// Header fields.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, whose texts are filled in.
    pub body: Value,
    /// Send the body's members as a form, not as JSON.
    #[serde(default)]
    pub form: bool,
    /// Where the text's id stands in the answer, as a JSON pointer.
    #[serde(default)]
    pub id: String,
    /// Where the error code stands, as a JSON pointer; a text that was taken has none there, or one of `accepted`.
    #[serde(default)]
    pub code: String,
    /// Where the words about the error stand, as a JSON pointer.
    #[serde(default)]
    pub message: String,
    /// Codes of texts that were taken.
    #[serde(default)]
    pub accepted: Vec<String>,
    /// Codes that mean: this number has opted out with the provider.
    #[serde(default)]
    pub opted_out: Vec<String>,
    /// Codes that mean: this is no number that can be texted.
    #[serde(default)]
    pub invalid: Vec<String>,
}

fn default_connections() -> usize {
    8
}

fn default_answer_seconds() -> NonZeroU32 {
    const { NonZeroU32::new(30).expect("30 is not zero") }
}

fn default_method() -> String {
    "POST".to_owned()
}

impl SmsTransportConfig {
    /// Checks what the types don't; the key and what to do.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if !(1..=CONNECTIONS_LIMIT).contains(&self.connections) {
            return Err(("transport.connections", "must be 1 to 64"));
        }
        if self.account.is_none() && self.provider.needs_account() {
            return Err(("transport.account", "is missing; name the provider's id of your account"));
        }
        if self.account.as_deref().is_some_and(|account| !is_name(account, CREDENTIAL_BYTES_MAX)) {
            return Err(("transport.account", "must be letters, digits, `-` and `_`"));
        }
        match (&self.url, self.provider.url()) {
            (None, None) => return Err(("transport.url", "is missing; name the address of the interface")),
            (Some(url), _) => self.check_url(url)?,
            (None, Some(_)) => {}
        }
        // It becomes part of an address.
        if self.receiver.as_deref().is_some_and(|name| !is_name(name, 64)) {
            return Err((
                "transport.receiver",
                "must be the name of a receiver: letters, digits, `-` and `_`",
            ));
        }
        let custom = self.provider == Provider::Http;
        match &self.http {
            Some(_) if !custom => Err(("transport.http", "is for provider = \"http\"")),
            None if custom => Err(("transport.http", "is missing; say what is sent")),
            Some(http) => http.check(),
            None => Ok(()),
        }
    }

    fn check_url(&self, url: &str) -> Result<(), (&'static str, &'static str)> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        if check_public_url(address).is_err() {
            return Err(("transport.url", "must be an https:// address; http:// is for loopback only"));
        }
        let plain = query.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if plain && (query.is_empty() || self.provider == Provider::Http) {
            return Ok(());
        }
        Err(("transport.url", "must have no query; only a provider of your own may"))
    }

    /// The secret; reads the variable or file.
    pub(super) fn read_secret(&self) -> Result<Secret, SmsError> {
        let sources = [self.secret.is_some(), self.secret_env.is_some(), self.secret_file.is_some()];
        let secret = match sources.into_iter().filter(|&set| set).count() {
            0 if self.provider == Provider::Http => return Ok(Secret::new("")),
            1 => self.secret_source()?,
            _ => {
                return Err(SmsError::Config(
                    "secret, secret_env or secret_file",
                    "must be named, one of them",
                ));
            }
        };
        let fits = |s: &str| {
            !s.is_empty() && s.len() <= CREDENTIAL_BYTES_MAX && s.bytes().all(|b| b.is_ascii_graphic())
        };
        if !fits(secret.expose()) {
            return Err(SmsError::Config("the secret", "must be visible ASCII characters, and not too many"));
        }
        Ok(secret)
    }

    fn secret_source(&self) -> Result<Secret, SmsError> {
        if let Some(secret) = &self.secret {
            return Ok(secret.clone());
        }
        if let Some(variable) = &self.secret_env {
            return std::env::var(variable)
                .map(Secret::new)
                .map_err(|_| SmsError::SecretVariable(variable.clone()));
        }
        let path = self.secret_file.as_deref().unwrap_or(std::path::Path::new(""));
        let text = std::fs::read_to_string(path).map_err(|error| SmsError::SecretFile(error.kind()))?;
        Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
    }
}

impl CustomConfig {
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if !matches!(&*self.method, "POST" | "PUT") {
            return Err(("transport.http.method", "must be POST or PUT"));
        }
        let plain = |(name, value): (&String, &String)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && value.bytes().all(|b| (b' '..=b'~').contains(&b))
        };
        if self.headers.len() > HEADERS_MAX || !self.headers.iter().all(plain) {
            return Err(("transport.http.headers", "must be at most 20 header fields of plain ASCII"));
        }
        let flat = |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
        if self.form && !flat(&self.body) {
            return Err(("transport.http.body", "must be a table of texts where form = true"));
        }
        if [&self.id, &self.code, &self.message]
            .into_iter()
            .any(|path| !path.is_empty() && !path.starts_with('/'))
        {
            return Err(("transport.http", "id, code and message are JSON pointers, such as /error/code"));
        }
        Ok(())
    }
}

fn is_name(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
