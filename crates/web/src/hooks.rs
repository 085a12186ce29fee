//! `/hooks/NAME`: what relay services post.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use intake::feedback::{Outcome, What};
use intake::webhook::{self, Endpoint, Events, Outside, Reception, Refusal, TakeError};
use serde_json::json;
use store::Taken;
use tokio::runtime::Handle;
use wire::budget::Reserved;
use wire::connections::Activity;

use crate::body::{self, Pace, Unread};
use crate::requester::client;
use crate::router::RETRY_AFTER_SECONDS;
use crate::slots::{Class, Full};
use crate::state::WebState;

const ALLOW: HeaderValue = HeaderValue::from_static("POST, OPTIONS");

/// The webhooks that are configured, and the way out that they need.
pub struct Webhooks {
    endpoints: HashMap<String, Endpoint>,
    outside: Arc<dyn Outside>,
}

impl Webhooks {
    /// Of two endpoints with one name the last counts.
    pub fn new(endpoints: Vec<Endpoint>, outside: Arc<dyn Outside>) -> Self {
        let endpoints =
            endpoints.into_iter().map(|endpoint| (endpoint.name().to_owned(), endpoint)).collect();
        Self { endpoints, outside }
    }
}

/// `POST`: 2xx once everything in it is durable and in effect (I2). GET changes nothing: there is none (I4).
pub(crate) async fn post(
    State(state): State<WebState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some((hooks, endpoint)) = find(&state, &name) else { return missing() };
    let received = receive(&state, hooks, endpoint, &parts, body).await;
    received.unwrap_or_else(|failure| failure.answer(&state, endpoint.name()))
}

/// `OPTIONS`: the handshake of cloud events, for Event Grid.
pub(crate) async fn options(
    State(state): State<WebState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let Some((_, endpoint)) = find(&state, &name) else { return missing() };
    let headers = headers(&parts.headers);
    match endpoint.handshake(&head(&state, &parts, &headers)) {
        Ok(origin) => {
            let mut response = (StatusCode::OK, [(header::ALLOW, ALLOW)]).into_response();
            if let Some(Ok(origin)) = origin.map(HeaderValue::from_str) {
                let allowed = [
                    ("webhook-allowed-origin", origin),
                    ("webhook-allowed-rate", HeaderValue::from_static("*")),
                ];
                for (name, value) in allowed {
                    response.headers_mut().insert(HeaderName::from_static(name), value);
                }
            }
            response
        }
        Err(refusal) => Failure::Refused(refusal).answer(&state, endpoint.name()),
    }
}

fn find<'s>(state: &'s WebState, name: &str) -> Option<(&'s Arc<Webhooks>, &'s Endpoint)> {
    let hooks = state.config().webhooks.as_ref()?;
    Some((hooks, hooks.endpoints.get(name)?))
}

pub(crate) fn headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let texts = headers.iter().map(|(name, value)| (name.as_str(), value.to_str()));
    texts.filter_map(|(name, value)| Some((name, value.ok()?))).collect()
}

pub(crate) fn head<'a>(
    state: &WebState,
    parts: &'a Parts,
    headers: &'a [(&'a str, &'a str)],
) -> webhook::Request<'a> {
    let query = parts.uri.query().unwrap_or_default();
    webhook::Request { headers, query, body: &[], now: state.config().clock.now() }
}

/// What is refused without a body costs nothing; then the body comes, at its own pace, and only then there is a place in
/// work, and a thread that may be kept busy by checking its signature and reading it.
async fn receive(
    state: &WebState,
    hooks: &Arc<Webhooks>,
    endpoint: &Endpoint,
    parts: &Parts,
    body: Body,
) -> Result<Response, Failure> {
    endpoint.admit(&head(state, parts, &headers(&parts.headers)))?;
    let (body, _held) = read(state, parts, body, endpoint.body_length_max()).await?;
    let _busy = parts.extensions.get::<Activity>().cloned().map(Activity::begin);
    let _place = state.slots().take(Class::Hooks).await?;
    let (asked, hooks, name) = (parts.clone(), Arc::clone(hooks), endpoint.name().to_owned());
    let owned = state.clone();
    let reception = apart(state, move |runtime| {
        let endpoint = hooks.endpoints.get(&name).ok_or(Failure::Busy)?;
        let headers = headers(&asked.headers);
        let request = webhook::Request { body: &body, ..head(&owned, &asked, &headers) };
        Ok(runtime.block_on(endpoint.receive(&request, hooks.outside.as_ref()))?)
    });
    match reception.await? {
        Reception::Events(events) => take(state, endpoint, events).await,
        Reception::ConfirmSubscription { url } => {
            let outside = state.config().webhooks.as_ref().ok_or(Failure::Busy)?.outside.as_ref();
            outside.get(&url).await.map_err(Refusal::Unavailable)?;
            tracing::info!(webhook = endpoint.name(), "subscription confirmed");
            Ok(StatusCode::OK.into_response())
        }
        Reception::Validation { code } => {
            tracing::info!(webhook = endpoint.name(), "subscription validated");
            Ok(axum::Json(json!({ "validationResponse": code })).into_response())
        }
    }
}

