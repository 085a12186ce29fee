//! Who calls: `Authorization: Bearer KEY`, with the headers that Adobe's gateway wants besides.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::AjoState;
use super::error::ApiError;

/// Longest header value that is kept to be shown again, in bytes.
const SHOWN_BYTES_MAX: usize = 200;

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

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The key's name.
    pub key: String,
    /// The organisation that the request names.
    pub org_id: String,
    /// The sandbox that the request names.
    pub sandbox: String,
}

/// Lets a request through with its [`Caller`], or answers like Adobe's gateway.
pub(super) async fn authenticate(
    State((state, scope)): State<(AjoState, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = caller(&state.config().keys, scope, request.headers())?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
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

impl Refusal {
    /// The answer of Adobe's gateway.
    fn answer(self, scope: Scope) -> ApiError {
        let unauthorized = |code, text| ApiError::refused(StatusCode::UNAUTHORIZED, code, text);
        let forbidden = |code, text: &str| ApiError::refused(StatusCode::FORBIDDEN, code, text);
        match self {
            Self::NoKey => unauthorized("401010", "Oauth token is missing"),
            Self::UnknownKey => unauthorized("401013", "Oauth token is not valid"),
            Self::OtherScope => {
                let scope = scope.as_str();
                forbidden("403200", &format!("the key may not be used for the {scope} interface"))
            }
            Self::OtherClient => forbidden("403003", "Api Key is invalid"),
            Self::OtherOrg => forbidden("403025", "Profile is not valid for this organization"),
            Self::OtherSandbox => forbidden("403026", "the sandbox is another"),
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
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

fn caller(keys: &[ApiKey], scope: Scope, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let key = admit(keys, scope, headers).map_err(|refusal| refusal.answer(scope))?;
    let shown = |name| text(headers, name).chars().take(SHOWN_BYTES_MAX).collect();
    Ok(Caller { key: key.name.clone(), org_id: shown("x-gw-ims-org-id"), sandbox: shown("x-sandbox-name") })
}

/// The key with this secret. Digests are compared, in full and all of them: how long it takes tells nothing of a secret.
fn find<'k>(keys: &'k [ApiKey], secret: &str) -> Option<&'k ApiKey> {
    let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let mut found = None;
    for key in keys {
        let difference = key.digest.iter().zip(&digest).fold(0, |sum, (one, other)| sum | (one ^ other));
        if std::hint::black_box(difference) == 0 {
            found = Some(key);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn keys_open_what_they_are_for() {
        let mut strict = ApiKey::new("crm".to_owned(), "secret-1", vec![Scope::Suppression]);
        strict.client_id = Some("client".to_owned());
        strict.org_id = Some("ORG@AdobeOrg".to_owned());
        let keys = [
            strict,
            ApiKey::new("other".to_owned(), "secret-2", vec![Scope::Suppression]),
            ApiKey::new("none".to_owned(), "secret-3", Vec::new()),
        ];
        let code = |pairs: &[(&'static str, &str)]| match caller(&keys, Scope::Suppression, &headers(pairs)) {
            Ok(caller) => caller.key,
            Err(error) => format!("{error:?}").split('"').nth(1).unwrap_or_default().to_owned(),
        };
        assert_eq!(code(&[]), "401010");
        assert_eq!(code(&[("authorization", "Basic secret-2")]), "401010");
        assert_eq!(code(&[("authorization", "Bearer ")]), "401010");
        assert_eq!(code(&[("authorization", "Bearer secret")]), "401013");
        assert_eq!(code(&[("authorization", "bearer secret-2")]), "other");
        assert_eq!(code(&[("authorization", "Bearer secret-3")]), "403200");
        let other = headers(&[("authorization", "Bearer secret-2")]);
        assert!(caller(&keys, Scope::Consent, &other).is_err());
        assert!(caller(&keys, Scope::Decrypt, &other).is_err());
        let one = ("authorization", "Bearer secret-1");
        assert_eq!(code(&[one]), "403003");
        assert_eq!(code(&[one, ("x-api-key", "client")]), "403025");
        assert_eq!(code(&[one, ("x-api-key", "client"), ("x-gw-ims-org-id", "ORG@AdobeOrg")]), "crm");
    }
}
