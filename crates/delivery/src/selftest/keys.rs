//! Where the public halves of DKIM keys are found: in DNS, as receivers do, else beside our own private keys.

use std::fmt;

use mail_auth::{DnsError, Error, MessageAuthenticator};

use crate::dkim::{DkimConfig, public_record};

/// Where a key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In DNS, where receivers look.
    Dns,
    /// It is the public half of the configuration's own key.
    Own(String),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns => f.write_str("the key in DNS"),
            Self::Own(place) => write!(f, "the public half of {place}"),
        }
    }
}

/// What DNS says about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InDns {
    /// It wasn't asked.
    NotAsked,
    /// It has a record.
    There,
    /// It has none: no receiver can verify the signature.
    Missing,
    /// No answer: nothing is known.
    Silent,
}

/// A key that was looked for.
pub(super) struct FoundKey {
    pub record: Option<(String, KeySource)>,
    pub in_dns: InDns,
}

/// Finds keys.
pub struct DkimKeys {
    dns: Option<MessageAuthenticator>,
}

impl DkimKeys {
    /// Looks in DNS, if `dns`, by the system's settings.
    pub fn new(dns: bool) -> Self {
        Self { dns: if dns { MessageAuthenticator::new_system_conf().ok() } else { None } }
    }

    /// The key of this name, `SELECTOR._domainkey.DOMAIN`; where DNS has none, the one in `own`.
    pub(super) async fn find(&self, name: &str, own: &[DkimConfig]) -> FoundKey {
        let name = name.trim_end_matches('.');
        let in_dns = match &self.dns {
            None => InDns::NotAsked,
            Some(dns) => match dns.txt_raw_lookup(format!("{name}.")).await {
                Ok(record) if !record.is_empty() => {
                    let record = String::from_utf8_lossy(&record).into_owned();
                    return FoundKey { record: Some((record, KeySource::Dns)), in_dns: InDns::There };
                }
                Ok(_) | Err(Error::Dns(DnsError::RecordNotFound(_))) => InDns::Missing,
                Err(_) => InDns::Silent,
            },
        };
        let is_named = |key: &&DkimConfig| {
            format!("{}._domainkey.{}", key.selector, key.domain).eq_ignore_ascii_case(name)
        };
        let key = own.iter().find(is_named);
        let record = key.and_then(|key| Some((public_record(key).ok()?, KeySource::Own(key.key_place()))));
        FoundKey { record, in_dns }
    }
}

impl fmt::Debug for DkimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKeys").field("dns", &self.dns.is_some()).finish_non_exhaustive()
    }
}
