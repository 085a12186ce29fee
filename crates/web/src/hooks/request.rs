//! Reading what services send.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use intake::webhook;
use tokio::runtime::Handle;
use wire::budget::Reserved;

use crate::hooks::failure::Failure;
use crate::hooks::state::HooksState;
use crate::http::body::{self, Pace};

pub(crate) fn headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let texts = headers.iter().map(|(name, value)| (name.as_str(), value.to_str()));
    texts.filter_map(|(name, value)| Some((name, value.ok()?))).collect()
}

pub(crate) fn head<'a>(
    state: &HooksState,
    parts: &'a Parts,
    headers: &'a [(&'a str, &'a str)],
) -> webhook::Request<'a> {
    let query = parts.uri.query().unwrap_or_default();
    webhook::Request { headers, query, body: &[], now: state.clock().now() }
}

/// Runs what may take a while of pure computing, on a thread of its own: opt-outs are answered by those of the runtime.
pub(crate) async fn apart<T: Send + 'static>(
    state: &HooksState,
    compute: impl FnOnce(&Handle) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let _turn = state.slots().reading().await?;
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || compute(&runtime)).await.map_err(|_| Failure::Busy)?
}

/// The body, unless it is longer than may be.
pub(crate) async fn read(
    state: &HooksState,
    parts: &Parts,
    body: Body,
    length_max: usize,
) -> Result<(Bytes, Reserved), Failure> {
    let reserved = state.bodies().begin(state.client_of(parts));
    Ok(body::read(&parts.headers, body, length_max, Pace::DEFAULT, reserved).await?)
}
