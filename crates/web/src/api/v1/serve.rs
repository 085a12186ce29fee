//! From a request to an answer: who calls, how often, what they bring, and only then the handler.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use bytes::Bytes;
use service::Actor;
use wire::connections::Activity;

use super::admit::admitted;
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Takes};
use super::once;
use super::problem::ApiProblem;
use super::rate::Left;
use super::{ApiState, HEAVY_BYTES};
use crate::http::body::{self, Pace, Unread};
use crate::http::head::{COMMON_HEADERS, content_type};

/// Longest request target, in bytes: a cursor with all that it holds.
const TARGET_BYTES_MAX: usize = 12 * 1024;
/// How long a request may take once its body is there, unless it goes on line by line.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// How lines are told apart from one JSON text.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// The endpoints, by their paths.
pub(super) fn by_path(all: Vec<Endpoint>) -> BTreeMap<&'static str, Arc<[Endpoint]>> {
    let mut paths: BTreeMap<_, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in all {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    paths.into_iter().map(|(path, endpoints)| (path, endpoints.into())).collect()
}

/// The route of a path's endpoints.
pub(super) fn route(state: &ApiState, endpoints: Arc<[Endpoint]>) -> MethodRouter {
    let state = state.clone();
    any(move |places: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
        let (state, endpoints) = (state.clone(), Arc::clone(&endpoints));
        async move {
            // Bytes that are no text name nothing.
            let Ok(places) = places else { return guarded(ApiProblem::missing().into_response()) };
            let places = places.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
            let mut left = None;
            let answer = answer(&state, &endpoints, places, request, &mut left).await;
            let mut response = answer.unwrap_or_else(IntoResponse::into_response);
            if let Some(left) = left {
                left.tell(response.headers_mut());
            }
            guarded(response)
        }
    })
}

/// A text that is the same for everybody.
pub(super) fn fixed(kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    guarded((headers, text).into_response())
}

/// The answer where no endpoint is.
pub(super) async fn nothing_here() -> Response {
    let detail = "there is no such endpoint; /api/docs lists them";
    guarded(ApiProblem::new(StatusCode::NOT_FOUND, "not-found", detail).into_response())
}

/// The headers that all answers have.
fn guarded(mut response: Response) -> Response {
    for (name, value) in COMMON_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

async fn answer(
    state: &ApiState,
    endpoints: &Arc<[Endpoint]>,
    places: Vec<(String, String)>,
    request: Request,
    left: &mut Option<Left>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    if target > TARGET_BYTES_MAX {
        return Err(ApiProblem::new(StatusCode::URI_TOO_LONG, "target-too-long", "the target is too long"));
    }
    let Some(at) = endpoints.iter().position(|endpoint| endpoint.method == parts.method) else {
        return Err(wrong_method(endpoints));
    };
    let endpoint = &endpoints[at];
    let caller = admitted(state, endpoint, &parts.headers, left).await?;
    let (whole, lines, _held) = taken(state, endpoint, &parts.headers, body).await?;
    let busy = parts.extensions.get::<Activity>().cloned().map(Activity::begin);
    let query = serde_urlencoded::from_str(parts.uri.query().unwrap_or_default());
    let query = query.map_err(|error| ApiProblem::bad("query-invalid", error.to_string()))?;
    let streams = lines.is_some();
    let call = Call {
        service: state.service(caller.workspace),
        actor: Actor::Key { name: caller.name.clone() },
        scopes: caller.scopes.clone(),
        state: state.clone(),
        places,
        query,
        path: endpoint.path,
        body: whole,
        by_lines: streams,
        lines: Mutex::new(lines),
        request: None,
        headers: parts.headers,
    };
    known(endpoint, &call)?;
    // On a task of its own: what was begun is ended and kept, also if the caller has gone.
    let (state, endpoints) = (state.clone(), Arc::clone(endpoints));
    let target = parts.uri.path_and_query().map_or_else(String::new, |target| target.as_str().to_owned());
    let work = tokio::spawn(async move {
        let _busy = busy;
        let Ok(_permit) = state.0.permits.try_acquire() else { return Err(ApiProblem::busy()) };
        let endpoint = &endpoints[at];
        let heavy = call.body.len() > HEAVY_BYTES;
        let run = async {
            // Waits for its turn.
            let _turn = if heavy { state.0.heavy.acquire().await.ok() } else { None };
            once::run(endpoint, &caller, &target, call).await
        };
        if streams {
            return run.await;
        }
        tokio::time::timeout(REQUEST_TIME_MAX, run).await.map_err(|_| ApiProblem::busy())?
    });
    work.await.map_err(|_| {
        ApiProblem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "it failed; the server's log says why")
    })?
}

fn wrong_method(endpoints: &[Endpoint]) -> ApiProblem {
    let methods: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.method.as_str()).collect();
    let detail = format!("this path takes {}", methods.join(", "));
    let problem = ApiProblem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail);
    match HeaderValue::from_str(&methods.join(", ")) {
        Ok(methods) => problem.with(header::ALLOW, methods),
        Err(_) => problem,
    }
}

/// Refuses parameters that the endpoint doesn't have: a misspelt filter would answer with more than was asked for.
fn known(endpoint: &Endpoint, call: &Call) -> Result<(), ApiProblem> {
    for (at, (name, value)) in call.query.iter().enumerate() {
        if !endpoint.parameters.iter().any(|parameter| parameter.name == name) {
            let detail = format!("there is no parameter `{name}` here");
            return Err(ApiProblem::invalid("parameter-unknown", format!("/{name}"), detail));
        }
        if call.query[..at].iter().any(|(other, _)| other == name) {
            let detail = format!("`{name}` is there twice");
            return Err(ApiProblem::invalid("parameter-twice", format!("/{name}"), detail));
        }
        if value.contains('\0') {
            let detail = format!("`{name}` holds U+0000");
            return Err(ApiProblem::invalid("parameter-invalid", format!("/{name}"), detail));
        }
    }
    Ok(())
}

/// What a body holds, or the body itself where it comes line by line.
type Taken = (Bytes, Option<Body>, Option<wire::budget::Reserved>);

async fn taken(
    state: &ApiState,
    endpoint: &Endpoint,
    headers: &HeaderMap,
    body: Body,
) -> Result<Taken, ApiProblem> {
    let essence = content_type(headers).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &endpoint.takes {
        Takes::Nothing => return Ok((Bytes::new(), None, None)),
        Takes::JsonOrLines(..) if essence == NDJSON || essence == "application/ndjson" => {
            return Ok((Bytes::new(), Some(body), None));
        }
        Takes::Json(_) | Takes::Object | Takes::JsonOrLines(..) => {}
    }
    let json = essence == "application/json" || essence.ends_with("+json");
    if !json {
        let detail = "the body must be application/json";
        return Err(ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type-wrong", detail));
    }
    let max = endpoint.body_bytes_max;
    let too_long = || {
        let detail = format!("a body has at most {max} bytes");
        ApiProblem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", detail)
    };
    let reserved = state.0.bodies.begin(None);
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > max) {
        return Err(too_long());
    }
    let read = body::read(headers, body, max, Pace::DEFAULT, reserved).await;
    let (body, held) = read.map_err(|unread| match unread {
        Unread::Full => ApiProblem::busy(),
        Unread::TooLong => too_long(),
        Unread::Slow => ApiProblem::new(unread.status(), "body-slow", "the body came too slowly"),
        Unread::Broken => ApiProblem::bad("body-broken", "the body ends too early"),
    })?;
    Ok((body, None, Some(held)))
}

/// Whether a method changes nothing.
pub(super) fn is_safe(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
