//! Why a campaign wasn't sent, read from the job that was to send it.

use delivery::Finding;
use serde_json::Value;
use store::StoreError;

use super::ShownRun;
use super::outcome::{Outcome, findings, outcome};
use crate::{Fault, Kind, Problem, Service};

/// Why it wasn't sent, or not to its end. It goes on where it ended once that is mended.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The publish check refused its content.
    #[error("the content can't be published")]
    ContentRefused(Vec<Finding>),
    /// The relay refuses everybody's mail; how far the run came.
    #[error("{0}")]
    RelayRefuses(String, Option<Box<ShownRun>>),
    /// Anything else.
    #[error("{0}")]
    Other(String, Problem),
}

impl Fault for Failed {
    fn problem(&self) -> Problem {
        match self {
            Self::ContentRefused(_) => Problem::new(Kind::Invalid, "content-refused"),
            Self::RelayRefuses(..) => Problem::new(Kind::Unavailable, "relay-refuses"),
            Self::Other(_, problem) => problem.clone(),
        }
    }
}

/// What other failures are, by the code that the job tells.
const OTHERS: [(&str, Problem); 8] = [
    ("campaign-invalid", Problem::new(Kind::Invalid, "campaign-invalid")),
    ("secret-unknown", Problem::new(Kind::Unavailable, "secret-unknown")),
    ("definition-archived", Problem::new(Kind::Conflict, "definition-archived")),
    ("other-content", Problem::new(Kind::Conflict, "other-content")),
    ("list-not-found", Problem::new(Kind::NotFound, "list-not-found")),
    ("relay-unusable", Problem::new(Kind::Unavailable, "relay-unusable")),
    ("provider-unusable", Problem::new(Kind::Unavailable, "provider-unusable")),
    ("busy", Problem::new(Kind::Unavailable, "busy")),
];

/// Reads what a job tells of its last attempt.
pub async fn failed(service: &Service, told: &Value) -> Result<Failed, StoreError> {
    let message = told["message"].as_str().or(told.as_str()).unwrap_or("it failed").to_owned();
    let more = &told["more"];
    Ok(match told["code"].as_str().unwrap_or_default() {
        "content-refused" => Failed::ContentRefused(findings(&more["findings"])),
        "relay-refuses" => {
            let again = serde_json::json!({ "run": more["run"], "alreadyFinished": true });
            let run = match outcome(service, &again).await? {
                Some(Outcome::AlreadyFinished(run)) => Some(run),
                _ => None,
            };
            Failed::RelayRefuses(message, run)
        }
        code => {
            let known = OTHERS.into_iter().find(|(name, _)| *name == code);
            let other = Problem::new(Kind::Internal, "campaign-failed");
            Failed::Other(message, known.map_or(other, |(_, problem)| problem))
        }
    })
}
