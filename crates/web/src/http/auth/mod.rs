//! Who calls: the keys of programs, sent as `Authorization: Bearer KEY`, and what each may be used for.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The suppression interface.
    Suppression,
    /// The consent interface: records people's choices.
    Consent,
    /// The decrypt interface: shows whom a link is about.
    Decrypt,
    /// The entries of the ledger, over HTTP.
    Ledger,
}

impl Scope {
    /// `suppression`, `consent`, `decrypt` or `ledger`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suppression => "suppression",
            Self::Consent => "consent",
            Self::Decrypt => "decrypt",
            Self::Ledger => "ledger",
        }
    }
}

/// A key that programs call with. Holds the secret's SHA-256 only.
#[derive(Clone)]
pub struct ApiKey {
    /// Its name, which entries and removals are put down to.
    pub name: String,
    digest: [u8; 32],
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// What `x-api-key` must hold, if it matters.
    pub client_id: Option<String>,
    /// What `x-gw-ims-org-id` must hold, if it matters.
    pub org_id: Option<String>,
    /// What `x-sandbox-name` must hold, if it matters.
    pub sandbox: Option<String>,
}

impl ApiKey {
    /// A key that may be used for `scopes`, whatever the other headers hold.
    pub fn new(name: String, secret: &str, scopes: Vec<Scope>) -> Self {
        let digest = Sha256::digest(secret.as_bytes()).into();
        Self { name, digest, scopes, client_id: None, org_id: None, sandbox: None }
    }
}

/// Why a request isn't let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It brings no key.
    NoKey,
    /// It brings one that isn't known.
    UnknownKey,
    /// Its key isn't for this.
    OtherScope,
    /// Its key goes with another `x-api-key`.
    OtherClient,
    /// Its key goes with another `x-gw-ims-org-id`.
    OtherOrg,
    /// Its key goes with another `x-sandbox-name`.
    OtherSandbox,
}

/// A header's value; nothing, if it isn't there or isn't text.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The key that a request brings, if it may be used for `scope`.
pub(crate) fn admit<'k>(
    keys: &'k [ApiKey],
    scope: Scope,
    headers: &HeaderMap,
) -> Result<&'k ApiKey, Refusal> {
    let authorization = text(headers, header::AUTHORIZATION.as_str());
    let bearer = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, secret)) = bearer.filter(|(_, secret)| !secret.trim().is_empty()) else {
        return Err(Refusal::NoKey);
    };
    let key = find(keys, secret.trim()).ok_or(Refusal::UnknownKey)?;
    if !key.scopes.contains(&scope) {
        return Err(Refusal::OtherScope);
    }
    for (wanted, name, refusal) in [
        (&key.client_id, "x-api-key", Refusal::OtherClient),
        (&key.org_id, "x-gw-ims-org-id", Refusal::OtherOrg),
        (&key.sandbox, "x-sandbox-name", Refusal::OtherSandbox),
    ] {
        if wanted.as_ref().is_some_and(|wanted| wanted != text(headers, name)) {
            return Err(refusal);
        }
    }
    Ok(key)
}

/// The key with this secret. Digests are compared, in full and all of them: how long it takes tells nothing of a secret.
fn find<'k>(keys: &'k [ApiKey], secret: &str) -> Option<&'k ApiKey> {
    let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let mut found = None;
    for key in keys {
        if key.digest.ct_eq(&digest).into() {
            found = Some(key);
        }
    }
    found
}
