//! What operators, crawlers and auditors ask for.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::router::RETRY_AFTER_SECONDS;
use crate::state::WebState;

/// Partial tiles and the checkpoint change; a full tile never does (C2SP tlog-tiles, "Caching").
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// How long the answer of a check of the store holds.
const READINESS_AGE_MAX: Duration = Duration::from_millis(200);

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store takes writes. Each check is one: those who ask at the same moment share one, and its answer holds for a moment.
pub(crate) async fn readyz(State(state): State<WebState>) -> Response {
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

/// The key that checkpoints are checked with.
pub(crate) async fn verifier_key(State(state): State<WebState>) -> Response {
    match &state.config().ledger {
        Some(ledger) => format!("{}\n", ledger.verifier_key).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of the ledger by its C2SP name. Names are parsed, never joined to a path as they come.
pub(crate) async fn ledger_file(State(state): State<WebState>, Path(name): Path<String>) -> Response {
    let Some(ledger) = &state.config().ledger else { return StatusCode::NOT_FOUND.into_response() };
    let (dir, full_tile) = (ledger.dir.clone(), name.starts_with("tile/") && !name.contains(".p/"));
    let kind = if full_tile || name.starts_with("tile/") {
        "application/octet-stream"
    } else {
        "text/plain; charset=utf-8"
    };
    match tokio::task::spawn_blocking(move || store::ledger::read_file(&dir, &name)).await {
        Ok(Ok(Some(bytes))) => {
            let mut response =
                ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response();
            if full_tile {
                response.headers_mut().insert(header::CACHE_CONTROL, IMMUTABLE);
            }
            response
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => {
            tracing::error!(error = %error, "a file of the ledger can't be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
