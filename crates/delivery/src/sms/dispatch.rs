//! Which provider's words are spoken.

use wire::http::{Body, HttpAnswer, Request};

use super::access::{Access, OutText};
use super::answer::{Meaning, SmsError, SmsOutcome};
use super::provider::Provider;
use super::{custom, infobip, sinch, telnyx, twilio, vonage};

impl Access {
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
            (Provider::Http, None) => SmsOutcome::InDoubt(SmsError::Unreadable),
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
}
