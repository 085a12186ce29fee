//! Bringing people and their consents in, and taking that back.

pub mod dry_run;
pub mod list;
pub mod run;
pub mod undo;

use intake::import::ImportError;

use crate::suppression::import::import_problem;
use crate::{Fault, Problem};

/// Why an import stopped. What was read before stays in.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] pub ImportError);

impl Fault for Error {
    fn problem(&self) -> Problem {
        import_problem(&self.0)
    }
}
