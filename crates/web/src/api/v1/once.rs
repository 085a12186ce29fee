//! Writes that may be sent again: under one name (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header) a request is
//! done once. Whoever sends it again is told what was answered the first time.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use store::{KeptAnswer, RequestBegun, RequestId, StoreError};

use super::call::{Call, LEASE, fingerprint};
use super::endpoint::{Answer, Endpoint, Takes};
use super::problem::ApiProblem;
use crate::http::auth::Caller;

/// The header that names a request.
const NAME: &str = "idempotency-key";
/// Characters of a name.
const NAME_CHARS_MAX: usize = 255;
/// Says that an answer is one of before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Headers of an answer that are kept with it.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// Runs an endpoint; once, if the request has a name.
pub(super) async fn run(endpoint: &Endpoint, caller: &Caller, target: &str, mut call: Call) -> Answer {
    let named = if endpoint.writes { name(&call.headers)? } else { None };
    let Some(name) = named else { return (endpoint.run)(call).await };
    let id = RequestId(fingerprint(&[caller.id.as_bytes(), name.as_bytes()]));
    let asked = fingerprint(&[endpoint.method.as_str().as_bytes(), target.as_bytes(), &call.body]);
    let (service, now) = (call.service.clone(), call.now());
    let (store, workspace) = (&service.store, service.workspace);
    match store.begin_request(workspace, id, asked, now, now.plus(LEASE)).await? {
        RequestBegun::Fresh => {}
        RequestBegun::Done(answer) => return Ok(replayed(answer)),
        RequestBegun::InWork => {
            let detail = "the first request with this Idempotency-Key is still in work";
            let problem = ApiProblem::new(StatusCode::CONFLICT, "request-in-work", detail);
            return Err(problem.with(header::RETRY_AFTER, HeaderValue::from_static("1")));
        }
        RequestBegun::Other => {
            let detail = "this Idempotency-Key came with another request before";
            return Err(ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail));
        }
    }
    call.request = Some(id);
    // Keeps the answers of its parts itself.
    let by_parts = matches!(endpoint.takes, Takes::JsonOrLines(..));
    if by_parts && call.by_lines {
        // Ends when its last line does, and lets go of its name then.
        return (endpoint.run)(call).await;
    }
    let answered = (endpoint.run)(call).await;
    let passes = |status: StatusCode| status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let status = answered.as_ref().map_or_else(ApiProblem::status, Response::status);
    if by_parts || passes(status) {
        store.abandon_request(workspace, id).await?;
        return answered;
    }
    let (kept, response) = kept(answered.unwrap_or_else(ApiProblem::into_response)).await?;
    store.answer_request(workspace, id, kept).await?;
    Ok(response)
}

/// The name of a request: a string of structured fields, or the same without quotation marks.
fn name(headers: &HeaderMap) -> Result<Option<String>, ApiProblem> {
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let name = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(|b| (b' '..=b'~').contains(&b));
    if fits && values.next().is_none() {
        return Ok(Some(name.to_owned()));
    }
    let detail = format!("Idempotency-Key has 1 to {NAME_CHARS_MAX} printable characters, once");
    Err(ApiProblem::bad("idempotency-key-invalid", detail))
}

/// An answer, taken apart to be kept.
async fn kept(response: Response) -> Result<(KeptAnswer, Response), ApiProblem> {
    let (parts, body) = response.into_parts();
    let broken = |_| StoreError::Invalid("the answer is too long to be kept".to_owned());
    let body = axum::body::to_bytes(body, KeptAnswer::BODY_BYTES_MAX).await.map_err(broken)?;
    let text = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let head: Value = KEPT.iter().filter_map(|name| Some((name.as_str(), json!(text(name)?)))).collect();
    let kept = KeptAnswer { status: parts.status.as_u16(), head: head.to_string(), body: body.to_vec() };
    Ok((kept, Response::from_parts(parts, Body::from(body))))
}

/// The answer of before.
fn replayed(answer: KeptAnswer) -> Response {
    let KeptAnswer { status, head, body } = answer;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    let head: Value = serde_json::from_str(&head).unwrap_or_default();
    for name in KEPT {
        let value = head[name.as_str()].as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
