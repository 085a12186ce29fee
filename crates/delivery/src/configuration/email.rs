//! What is email's own in a channel configuration.

use serde::Deserialize;

use super::{RawConfiguration, Wrong};
use crate::dkim::DkimConfig;
use crate::mailbox::Mailbox;
use crate::smtp::TransportConfig;

/// The List-Unsubscribe header field (RFC 2369, RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListUnsubscribe {
    /// The HTTPS link with one-click.
    pub url: bool,
    /// The mail address `u.TOKEN@`, in front of the link.
    pub mailto: bool,
    /// The domain of that mail address; that of bounces if absent.
    pub mailto_domain: Option<String>,
}

impl Default for ListUnsubscribe {
    fn default() -> Self {
        Self { url: true, mailto: false, mailto_domain: None }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(DkimConfig),
    More(Vec<DkimConfig>),
}

/// What is email's own in a channel configuration.
#[derive(Debug, Clone)]
pub struct EmailConfiguration {
    /// Header From.
    pub from: Mailbox,
    /// Header Reply-To.
    pub reply_to: Option<Mailbox>,
    /// DKIM keys, none to two.
    pub dkim: Vec<DkimConfig>,
    /// What List-Unsubscribe holds.
    pub list_unsubscribe: ListUnsubscribe,
    /// Domain of the envelope sender `b.TOKEN@`.
    pub bounce_domain: String,
    /// SenderId of Feedback-ID: 5 to 15 characters, the same for all mail of a brand.
    pub feedback_id: Option<String>,
    /// The relay.
    pub transport: TransportConfig,
}

impl EmailConfiguration {
    /// The domain of the mail address in List-Unsubscribe, if there is one.
    pub fn mailto_domain(&self) -> Option<&str> {
        let ListUnsubscribe { mailto, mailto_domain, .. } = &self.list_unsubscribe;
        mailto.then(|| mailto_domain.as_deref().unwrap_or(&self.bounce_domain))
    }
}

impl RawConfiguration<TransportConfig> {
    pub(super) fn email(&self) -> Result<EmailConfiguration, Wrong> {
        if self.sender_type.is_some() {
            return Err(("sender_type", "is for texts".to_owned()));
        }
        let mailbox = |key, text: &str| {
            Mailbox::parse(text)
                .map_err(|error| (key, format!("{error}; write it as `Name <news@example.com>`")))
        };
        let from = mailbox("from", &self.from)?;
        let dkim = match self.dkim.clone() {
            None => Vec::new(),
            Some(OneOrMore::One(one)) => vec![one],
            Some(OneOrMore::More(more)) if more.len() <= 2 => more,
            Some(OneOrMore::More(_)) => return Err(("dkim", "name at most two keys".to_owned())),
        };
        check_feedback_id(self.feedback_id.as_deref())?;
        let bounce_domain = self.bounce_domain.as_deref().map(domain).transpose();
        let bounce_domain = bounce_domain.map_err(|problem| ("bounce_domain", problem))?;
        let bounce_domain = bounce_domain.unwrap_or_else(|| from.domain().to_owned());
        let mut list_unsubscribe = self.list_unsubscribe.clone().unwrap_or_default();
        if let Some(text) = &list_unsubscribe.mailto_domain {
            const KEY: &str = "list_unsubscribe.mailto_domain";
            if !list_unsubscribe.mailto {
                return Err((KEY, "says nothing without `mailto = true`".to_owned()));
            }
            list_unsubscribe.mailto_domain = Some(domain(text).map_err(|problem| (KEY, problem))?);
        }
        Ok(EmailConfiguration {
            reply_to: self.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?,
            from,
            dkim,
            list_unsubscribe,
            bounce_domain,
            feedback_id: self.feedback_id.clone(),
            transport: self.transport.clone(),
        })
    }
}

fn check_feedback_id(id: Option<&str>) -> Result<(), Wrong> {
    let fits = |id: &str| {
        (5..=15).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let problem = "use 5 to 15 of the characters a-z, A-Z, 0-9, `_`, `-`";
    if id.is_none_or(fits) { Ok(()) } else { Err(("feedback_id", problem.to_owned())) }
}

fn domain(text: &str) -> Result<String, String> {
    let address = consent::Address::email(&format!("a@{text}"));
    address.map(|address| address.domain().to_owned()).map_err(|_| "must be a domain name".to_owned())
}
