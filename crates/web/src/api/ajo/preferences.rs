//! The consent interface: `POST /preferences` and `POST /opt-in`.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use axum::{Json, Router};
use intake::consents::{OptIn, OptInError, Said, TellError, Teller, Told, Unreadable, opt_in, tell};
use serde_json::{Value, json};

use super::AjoState;
use super::caller::Caller;
use super::error::ApiError;
use super::link::{Link, Parameters};
use crate::http::text::cut;

/// Longest body, in bytes: 100 choices, each with all its members.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;
/// Longest `User-Agent` that is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 256;
/// Most problems that an answer lists.
const PROBLEMS_MAX: usize = 20;

type Body = Result<Bytes, BytesRejection>;
type Answer = Result<Json<Value>, ApiError>;

/// Both, with their limits.
pub(super) fn routes() -> Router<AjoState> {
    let wrong_method = || async { ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "no such method here") };
    Router::new()
        .route("/preferences", post(preferences).fallback(wrong_method))
        .route("/opt-in", post(opted_in).fallback(wrong_method))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn preferences(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let link = Link::read(parameters)?;
    let opened = link.open(&state, true).await?;
    let body = json_body(&headers, body)?;
    let said = Said::parse(&body)?;
    let evidence = teller(caller, &headers).evidence("consent", &body);
    answer(&tell(state.store(), &opened, &said, evidence, state.config().clock.now()).await?)
}

async fn opted_in(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let body = json_body(&headers, body)?;
    let request = OptIn::parse(&body, &state.config().profile_namespace)?;
    let evidence = teller(caller, &headers).evidence("opt-in", &body);
    let now = state.config().clock.now();
    answer(&opt_in(state.store(), state.workspace(), &request, evidence, now).await?)
}

/// The body, which is JSON if it is anything.
fn json_body(headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let body = body.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or("?"));
    let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let json = essence.is_none_or(|essence| essence == "application/json" || essence.ends_with("+json"));
    if json || body.trim_ascii().is_empty() {
        Ok(body)
    } else {
        Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"))
    }
}

fn teller(caller: Caller, headers: &HeaderMap) -> Teller {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Teller {
        key: caller.key,
        request: text("x-request-id").map(str::to_owned),
        user_agent: text("user-agent").map(|agent| cut(agent, USER_AGENT_CHARS_MAX).into_owned()),
    }
}

/// 200, or 406 with what couldn't be kept.
fn answer(told: &Told) -> Answer {
    if told.problems.is_empty() {
        return Ok(Json(json!({})));
    }
    let listed = told.problems.iter().take(PROBLEMS_MAX).map(String::as_str).collect::<Vec<_>>().join("; ");
    let kept = if told.refused { "its refusals were recorded, nothing else" } else { "nothing was recorded" };
    Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, format!("{listed}; {kept}")))
}

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, error.0)
    }
}

impl From<TellError> for ApiError {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Outdated => Self::new(StatusCode::CONFLICT, error.to_string()),
            TellError::Link(error) => error.into(),
        }
    }
}

impl From<OptInError> for ApiError {
    fn from(error: OptInError) -> Self {
        match error {
            OptInError::Incomplete(problem) => Self::bad(problem),
            OptInError::Unreadable(error) => error.into(),
            OptInError::Store(error) => error.into(),
        }
    }
}
