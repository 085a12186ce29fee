//! A job, as it is shown.

use consent::{JobId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use store::Job;

use crate::shape;

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Job)]
#[serde(rename_all = "camelCase")]
pub struct ShownJob {
    /// Its id.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub id: JobId,
    /// What kind of work: `campaign`, `notice`, `reply`.
    pub kind: String,
    /// `queued`, `running`, `failed` (it is tried again), `done`, `dead` (given up) or `cancelled`.
    pub state: &'static str,
    /// Who asked for it.
    pub actor: String,
    /// When.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// From when on it may be taken; of one that runs, until when it is leased.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it ended.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Attempts begun.
    pub attempts: u32,
    /// Whether it is being ended because somebody asked for it.
    pub cancelling: bool,
    /// How far it is.
    pub progress: Progress,
    /// The node that works on it.
    pub node: Option<String>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// Why the last attempt failed, or what it waits for.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Value>,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = JobProgress)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// So many are done.
    pub done: u64,
    /// Of so many; 0 where nothing is counted.
    pub total: u64,
    /// Of what.
    pub unit: String,
}

impl From<Job> for ShownJob {
    fn from(job: Job) -> Self {
        let read = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            id: job.id,
            kind: job.kind,
            state: job.state.name(),
            actor: job.actor,
            created_at: job.created_at,
            due_at: job.state.is_open().then_some(job.due_at),
            ended_at: job.ended_at,
            attempts: job.attempts,
            cancelling: job.cancel && job.state.is_open(),
            progress: Progress { done: job.done, total: job.total, unit: job.unit },
            node: job.owner,
            result: job.result.map(read),
            error: job.error.map(read),
        }
    }
}

impl ShownJob {
    /// The error's code and sentence.
    pub fn trouble(&self) -> Option<(&str, &str)> {
        let error = self.error.as_ref()?;
        match error.as_str() {
            Some(text) => Some(("", text)),
            None => Some((error["code"].as_str()?, error["message"].as_str()?)),
        }
    }
}
