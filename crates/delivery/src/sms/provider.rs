//! The providers.

use schemars::JsonSchema;
use serde::Deserialize;

/// How senders by WhatsApp are written.
pub(crate) const WHATSAPP: &str = "whatsapp:";

/// A provider of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
