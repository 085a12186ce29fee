//! A decision and its trace, as they are shown.

use consent::decide::Read;
use consent::{Decision, EntryId, Step, Timestamp, Trace};
use serde::Serialize;
use store::Held;

use crate::shape;

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// `permit`, `defer` or `exclude`.
    #[schema(value_type = String)]
    pub decision: &'static str,
    /// On which basis, or for which reason, by its code.
    pub reason: String,
    /// Until when it waits, if it does.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// It would be a permit if somebody at the brand had brought the person in, or if the person had said yes.
    pub not_brought_in: bool,
    /// The decision itself, for what it says in words.
    #[serde(skip)]
    pub outcome: Decision,
}

impl Answer {
    /// A decision with its trace.
    pub(crate) fn of(decision: Decision, trace: &Trace) -> Self {
        let (reason, until) = match decision {
            Decision::Permit(basis) => (basis.as_str().to_owned(), None),
            Decision::Defer(wait) => (wait.cause.to_string(), Some(wait.until)),
            Decision::Exclude(cause) => (cause.to_string(), None),
        };
        let last = trace.last().and_then(|step| step.value);
        let excluded = matches!(decision, Decision::Exclude(_));
        let not_brought_in = excluded && matches!(last, Some((Read::NoDefault, _)));
        Self { decision: verdict(Some(decision)), reason, until, not_brought_in, outcome: decision }
    }
}

/// A row of the decision table, as it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    /// Its number, 1 to 15.
    pub row: u8,
    /// What was tested.
    #[schema(value_type = String)]
    pub test: &'static str,
    /// `passed`, or the decision.
    #[schema(value_type = String)]
    pub outcome: &'static str,
    /// Which value was read: `email`, `identity.email`, `list`, `default`, `noDefault`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The value, as XDM has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub value: Option<&'static str>,
    /// The ledger entry that set it.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub entry: Option<EntryId>,
    /// Since when it is so, if known.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
}

impl TraceStep {
    /// A row, with the recorded value that it read.
    pub(crate) fn of(step: &Step, held: Option<Held>) -> Self {
        Self {
            row: step.row,
            test: step.test,
            outcome: verdict(step.outcome),
            field: step.value.map(|(read, _)| name(read)),
            value: step.value.map(|(_, choice)| choice.as_str()),
            entry: held.as_ref().map(|held| held.entry),
            since: held.map(|held| held.at).filter(|at| *at != Timestamp::UNDATED),
        }
    }
}

const fn verdict(outcome: Option<Decision>) -> &'static str {
    match outcome {
        None => "passed",
        Some(Decision::Permit(_)) => "permit",
        Some(Decision::Defer(_)) => "defer",
        Some(Decision::Exclude(_)) => "exclude",
    }
}

fn name(read: Read) -> String {
    match read {
        Read::Profile(field) => field.to_string(),
        Read::Identity(field) => format!("identity.{field}"),
        Read::Subscription => "list".to_owned(),
        Read::Default => "default".to_owned(),
        Read::NoDefault => "noDefault".to_owned(),
    }
}
