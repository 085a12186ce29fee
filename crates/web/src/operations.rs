//! What operators, crawlers and auditors ask for.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ledger;
use crate::router::RETRY_AFTER_SECONDS;
use crate::state::WebState;

/// How long the answer of a check of the store holds.
const READINESS_AGE_MAX: Duration = Duration::from_millis(200);

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store takes writes. Each check is one: those who ask at the same moment share one, and its answer holds for a moment.
pub(crate) async fn readyz(State(state): State<WebState>) -> Response {
    // A load balancer asks every few seconds: so all nodes turn to the next checkpoint at the same time, whoever else asks.
    ledger::turn(&state).await;
    let now = || state.config().clock.monotonic();
    let mut last = state.readiness().lock().await;
    let known = last.filter(|(at, _)| now().checked_sub(*at).is_some_and(|age| age < READINESS_AGE_MAX));
    let ready = if let Some((_, ready)) = known {
        ready
    } else {
        let checked = state.config().store.ready().await;
        let ready = checked.inspect_err(|error| tracing::warn!(error = %error, "not ready")).is_ok();
        *last = Some((now(), ready));
        ready
    };
    drop(last);
    if ready {
        return "ok\n".into_response();
    }
    let headers = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
    (StatusCode::SERVICE_UNAVAILABLE, headers, "the store takes no writes\n").into_response()
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