/// Runs what may take a while of pure computing, on a thread of its own: opt-outs are answered by those of the runtime.
pub(crate) async fn apart<T: Send + 'static>(
    state: &WebState,
    compute: impl FnOnce(&Handle) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let _turn = state.slots().reading().await?;
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || compute(&runtime)).await.map_err(|_| Failure::Busy)?
}

async fn take(state: &WebState, endpoint: &Endpoint, events: Events) -> Result<Response, Failure> {
    let config = state.config();
    let counts = Counts::of(&events);
    let outcomes = webhook::take(&config.store, endpoint, events, config.clock.now()).await?;
    counts.log(endpoint, &outcomes);
    Ok(StatusCode::OK.into_response())
}

/// The body, unless it is longer than may be.
pub(crate) async fn read(
    state: &WebState,
    parts: &Parts,
    body: Body,
    length_max: usize,
) -> Result<(Bytes, Reserved), Failure> {
    let ip = client(&parts.headers, &parts.extensions, state.config().behind_proxy);
    let reserved = state.bodies().begin(ip);
    Ok(body::read(&parts.headers, body, length_max, Pace::DEFAULT, reserved).await?)
}

/// How many of what a request told.
#[derive(Default)]
struct Counts {
    delivered: u64,
    bounced: u64,
    complained: u64,
    unsubscribed: u64,
    noted: u64,
    passed_over: u64,
}

impl Counts {
    fn of(events: &Events) -> Self {
        let mut counts = Self { passed_over: events.passed_over, ..Self::default() };
        for report in &events.reports {
            *match report.what {
                What::Delivered => &mut counts.delivered,
                What::Bounced { .. } => &mut counts.bounced,
                What::Complained => &mut counts.complained,
                What::Unsubscribed { .. } => &mut counts.unsubscribed,
                What::Noted => &mut counts.noted,
            } += 1;
        }
        counts
    }

    /// Neither addresses nor what the events say.
    fn log(&self, endpoint: &Endpoint, outcomes: &[Outcome]) {
        let count = |fits: fn(&Taken) -> bool| outcomes.iter().filter(|outcome| fits(&outcome.taken)).count();
        tracing::info!(
            webhook = endpoint.name(),
            provider = endpoint.provider().as_str(),
            delivered = self.delivered,
            bounced = self.bounced,
            complained = self.complained,
            unsubscribed = self.unsubscribed,
            noted = self.noted,
            passed_over = self.passed_over,
            repeated = count(|taken| matches!(taken, Taken::Repeated)),
            suppressed = count(|taken| matches!(taken, Taken::Suppressed(_))),
            "webhook taken"
        );
    }
}

/// Why a request isn't answered with 2xx.
pub(crate) enum Failure {
    Refused(Refusal),
    Store(store::StoreError),
    Busy,
    Slow,
}

impl From<Full> for Failure {
    fn from(_: Full) -> Self {
        Self::Busy
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLong => Self::Refused(Refusal::TooLarge),
            Unread::Broken => Self::Refused(Refusal::Malformed("it ends too early".to_owned())),
            Unread::Slow => Self::Slow,
            Unread::Full => Self::Busy,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<TakeError> for Failure {
    fn from(error: TakeError) -> Self {
        match error {
            TakeError::Refused(refusal) => Self::Refused(refusal),
            TakeError::Store(error) => Self::Store(error),
        }
    }
}

impl Failure {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Refused(Refusal::Unsigned(_)) => StatusCode::UNAUTHORIZED,
            Self::Refused(Refusal::Forged(_) | Refusal::OtherTopic | Refusal::Stale | Refusal::Replayed) => {
                StatusCode::FORBIDDEN
            }
            Self::Refused(Refusal::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Refused(Refusal::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(Refusal::ContentType) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            // Every failure of the store: the service has the events, and is to keep them until we have them.
            Self::Refused(Refusal::Unavailable(_)) | Self::Store(_) | Self::Busy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Says so, to the service and in the log, by the webhook's name.
    pub(crate) fn answer(&self, state: &WebState, name: &str) -> Response {
        let status = self.status();
        let detail = match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Store(error) => {
                tracing::error!(webhook = name, error = %error, "the store couldn't take a webhook's events");
                "the events couldn't be made durable".to_owned()
            }
            Self::Busy => "too many requests in hand".to_owned(),
            Self::Slow => "the body came too slowly".to_owned(),
        };
        if let Some(untold) = state.refusals().told(name, state.config().clock.now()) {
            let why =
                if let Self::Refused(Refusal::Unavailable(why)) = self { Some(why.as_str()) } else { None };
            let untold = (untold > 0).then_some(untold);
            tracing::warn!(
                webhook = name,
                status = status.as_u16(),
                reason = detail,
                why,
                untold,
                "webhook refused"
            );
        }
        let mut response = problem(status, &detail);
        let extra = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, RETRY_AFTER_SECONDS)),
            StatusCode::UNAUTHORIZED => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"webhooks\"")))
            }
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

pub(crate) fn missing() -> Response {
    problem(StatusCode::NOT_FOUND, "no webhook of this name is configured")
}

/// RFC 9457.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}
