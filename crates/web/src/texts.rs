//! `/sms/NAME`: what providers of text messages post.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use intake::sms::{self, BODY_LENGTH_MAX, Desk, Endpoint, Event, Outcome, Reception, twiml};
use intake::webhook;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::hooks::{BODIES_MAX, Failure, head, headers, missing, problem, read};
use crate::state::WebState;

/// How long a request waits for a place among those in hand: receipts come in bursts, and not every provider tells again.
const PLACE_TIME_MAX: Duration = Duration::from_secs(2);

/// Longest body that needs no place among those in hand, in bytes.
const SMALL_LENGTH_MAX: usize = 16 * 1024;

/// The receivers that are configured, and what is done about texts to each.
pub struct TextHooks {
    receivers: HashMap<String, (Endpoint, Desk)>,
    bodies: Semaphore,
}

impl TextHooks {
    /// Of two receivers with one name the last counts.
    pub fn new(receivers: Vec<(Endpoint, Desk)>) -> Self {
        let named = |(endpoint, desk): (Endpoint, Desk)| (endpoint.name().to_owned(), (endpoint, desk));
        Self { receivers: receivers.into_iter().map(named).collect(), bodies: Semaphore::new(BODIES_MAX) }
    }
}

/// `POST`: 2xx once everything in it is durable and in effect (I2).
pub(crate) async fn post(
    State(state): State<WebState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(hooks) = state.config().texts.as_deref() else { return missing() };
    let Some((endpoint, desk)) = hooks.receivers.get(&name) else { return missing() };
    let received = receive(&state, hooks, endpoint, desk, &parts, body).await;
    received.unwrap_or_else(|failure| failure.answer(endpoint.name()))
}

/// `GET`: by which Meta checks a new subscription. Changes nothing (I4).
pub(crate) async fn challenge(
    State(state): State<WebState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let hooks = state.config().texts.as_deref();
    let Some((endpoint, _)) = hooks.and_then(|hooks| hooks.receivers.get(&name)) else { return missing() };
    let headers = headers(&parts.headers);
    match endpoint.challenge(&head(&state, &parts, &headers)) {
        Ok(Some(challenge)) => challenge.into_response(),
        Ok(None) => {
            let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "texts are posted");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Err(refusal) => Failure::from(refusal).answer(endpoint.name()),
    }
}

/// Whether a body is so short that it needs no place among those in hand: a text has a few hundred bytes, and whoever keeps
/// all places by sending slowly mustn't keep STOP out.
fn small(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|length: usize| length <= SMALL_LENGTH_MAX)
}

async fn receive(
    state: &WebState,
    hooks: &TextHooks,
    endpoint: &Endpoint,
    desk: &Desk,
    parts: &Parts,
    body: Body,
) -> Result<Response, Failure> {
    let headers = headers(&parts.headers);
    let head = head(state, parts, &headers);
    endpoint.admit(&head)?;
    let _place = if small(&parts.headers) {
        None
    } else {
        let place = tokio::time::timeout(PLACE_TIME_MAX, hooks.bodies.acquire()).await;
        Some(place.ok().and_then(Result::ok).ok_or(Failure::Busy)?)
    };
    let body = read(&parts.headers, body, BODY_LENGTH_MAX).await?;
    let events = match endpoint.receive(&webhook::Request { body: &body, ..head })? {
        Reception::Secret(secret) => return Ok(axum::Json(json!({ "secret": secret })).into_response()),
        Reception::Events(events) => events,
    };
    let mut counts = Counts { passed_over: events.passed_over, ..Counts::default() };
    for event in &events.events {
        counts.event(event);
    }
    let (store, clock) = (state.config().store.as_ref(), state.config().clock.as_ref());
    let outcomes = sms::take_all(store, desk, events.events, clock).await.map_err(Failure::Store)?;
    for outcome in &outcomes {
        counts.outcome(outcome);
    }
    let reply = outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::Taken { reply, .. } => reply,
        _ => None,
    });
    counts.log(endpoint);
    if endpoint.provider().answers_at_once() {
        let kind = HeaderValue::from_static("text/xml; charset=utf-8");
        return Ok(([(header::CONTENT_TYPE, kind)], twiml(reply.as_deref())).into_response());
    }
    Ok(StatusCode::OK.into_response())
}

/// How many of what a request told.
#[derive(Default)]
struct Counts {
    messages: u64,
    preferences: u64,
    receipts: u64,
    passed_over: u64,
    repeated: u64,
    waiting: u64,
    unknown: u64,
}

impl Counts {
    fn event(&mut self, event: &Event) {
        *match event {
            Event::Message(_) => &mut self.messages,
            Event::Preference(_) => &mut self.preferences,
            Event::Receipt(_) => &mut self.receipts,
        } += 1;
    }

    fn outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Repeated => self.repeated += 1,
            Outcome::Waiting { .. } => self.waiting += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::Taken { .. } | Outcome::Receipt(_) => {}
        }
    }

    /// Neither numbers nor what the texts say.
    fn log(&self, endpoint: &Endpoint) {
        tracing::info!(
            receiver = endpoint.name(),
            provider = endpoint.provider().as_str(),
            messages = self.messages,
            preferences = self.preferences,
            receipts = self.receipts,
            passed_over = self.passed_over,
            repeated = self.repeated,
            waiting = self.waiting,
            unknown = self.unknown,
            "texts taken"
        );
    }
}
