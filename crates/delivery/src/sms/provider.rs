//! The providers, and what they have in common.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;
use wire::http::{
    Body, HttpAnswer, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use wire::secret::Secret;

use super::answer::{Meaning, SmsOutcome};
use super::config::SmsTransportConfig;
use super::{custom, infobip, sinch, telnyx, twilio, vonage};

/// A provider of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Twilio, and WhatsApp through it.
    Twilio,
    /// Sinch (REST interface for SMS).
    Sinch,
    /// Infobip.
    Infobip,
    /// Telnyx.
    Telnyx,
    /// Vonage (SMS interface).
    Vonage,
    /// One whose requests are described in the configuration.
    Http,
}

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

impl Provider {
    /// Where the interface is; `None`: there is no address for everybody.
    pub(super) fn url(self) -> Option<&'static str> {
        match self {
            Self::Twilio => Some("https://api.twilio.com"),
            Self::Sinch => Some("https://us.sms.api.sinch.com"),
            Self::Telnyx => Some("https://api.telnyx.com"),
            Self::Vonage => Some("https://rest.nexmo.com"),
            Self::Infobip | Self::Http => None,
        }
    }

    pub(super) fn needs_account(self) -> bool {
        matches!(self, Self::Twilio | Self::Sinch | Self::Vonage)
    }

    /// Its name in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Sinch => "sinch",
            Self::Infobip => "infobip",
            Self::Telnyx => "telnyx",
            Self::Vonage => "vonage",
            Self::Http => "http",
        }
    }
}

impl Access {
    pub(super) fn account(&self) -> &str {
        self.config.account.as_deref().unwrap_or_default()
    }

    /// The request that sends a text; `None` if it can't be made of these settings.
    pub(super) fn request(&self, text: &OutText<'_>) -> Option<Request<Body>> {
        match self.config.provider {
            Provider::Twilio => twilio::request(self, text),
            Provider::Sinch => sinch::request(self, text),
            Provider::Infobip => infobip::request(self, text),
            Provider::Telnyx => telnyx::request(self, text),
            Provider::Vonage => vonage::request(self, text),
            Provider::Http => custom::request(self, self.config.http.as_ref()?, text),
        }
    }

    /// What an answer says of the text.
    pub(super) fn read(&self, answer: &HttpAnswer) -> SmsOutcome {
        match (self.config.provider, &self.config.http) {
            (Provider::Twilio, _) => twilio::read(answer),
            (Provider::Sinch, _) => sinch::read(answer),
            (Provider::Infobip, _) => infobip::read(answer),
            (Provider::Telnyx, _) => telnyx::read(answer),
            (Provider::Vonage, _) => vonage::read(answer),
            (Provider::Http, Some(custom)) => custom::read(custom, answer),
            // Not made so: the configuration is checked.
            (Provider::Http, None) => SmsOutcome::InDoubt(super::SmsError::Unreadable),
        }
    }

    /// What a code of the provider's says of the number.
    pub(super) fn means(&self, code: &str) -> Option<Meaning> {
        match self.config.provider {
            Provider::Twilio => twilio::means(code),
            Provider::Sinch => None,
            Provider::Infobip => infobip::means(code),
            Provider::Telnyx => telnyx::means(code),
            Provider::Vonage => vonage::means(code),
            Provider::Http => self.config.http.as_ref().and_then(|custom| custom::means(custom, code)),
        }
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
