//! Who calls: the keys of programs, sent as `Authorization: Bearer KEY`, and what each may be used for. There is one kind of
//! key: it stands in the store, or in the server's file.

mod ring;

use axum::http::{HeaderMap, header};
use consent::WorkspaceId;
use service::keys::digest;

pub use ring::Keys;
pub use service::keys::Scope;

/// A key of the server's file. Holds the secret's SHA-256 only.
#[derive(Clone)]
pub struct ApiKey {
    /// Its name, which all that it does is put down to.
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
        Self { name, digest: digest(secret), scopes, client_id: None, org_id: None, sandbox: None }
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The workspace that the key opens. No id of another one is answered for.
    pub workspace: WorkspaceId,
    /// The key's id, `key_…`; of one of the server's file its name.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// Headers that must hold something, by their names.
    wanted: Vec<(&'static str, String, Refusal)>,
}

/// Why a request isn't let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It brings no key.
    NoKey,
    /// It brings one that isn't known, or has expired.
    UnknownKey,
    /// Its key isn't for this.
    OtherScope,
    /// Its key goes with another `x-api-key`.
    OtherClient,
    /// Its key goes with another `x-gw-ims-org-id`.
    OtherOrg,
    /// Its key goes with another `x-sandbox-name`.
    OtherSandbox,
    /// Which keys there are can't be read.
    Unavailable,
}

impl Caller {
    /// Whether it may do what wants a scope.
    pub fn may(&self, scope: Scope) -> Result<(), Refusal> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(Refusal::OtherScope) }
    }

    /// Whether the other headers hold what goes with the key.
    pub fn goes_with(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let other = self.wanted.iter().find(|(name, wanted, _)| text(headers, name) != wanted);
        other.map_or(Ok(()), |(.., refusal)| Err(*refusal))
    }
}

/// A header's value; nothing, if it isn't there or isn't text.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The secret that a request brings.
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let authorization = text(headers, header::AUTHORIZATION.as_str());
    let bearer = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let secret = bearer.map(|(_, secret)| secret.trim()).filter(|secret| !secret.is_empty());
    secret.ok_or(Refusal::NoKey)
}
