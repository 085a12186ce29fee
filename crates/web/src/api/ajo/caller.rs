//! Who calls, with the headers that Adobe's gateway wants besides the key.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::AjoState;
use super::error::ApiError;
use consent::WorkspaceId;

use crate::http::auth::{Keys, Refusal, Scope, text};

/// Longest header value that is kept to be shown again, in bytes.
const SHOWN_BYTES_MAX: usize = 200;

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
    let keys = &state.config().keys;
    let found = caller(keys, state.workspace(), scope, request.headers()).await;
    // Where no key opens any of them, the interfaces aren't there.
    if found.is_err() && !keys.any_for(&[Scope::AjoSuppression, Scope::AjoConsent, Scope::AjoDecrypt]).await {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "nothing is here"));
    }
    let caller = found?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// The answer of Adobe's gateway to a request that isn't let in.
fn answer(refusal: Refusal, scope: Scope) -> ApiError {
    let unauthorized = |code, text| ApiError::refused(StatusCode::UNAUTHORIZED, code, text);
    let forbidden = |code, text: &str| ApiError::refused(StatusCode::FORBIDDEN, code, text);
    match refusal {
        Refusal::NoKey => unauthorized("401010", "Oauth token is missing"),
        Refusal::UnknownKey => unauthorized("401013", "Oauth token is not valid"),
        Refusal::OtherScope => forbidden("403200", &format!("the key doesn't have the scope `{scope}`")),
        Refusal::OtherClient => forbidden("403003", "Api Key is invalid"),
        Refusal::OtherOrg => forbidden("403025", "Profile is not valid for this organization"),
        Refusal::OtherSandbox => forbidden("403026", "the sandbox is another"),
        Refusal::Unavailable => ApiError::busy(),
    }
}

async fn caller(
    keys: &Keys,
    workspace: WorkspaceId,
    scope: Scope,
    headers: &HeaderMap,
) -> Result<Caller, ApiError> {
    let admitted = keys.admit(workspace, scope, headers).await;
    let key = admitted.map_err(|refusal| answer(refusal, scope))?;
    let shown = |name| text(headers, name).chars().take(SHOWN_BYTES_MAX).collect();
    Ok(Caller { key: key.name, org_id: shown("x-gw-ims-org-id"), sandbox: shown("x-sandbox-name") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::auth::ApiKey;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[tokio::test]
    async fn keys_open_what_they_are_for() {
        let mut strict = ApiKey::new("crm".to_owned(), "secret-1", vec![Scope::AjoSuppression]);
        strict.client_id = Some("client".to_owned());
        strict.org_id = Some("ORG@AdobeOrg".to_owned());
        let keys = Keys::of_file(vec![
            strict,
            ApiKey::new("other".to_owned(), "secret-2", vec![Scope::AjoSuppression]),
            ApiKey::new("none".to_owned(), "secret-3", Vec::new()),
        ]);
        let main = WorkspaceId::MAIN;
        let code = async |pairs: &[(&'static str, &str)]| match caller(
            &keys,
            main,
            Scope::AjoSuppression,
            &headers(pairs),
        )
        .await
        {
            Ok(caller) => caller.key,
            Err(error) => format!("{error:?}").split('"').nth(1).unwrap_or_default().to_owned(),
        };
        assert_eq!(code(&[]).await, "401010");
        assert_eq!(code(&[("authorization", "Basic secret-2")]).await, "401010");
        assert_eq!(code(&[("authorization", "Bearer ")]).await, "401010");
        assert_eq!(code(&[("authorization", "Bearer secret")]).await, "401013");
        assert_eq!(code(&[("authorization", "bearer secret-2")]).await, "other");
        assert_eq!(code(&[("authorization", "Bearer secret-3")]).await, "403200");
        let other = headers(&[("authorization", "Bearer secret-2")]);
        assert!(caller(&keys, main, Scope::AjoConsent, &other).await.is_err());
        assert!(caller(&keys, main, Scope::AjoDecrypt, &other).await.is_err());
        let elsewhere = caller(&keys, WorkspaceId(2), Scope::AjoSuppression, &other).await;
        assert!(elsewhere.is_err(), "a key opens its own workspace alone");
        let one = ("authorization", "Bearer secret-1");
        assert_eq!(code(&[one]).await, "403003");
        assert_eq!(code(&[one, ("x-api-key", "client")]).await, "403025");
        assert_eq!(code(&[one, ("x-api-key", "client"), ("x-gw-ims-org-id", "ORG@AdobeOrg")]).await, "crm");
    }
}
