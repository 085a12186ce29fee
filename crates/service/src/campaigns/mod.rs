//! Campaigns and their runs.

pub mod explain;
pub mod failed;
pub mod find;
pub mod load;
pub mod order;
pub mod outcome;
pub mod plan;
pub mod preview;
pub mod report;
pub mod run;
pub mod send;
mod shown;
pub mod start;

pub use delivery::RunOptions;
pub use shown::{Feedback, OptOuts, ShownRun, Versions};
pub use store::{DeliveryState, RunReport, RunState, StoreError};

use delivery::DeliveryError;

pub use crate::sending::deps;
use crate::{Fault, Problem};

/// Why a campaign couldn't be sent, or not to its end. It goes on where it ended once that is mended.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] pub DeliveryError);

impl Fault for Error {
    fn problem(&self) -> Problem {
        crate::sending::problem(&self.0)
    }
}
