//! `/hooks/NAME`: what relay services post.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use intake::feedback::{Outcome, What};
use intake::webhook::{self, Endpoint, Events, Reception, Refusal};
use serde_json::json;
use store::Taken;
use wire::connections::Activity;

use crate::hooks::failure::{Failure, missing};
use crate::hooks::request::{apart, head, headers, read};
use crate::hooks::state::{HooksState, Webhooks};
use crate::http::slots::Class;

const ALLOW: HeaderValue = HeaderValue::from_static("POST, OPTIONS");

/// `POST`: 2xx once everything in it is durable and in effect (I2). GET changes nothing: there is none (I4).
pub(crate) async fn post(
    State(state): State<HooksState>,
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
    State(state): State<HooksState>,
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

fn find<'s>(state: &'s HooksState, name: &str) -> Option<(&'s Arc<Webhooks>, &'s Endpoint)> {
    let hooks = state.webhooks()?;
    Some((hooks, hooks.endpoint(name)?))
}

/// What is refused without a body costs nothing; then the body comes, at its own pace, and only then there is a place in
/// work, and a thread that may be kept busy by checking its signature and reading it.
async fn receive(
    state: &HooksState,
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
        let endpoint = hooks.endpoint(&name).ok_or(Failure::Busy)?;
        let headers = headers(&asked.headers);
        let request = webhook::Request { body: &body, ..head(&owned, &asked, &headers) };
        Ok(runtime.block_on(endpoint.receive(&request, hooks.outside()))?)
    });
    match reception.await? {
        Reception::Events(events) => take(state, endpoint, events).await,
        Reception::ConfirmSubscription { url } => {
            let outside = state.webhooks().ok_or(Failure::Busy)?.outside();
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

async fn take(state: &HooksState, endpoint: &Endpoint, events: Events) -> Result<Response, Failure> {
    let counts = Counts::of(&events);
    let outcomes = webhook::take(state.store(), endpoint, events, state.clock().now()).await?;
    counts.log(endpoint, &outcomes);
    Ok(StatusCode::OK.into_response())
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
