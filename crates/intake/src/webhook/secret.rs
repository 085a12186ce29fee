//! A secret that the caller shows: for services that don't sign.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::{Refusal, Request};
use crate::unsubscribe::percent_decode;

/// The header that a secret may come in, for services that let the operator set headers.
const HEADER: &str = "x-webhook-secret";
/// The query parameter, for services that know nothing but a URL.
const PARAMETER: &str = "secret";
/// Longest text that is compared, in bytes.
const LENGTH_MAX: usize = 1024;

/// Digests of the secrets of an endpoint.
pub(crate) struct Secrets(Vec<[u8; 32]>);

impl Secrets {
    pub fn new(secrets: &[String]) -> Self {
        Self(secrets.iter().map(|secret| digest(secret.trim())).collect())
    }

    /// Whether the request shows one: as the password of basic authentication (or all of `user:password`), as a bearer
    /// token, in the header, or in the query.
    pub fn admit(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let mut shown = Vec::new();
        if let Some((scheme, rest)) = request.header("authorization").and_then(|value| value.split_once(' '))
        {
            let rest = rest.trim();
            if scheme.eq_ignore_ascii_case("bearer") {
                shown.push(rest.to_owned());
            } else if scheme.eq_ignore_ascii_case("basic") && rest.len() <= LENGTH_MAX {
                let pair = BASE64.decode(rest.as_bytes()).ok().and_then(|pair| String::from_utf8(pair).ok());
                let pair = pair.unwrap_or_default();
                shown.extend(pair.split_once(':').map(|(_, password)| password.to_owned()));
                shown.push(pair);
            }
        }
        shown.extend(request.header(HEADER).map(str::to_owned));
        let parameters = request.query.split('&').filter_map(|pair| pair.split_once('='));
        shown.extend(
            parameters
                .filter(|(name, _)| *name == PARAMETER)
                .filter_map(|(_, value)| percent_decode(value.as_bytes())),
        );
        if shown.is_empty() {
            return Err(Refusal::Unsigned("secret"));
        }
        let fits = shown.iter().filter(|text| text.len() <= LENGTH_MAX).any(|text| self.holds(text));
        if fits { Ok(()) } else { Err(Refusal::Forged("secret")) }
    }

    /// Compares digests, each to the end: the time that it takes tells nothing about a secret.
    pub fn holds(&self, text: &str) -> bool {
        let given = digest(text);
        self.0.iter().fold(Choice::from(0), |found, secret| found | secret.ct_eq(&given)).into()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
