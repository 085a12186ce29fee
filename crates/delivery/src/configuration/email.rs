//! What is email's own in a channel configuration.

use schemars::JsonSchema;
use serde::Deserialize;
use wire::smtp::TransportConfig;

use super::{RawConfiguration, Wrong};
use crate::dkim::DkimConfig;
use crate::external::{ExternalMail, ExternalUrl};
use crate::mailbox::Mailbox;

/// The List-Unsubscribe header field (RFC 2369, RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListUnsubscribe {
    /// Leads here.
    Own {
        /// The HTTPS link with one-click.
        url: bool,
        /// The mail address `u.TOKEN@`, in front of the link.
        mailto: bool,
        /// The domain of that mail address; that of bounces if absent.
        mailto_domain: Option<String>,
    },
    /// Leads to the brand, which tells us by the consent interface. At least one of the two is there.
    External {
        /// Takes the one-click POST.
        url: Option<ExternalUrl>,
        /// Takes the mail, in front of the link.
        mailto: Option<ExternalMail>,
    },
}

impl ListUnsubscribe {
    /// Whether there is an HTTPS link, which one-click needs.
    pub fn has_url(&self) -> bool {
        match self {
            Self::Own { url, .. } => *url,
            Self::External { url, .. } => url.is_some(),
        }
    }
}

/// `list_unsubscribe`, as it stands in the file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawListUnsubscribe {
    /// The HTTPS link with one-click.
    url: Option<bool>,
    /// The mail address `u.TOKEN@`, in front of the link.
    mailto: Option<bool>,
    /// The domain of that address; that of bounces if absent.
    mailto_domain: Option<String>,
    /// The brand's own, in place of ours.
    external: Option<RawExternal>,
}

/// `list_unsubscribe.external`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RawExternal {
    /// Takes the one-click POST.
    url: Option<String>,
    /// Takes the mail.
    mailto: Option<String>,
}

impl RawListUnsubscribe {
    fn read(&self) -> Result<ListUnsubscribe, Wrong> {
        let Self { url, mailto, mailto_domain, external } = self;
        let Some(external) = external else {
            const KEY: &str = "list_unsubscribe.mailto_domain";
            let mailto = mailto.unwrap_or_default();
            if mailto_domain.is_some() && !mailto {
                return Err((KEY, "says nothing without `mailto = true`".to_owned()));
            }
            let mailto_domain = mailto_domain.as_deref().map(domain).transpose();
            let mailto_domain = mailto_domain.map_err(|problem| (KEY, problem))?;
            return Ok(ListUnsubscribe::Own { url: url.unwrap_or(true), mailto, mailto_domain });
        };
        for (key, given) in [
            ("list_unsubscribe.url", url.is_some()),
            ("list_unsubscribe.mailto", mailto.is_some()),
            ("list_unsubscribe.mailto_domain", mailto_domain.is_some()),
        ] {
            if given {
                return Err((key, "is about ours; with `external` the header holds yours alone".to_owned()));
            }
        }
        let at = |key: &'static str| move |problem: String| (key, problem);
        let url = external.url.as_deref().map(ExternalUrl::parse).transpose();
        let url = url.map_err(at("list_unsubscribe.external.url"))?;
        let mailto = external.mailto.as_deref().map(ExternalMail::parse).transpose();
        let mailto = mailto.map_err(at("list_unsubscribe.external.mailto"))?;
        if url.is_none() && mailto.is_none() {
            return Err(("list_unsubscribe.external", "name `url`, `mailto` or both".to_owned()));
        }
        Ok(ListUnsubscribe::External { url, mailto })
    }
}

/// One DKIM key, or two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// The domain of our mail address in List-Unsubscribe, if there is one.
    pub fn mailto_domain(&self) -> Option<&str> {
        match &self.list_unsubscribe {
            ListUnsubscribe::Own { mailto: true, mailto_domain, .. } => {
                Some(mailto_domain.as_deref().unwrap_or(&self.bounce_domain))
            }
            _ => None,
        }
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
        if dkim.iter().any(|key| key.secret.is_none() && key.key_file.is_none()) {
            return Err(("dkim.secret", "is missing; name the secret that is the private key".to_owned()));
        }
        check_feedback_id(self.feedback_id.as_deref())?;
        let bounce_domain = self.bounce_domain.as_deref().map(domain).transpose();
        let bounce_domain = bounce_domain.map_err(|problem| ("bounce_domain", problem))?;
        let bounce_domain = bounce_domain.unwrap_or_else(|| from.domain().to_owned());
        let list_unsubscribe = self.list_unsubscribe.clone().unwrap_or_default().read()?;
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
