//! Bringing a request's events into effect.

use std::sync::PoisonError;

use consent::Timestamp;
use store::{FeedbackId, Store, StoreError};

use super::Refusal;
use super::endpoint::Endpoint;
use super::event::Events;
use crate::feedback::{self, Outcome, Report, What};

/// Why nothing was acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// A replay, or a second request with a token that is just being taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It couldn't be made durable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes what a request told; durable and in effect once this answers. Handing it in again changes nothing more.
///
/// A token (Mailgun) is remembered after its event was taken, so that a delivery that we didn't acknowledge can be sent
/// again: the same event under the same token is a repetition, another event a replay.
pub async fn take(
    store: &Store,
    endpoint: &Endpoint,
    events: Events,
    now: Timestamp,
) -> Result<Vec<Outcome>, TakeError> {
    let Some(token) = events.token else {
        return Ok(feedback::take(store, endpoint.workspace(), events.reports, now).await?);
    };
    let _turn = Turn::take(endpoint, token)?;
    let ids: Vec<FeedbackId> = std::iter::once(token).chain(events.reports.iter().map(|r| r.id)).collect();
    let known = store.feedback_known(endpoint.workspace(), ids).await?;
    if known[0] && known[1..].iter().any(|known| !known) {
        return Err(Refusal::Replayed.into());
    }
    let outcomes = feedback::take(store, endpoint.workspace(), events.reports, now).await?;
    if !known[0] {
        feedback::take(store, endpoint.workspace(), vec![used(endpoint, token)], now).await?;
    }
    Ok(outcomes)
}

fn used(endpoint: &Endpoint, token: FeedbackId) -> Report {
    Report {
        id: token,
        what: What::Noted,
        tokens: Vec::new(),
        address: None,
        occurred_at: None,
        source: endpoint.source(),
        detail: "the token of a webhook".to_owned(),
        raw: None,
    }
}

/// The token while its event is being taken.
struct Turn<'e>(&'e Endpoint, FeedbackId);

impl<'e> Turn<'e> {
    fn take(endpoint: &'e Endpoint, token: FeedbackId) -> Result<Self, Refusal> {
        let mut in_flight = endpoint.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if in_flight.insert(token) {
            Ok(Self(endpoint, token))
        } else {
            Err(Refusal::Unavailable("another request with this token is in hand".to_owned()))
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}
