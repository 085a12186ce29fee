//! What operators, crawlers and auditors ask for.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Mutex;

use crate::http::common::Common;
use crate::http::guard::{Admission, REQUEST_TIME_MAX, guarded};
use crate::http::head::RETRY_AFTER_SECONDS;
use crate::http::slots::Class;
use crate::ledger::{self, LedgerState};

/// How long the answer of a check of the store holds.
const READINESS_AGE_MAX: Duration = Duration::from_millis(200);

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct OperationsState {
    common: Common,
    ledger: LedgerState,
    /// When the store was last checked, and whether it took writes.
    readiness: Arc<Mutex<Option<(Duration, bool)>>>,
}

impl OperationsState {
    pub fn new(common: Common, ledger: LedgerState) -> Self {
        Self { common, ledger, readiness: Arc::default() }
    }
}

/// `/healthz`, `/readyz`, `/robots.txt`, `/.well-known/gpc.json`
pub(crate) fn routes(state: OperationsState, common: &Common) -> Router {
    // On their own: whoever watches over the server isn't told that it is down because it is busy.
    let health = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    let fixed =
        Router::new().route("/robots.txt", get(robots)).route("/.well-known/gpc.json", get(gpc_support));
    guarded(health, common, Admission::Own, REQUEST_TIME_MAX)
        .merge(guarded(fixed, common, Admission::Class(|_| Class::Pages), REQUEST_TIME_MAX))
        .with_state(state)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The store takes writes. Each check is one: those who ask at the same moment share one, and its answer holds for a moment.
async fn readyz(State(state): State<OperationsState>) -> Response {
    // A load balancer asks every few seconds: so all nodes turn to the next checkpoint at the same time, whoever else asks.
    ledger::turn(&state.ledger).await;
    let now = || state.common.clock().monotonic();
    let mut last = state.readiness.lock().await;
    let known = last.filter(|(at, _)| now().checked_sub(*at).is_some_and(|age| age < READINESS_AGE_MAX));
    let ready = if let Some((_, ready)) = known {
        ready
    } else {
        let checked = state.common.store().ready().await;
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
async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// That Global Privacy Control signals are heeded here, and since when (W3C Global Privacy Control, support resource).
async fn gpc_support() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], "{\"gpc\":true,\"lastUpdate\":\"2026-11-28\"}\n").into_response()
}
