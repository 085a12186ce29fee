//! Whether the DKIM signatures of a delivered message verify (RFC 6376), and what they cover.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use mail_auth::common::crypto::Algorithm;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::{DomainKey, VerifySignature as _};
use mail_auth::dkim::DkimError;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsError, Error, MessageAuthenticator, Parameters, ResolverCache, Txt,
};

use super::keys::{DkimKeys, FoundKey, InDns, KeySource};
use crate::dkim::DkimConfig;

/// One `DKIM-Signature` of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The signing domain, `d=`.
    pub domain: String,
    /// The selector, `s=`.
    pub selector: String,
    /// `a=`.
    pub algorithm: &'static str,
    /// The header fields under it, `h=`, in lower case.
    pub covers: Vec<String>,
    /// Why it doesn't verify; `None` if it does.
    pub problem: Option<String>,
    /// Where the key was found.
    pub key: Option<KeySource>,
    /// What DNS says about the key.
    pub in_dns: InDns,
}

impl Signature {
    /// Whether it verifies.
    pub fn is_valid(&self) -> bool {
        self.problem.is_none()
    }

    /// Whether a header field is under it.
    pub fn covers(&self, name: &str) -> bool {
        self.covers.iter().any(|covered| covered.eq_ignore_ascii_case(name))
    }

    /// Whether mailbox providers take the header's one-click on its word (RFC 8058 section 4).
    pub fn vouches_for_one_click(&self) -> bool {
        self.is_valid()
            && self.in_dns != InDns::Missing
            && self.covers("List-Unsubscribe")
            && self.covers("List-Unsubscribe-Post")
    }
}

/// Verifies the signatures of a message with CRLF line ends. `own` are the keys that may have made them.
pub async fn verify(raw: &[u8], keys: &DkimKeys, own: &[DkimConfig]) -> Vec<Signature> {
    let Some(message) = AuthenticatedMessage::parse(raw) else { return Vec::new() };
    let mut records = HashMap::new();
    let mut found = Vec::new();
    for header in &message.dkim_headers {
        let name = header.header.domain_key();
        let key = keys.find(&name, own).await;
        let parsed = key.record.as_ref().map(|(record, _)| DomainKey::parse(record.as_bytes()));
        let parsed = parsed.unwrap_or(Err(Error::Dns(DnsError::InvalidRecordType)));
        records.insert(
            name.into_boxed_str(),
            parsed.map_or_else(Txt::Error, |key| Txt::DomainKey(Arc::new(key))),
        );
        found.push(key);
    }
    // Every key is found above, so that nobody is asked; the servers that it would ask matter to nobody.
    let Ok(authenticator) = MessageAuthenticator::new_quad9() else { return Vec::new() };
    let records = Records(records);
    let parameters = Parameters::new(&message).with_txt_cache(&records);
    let outputs = authenticator.verify_dkim(parameters).await;
    let outputs = outputs.iter().filter_map(|output| Some((output.signature()?, output.result())));
    let name = |algorithm| match algorithm {
        Algorithm::Ed25519Sha256 => "ed25519-sha256",
        Algorithm::RsaSha256 => "rsa-sha256",
        Algorithm::RsaSha1 => "rsa-sha1",
    };
    let read = |((signature, result), key): ((&mail_auth::dkim::Signature, &DkimResult), FoundKey)| {
        let source = key.record.map(|(_, source)| source);
        Signature {
            domain: signature.d.clone(),
            selector: signature.s.clone(),
            algorithm: name(signature.a),
            covers: signature.h.iter().map(|name| name.to_ascii_lowercase()).collect(),
            problem: problem(result, source.is_some()),
            key: source,
            in_dns: key.in_dns,
        }
    };
    outputs.zip(found).map(read).collect()
}

fn problem(result: &DkimResult, has_key: bool) -> Option<String> {
    let error = match result {
        DkimResult::Pass => return None,
        DkimResult::None => return Some("is none".to_owned()),
        _ if !has_key => return Some("can't be verified: its key isn't found".to_owned()),
        DkimResult::Neutral(error)
        | DkimResult::Fail(error)
        | DkimResult::PermError(error)
        | DkimResult::TempError(error) => error,
    };
    Some(match error {
        Error::Dkim(DkimError::FailedBodyHashMatch) => {
            "doesn't match: the body was changed after signing".to_owned()
        }
        Error::Crypto(_) => {
            "doesn't match: a signed header field was changed after signing, or the key is another".to_owned()
        }
        Error::Dkim(DkimError::SignatureExpired) => "has expired".to_owned(),
        other => format!("doesn't verify: {other}"),
    })
}

/// The keys that were found, in the place of a cache.
struct Records(HashMap<Box<str>, Txt>);

impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let known = self.0.get(name).cloned();
        known.or(Some(Txt::Error(Error::Dns(DnsError::InvalidRecordType))))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: std::time::Instant) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vouching_takes_both_fields_and_a_key_that_receivers_find() {
        let signature = Signature {
            domain: "b.example".to_owned(),
            selector: "s1".to_owned(),
            algorithm: "rsa-sha256",
            covers: vec!["list-unsubscribe".to_owned(), "list-unsubscribe-post".to_owned()],
            problem: None,
            key: Some(KeySource::Dns),
            in_dns: InDns::There,
        };
        assert!(signature.vouches_for_one_click());
        let missing = Signature { in_dns: InDns::Missing, ..signature.clone() };
        let broken = Signature { problem: Some("doesn't match".to_owned()), ..signature.clone() };
        let half = Signature { covers: vec!["list-unsubscribe".to_owned()], ..signature };
        assert!([missing, broken, half].iter().all(|signature| !signature.vouches_for_one_click()));
    }
}
