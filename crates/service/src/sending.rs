//! What delivery works with, and how its errors look outside: for campaigns, and for definitions that are checked as campaigns.

use delivery::{DeliveryError, Deps};
use tokio::sync::watch;

use crate::{Fault as _, Kind, Problem, Service};

/// What a run works with.
pub fn deps(service: &Service, stop: watch::Receiver<bool>) -> Deps {
    Deps {
        store: service.store.clone(),
        workspace: service.workspace,
        clock: std::sync::Arc::clone(&service.clock),
        judge: |reply| intake::mail::refusal(reply, ""),
        stop,
    }
}

/// What a program reads of an error.
pub(crate) fn problem(error: &DeliveryError) -> Problem {
    match error {
        DeliveryError::Input(error) => Problem {
            pointer: Some(error.pointer.clone().into()),
            ..Problem::new(Kind::Invalid, "campaign-invalid")
        },
        DeliveryError::NoSecret(_) => Problem::new(Kind::Unavailable, "secret-unknown"),
        DeliveryError::Publish(_) => Problem::new(Kind::Invalid, "content-refused"),
        DeliveryError::Store(error) => error.problem(),
        DeliveryError::Transport(_) => Problem::new(Kind::Unavailable, "relay-unusable"),
        DeliveryError::Provider(_) => Problem::new(Kind::Unavailable, "provider-unusable"),
        DeliveryError::Refused { .. } => Problem::new(Kind::Unavailable, "relay-refuses"),
        DeliveryError::AlreadyFinished { .. } => Problem::new(Kind::Conflict, "already-finished"),
        DeliveryError::OtherContent { .. } => Problem::new(Kind::Conflict, "other-content"),
        DeliveryError::NoList(_) => Problem::new(Kind::NotFound, "list-not-found"),
        _ => Problem::new(Kind::Internal, "campaign-failed"),
    }
}
