//! What it takes to ask a provider, and what their requests have in common.

use data_encoding::BASE64;
use serde_json::Value;
use wire::http::{
    Body, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use wire::secret::Secret;

use super::answer::SmsError;
use super::config::SmsTransportConfig;
use super::provider::Provider;

/// One text to send.
#[derive(Clone, Copy)]
pub struct OutText<'a> {
    /// The number, as E.164 with `+`.
    pub to: &'a str,
    /// The sender, in the form in which blocks are kept: `+15005550006`, `12345`, `Shop`, `whatsapp:+15005550006`.
    pub from: &'a str,
    /// What it says.
    pub body: &'a str,
    /// What receipts bring back, from providers that have a field for it; empty for nothing.
    pub reference: &'a str,
    /// Where receipts are sent.
    pub callback: Option<&'a str>,
}

impl OutText<'_> {
    /// Where receipts are sent, with the reference in the address: for providers that have no field for it.
    pub(super) fn referring_callback(&self) -> Option<String> {
        self.callback.map(|url| format!("{url}?t={}", self.reference))
    }
}

/// Account and secret, and where the interface is.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) config: SmsTransportConfig,
    pub(super) secret: Secret,
    /// Without a trailing slash.
    pub(super) base: String,
}

impl Access {
    /// Checks the configuration and reads the secret that it names.
    pub(super) fn of(config: SmsTransportConfig) -> Result<Self, SmsError> {
        config.check().map_err(|(key, problem)| SmsError::Config(key, problem))?;
        let url = config.url.as_deref().or(config.provider.url()).unwrap_or_default();
        // A provider of one's own has the whole address; the others' paths are put behind it.
        let own = config.provider == Provider::Http;
        let base = if own { url } else { url.trim_end_matches('/') }.to_owned();
        let secret = config.read_secret()?;
        Ok(Self { config, secret, base })
    }

    pub(super) fn account(&self) -> &str {
        self.config.account.as_deref().unwrap_or_default()
    }

    /// A request with a JSON body.
    pub(super) fn json(&self, path: &str, auth: &str, body: &Value) -> Option<Request<Body>> {
        let request = Request::post(self.path(path))
            .header(CONTENT_TYPE, "application/json")
            .header("accept", "application/json")
            .header(AUTHORIZATION, format!("{auth} {}", self.secret.expose()));
        request.body(Body::from(body.to_string())).ok()
    }

    /// A request with a form, with basic authentication if so asked.
    pub(super) fn form(&self, path: &str, basic: bool, fields: &[(&str, &str)]) -> Option<Request<Body>> {
        let mut request = Request::post(self.path(path))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        if basic {
            let pair = format!("{}:{}", self.account(), self.secret.expose());
            request = request.header(AUTHORIZATION, format!("Basic {}", BASE64.encode(pair.as_bytes())));
        }
        request.body(Body::from(serde_urlencoded::to_string(fields).ok()?)).ok()
    }

    /// A path of the interface, below whatever path its address has.
    pub(super) fn path(&self, path: &str) -> String {
        let after = self.base.split_once("://").map_or("", |(_, rest)| rest);
        let prefix = after.find('/').map_or("", |at| &after[at..]);
        match format!("{prefix}{path}") {
            path if path.is_empty() => "/".to_owned(),
            path => path,
        }
    }
}

/// A number without its `+`, as some providers want it; other senders as they are.
pub(super) fn digits(text: &str) -> &str {
    text.strip_prefix('+').unwrap_or(text)
}
