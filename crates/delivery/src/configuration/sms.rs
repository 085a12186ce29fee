//! What is the own of texts in a channel configuration.

use consent::Channel;
use consent::sms::Sender;

use super::{RawConfiguration, Wrong};
use crate::sms::{Provider, SmsTransportConfig, WHATSAPP};

/// What is the own of texts in a channel configuration.
#[derive(Debug, Clone)]
pub struct SmsConfiguration {
    /// [`Channel::Sms`] or [`Channel::WhatsApp`].
    pub channel: Channel,
    /// The number, short code, name or pool that they come from.
    pub from: Sender,
    /// The sender as blocks are kept for it: its text, after `whatsapp:` where that is the channel.
    pub sender: String,
    /// The provider.
    pub transport: SmsTransportConfig,
}

impl RawConfiguration<SmsTransportConfig> {
    pub(super) fn sms(&self) -> Result<SmsConfiguration, Wrong> {
        let of_email = [
            ("reply_to", self.reply_to.is_some()),
            ("dkim", self.dkim.is_some()),
            ("list_unsubscribe", self.list_unsubscribe.is_some()),
            ("bounce_domain", self.bounce_domain.is_some()),
            ("feedback_id", self.feedback_id.is_some()),
        ];
        if let Some((key, _)) = of_email.into_iter().find(|(_, set)| *set) {
            return Err((key, "is for email; leave it out".to_owned()));
        }
        let whatsapp = self.channel == "whatsApp";
        let text = match (self.from.strip_prefix(WHATSAPP), whatsapp) {
            (None, false) => &*self.from,
            (Some(number), true) => number,
            (None, true) => return Err(("from", "write it as whatsapp:+15005550006".to_owned())),
            (Some(_), false) => return Err(("from", "is for channel = \"whatsApp\"".to_owned())),
        };
        if whatsapp && self.transport.provider != Provider::Twilio {
            let problem = "WhatsApp goes through twilio only; write provider = \"twilio\"";
            return Err(("transport.provider", problem.to_owned()));
        }
        let from = Sender::parse(text, self.sender_type).map_err(|error| ("from", error.to_string()))?;
        let (channel, sender) = if whatsapp {
            (Channel::WhatsApp, format!("{WHATSAPP}{from}"))
        } else {
            (Channel::Sms, from.as_str().to_owned())
        };
        self.transport.check().map_err(|(key, problem)| (key, problem.to_owned()))?;
        Ok(SmsConfiguration { channel, from, sender, transport: self.transport.clone() })
    }
}
