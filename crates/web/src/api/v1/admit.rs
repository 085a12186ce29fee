//! Who may make a request. Nothing expensive comes before this.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::ApiState;
use super::endpoint::Endpoint;
use super::problem::ApiProblem;
use super::rate::Left;
use crate::http::auth::{Caller, Refusal};

/// How a key is brought (RFC 6750).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"consentry\"");

/// Lets a request through whose key has the endpoint's scope.
pub(super) async fn admitted(
    state: &ApiState,
    endpoint: &Endpoint,
    headers: &HeaderMap,
    left: &mut Option<Left>,
) -> Result<Caller, ApiProblem> {
    let caller = state.0.config.keys.who(headers).await.map_err(|refusal| refused(refusal, endpoint))?;
    match state.0.rates.count(&caller) {
        Ok(counted) => *left = Some(counted),
        Err((counted, problem)) => {
            *left = Some(counted);
            return Err(problem);
        }
    }
    let may = caller.may(endpoint.scope).and_then(|()| caller.goes_with(headers));
    may.map_err(|refusal| refused(refusal, endpoint))?;
    Ok(caller)
}

/// Who brings no key, a wrong one, one that has expired and one that was revoked are answered alike.
fn refused(refusal: Refusal, endpoint: &Endpoint) -> ApiProblem {
    match refusal {
        Refusal::NoKey | Refusal::UnknownKey => {
            let detail = "send a key that is valid, as `Authorization: Bearer cst_live_…`";
            ApiProblem::new(StatusCode::UNAUTHORIZED, "key-invalid", detail)
                .with(header::WWW_AUTHENTICATE, CHALLENGE)
        }
        Refusal::OtherScope => ApiProblem::scope_missing(endpoint.scope),
        Refusal::OtherClient | Refusal::OtherOrg | Refusal::OtherSandbox => {
            let detail = "the key goes with other headers than these";
            ApiProblem::new(StatusCode::FORBIDDEN, "headers-wrong", detail)
        }
        Refusal::Unavailable => ApiProblem::busy(),
    }
}
