//! `/sms/NAME`: what providers of text messages post.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use intake::sms::{self, Desk, Endpoint, Event, Outcome, Reception, twiml};
use intake::webhook;
use serde_json::json;
use wire::connections::Activity;

use crate::hooks::failure::{Failure, missing};
use crate::hooks::request::{apart, head, headers, read};
use crate::hooks::state::{HooksState, TextHooks};
use crate::http::problem::problem;
use crate::http::slots::Class;

/// `POST`: 2xx once everything in it is durable and in effect (I2).
pub(crate) async fn post(
    State(state): State<HooksState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(hooks) = state.texts() else { return missing() };
    let Some((endpoint, desk)) = hooks.receiver(&name) else { return missing() };
    let received = receive(&state, hooks, endpoint, desk, &parts, body).await;
    received.unwrap_or_else(|failure| failure.answer(&state, endpoint.name()))
}

/// `GET`: by which Meta checks a new subscription. Changes nothing (I4).
pub(crate) async fn challenge(
    State(state): State<HooksState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let hooks = state.texts();
    let Some((endpoint, _)) = hooks.and_then(|hooks| hooks.receiver(&name)) else { return missing() };
    let headers = headers(&parts.headers);
    match endpoint.challenge(&head(&state, &parts, &headers)) {
        Ok(Some(challenge)) => challenge.into_response(),
        Ok(None) => {
            let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "texts are posted");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
        Err(refusal) => Failure::from(refusal).answer(&state, endpoint.name()),
    }
}

async fn receive(
    state: &HooksState,
    hooks: &Arc<TextHooks>,
    endpoint: &Endpoint,
    desk: &Desk,
    parts: &Parts,
    body: Body,
) -> Result<Response, Failure> {
    endpoint.admit(&head(state, parts, &headers(&parts.headers)))?;
    let (body, _held) = read(state, parts, body, endpoint.body_length_max()).await?;
    let _busy = parts.extensions.get::<Activity>().cloned().map(Activity::begin);
    let _place = state.slots().take(Class::Hooks).await?;
    let (asked, hooks, name) = (parts.clone(), Arc::clone(hooks), endpoint.name().to_owned());
    let owned = state.clone();
    let reception = apart(state, move |_| {
        let (endpoint, _) = hooks.receiver(&name).ok_or(Failure::Busy)?;
        let headers = headers(&asked.headers);
        Ok(endpoint.receive(&webhook::Request { body: &body, ..head(&owned, &asked, &headers) })?)
    });
    let events = match reception.await? {
        Reception::Secret(secret) => return Ok(axum::Json(json!({ "secret": secret })).into_response()),
        Reception::Events(events) => events,
    };
    let mut counts = Counts { passed_over: events.passed_over, ..Counts::default() };
    for event in &events.events {
        counts.event(event);
    }
    let (store, clock) = (state.store(), state.clock().as_ref());
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
