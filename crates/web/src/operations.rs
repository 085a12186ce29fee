//! What operators, crawlers and auditors ask for.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::router::RETRY_AFTER_SECONDS;
use crate::state::WebState;

/// Partial tiles and the checkpoint change; a full tile never does (C2SP tlog-tiles, "Caching").
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store takes writes.
pub(crate) async fn readyz(State(state): State<WebState>) -> Response {
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
