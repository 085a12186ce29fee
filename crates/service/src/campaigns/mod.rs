//! Campaigns and their runs.

pub mod explain;
pub mod find;
pub mod plan;
pub mod report;
pub mod run;
mod shown;

pub use shown::{Feedback, OptOuts, ShownRun};
pub use store::{DeliveryState, RunReport, RunState, StoreError};

use delivery::{DeliveryError, Deps};
use tokio::sync::watch;

use crate::{Fault, Kind, Problem, Service};

/// Why a campaign couldn't be sent, or not to its end. It goes on where it ended once that is mended.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] pub DeliveryError);

impl Fault for Error {
    fn problem(&self) -> Problem {
        match &self.0 {
            DeliveryError::Input(_) => Problem::new(Kind::Invalid, "campaign-invalid"),
            DeliveryError::Publish(_) => Problem::new(Kind::Invalid, "content-refused"),
            DeliveryError::Store(error) => error.problem(),
            DeliveryError::Transport(_) => Problem::new(Kind::Unavailable, "relay-unusable"),
            DeliveryError::Provider(_) => Problem::new(Kind::Unavailable, "provider-unusable"),
            DeliveryError::Refused { .. } => Problem::new(Kind::Unavailable, "relay-refuses"),
            DeliveryError::AlreadyFinished { .. } => Problem::new(Kind::Conflict, "already-finished"),
            DeliveryError::NoList(_) => Problem::new(Kind::NotFound, "list-not-found"),
            _ => Problem::new(Kind::Internal, "campaign-failed"),
        }
    }
}

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
