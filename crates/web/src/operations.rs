//! What operators, crawlers and auditors ask for.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ledger;
use crate::router::RETRY_AFTER_SECONDS;
use crate::state::WebState;

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store takes writes.
pub(crate) async fn readyz(State(state): State<WebState>) -> Response {
    // A load balancer asks every few seconds: so all nodes turn to the next checkpoint at the same time, whoever else asks.
    ledger::turn(&state).await;
    let unready = |what: &'static str| {
        let headers = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
        (StatusCode::SERVICE_UNAVAILABLE, headers, what).into_response()
    };
    // Each check is a write: strangers who ask all at once don't get all of them.
    let Ok(_check) = state.readiness().try_acquire() else { return unready("asked too often\n") };
    match state.config().store.ready().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            unready("the store takes no writes\n")
        }
    }
}

/// Nothing here is for crawlers.
pub(crate) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// That Global Privacy Control signals are heeded here, and since when (W3C Global Privacy Control, support resource).
pub(crate) async fn gpc_support() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], "{\"gpc\":true,\"lastUpdate\":\"2026-11-28\"}\n").into_response()
}
