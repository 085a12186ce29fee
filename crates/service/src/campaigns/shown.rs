//! A run, as it is shown: what became of its messages, what came back, who opted out through it.

use std::collections::BTreeMap;

use consent::{Exclusion, RunId, Timestamp};
use delivery::Pins;
use serde::Serialize;
use store::{DeliveryState, Run, RunOptOuts, RunReport, RunState, StoreError};

use super::load::began_with;
use crate::{Service, returned, shape};

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownRun {
    /// The campaign's name.
    pub campaign: String,
    /// The run.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub run: RunId,
    /// The versions of the definitions that it was started with; `None` of a run of before there were any.
    pub versions: Option<Versions>,
    /// `open`, `finished` or `stopped`.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// When it began.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// What became of its messages.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The versions of the definitions that a run was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RunVersions)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// Of the campaign.
    pub campaign: i64,
    /// Of the configuration, where the campaign names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<i64>,
    /// Of the content, where the campaign names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<i64>,
}

impl From<Pins> for Versions {
    fn from(pins: Pins) -> Self {
        let Pins { campaign, configuration, content } = pins;
        Self { campaign, configuration, content }
    }
}

/// What became of a run's messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RunCounts)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// In the audience.
    pub audience: u64,
    /// Taken by the transport.
    pub sent: u64,
    /// Refused for now, or held back by the decision; due again.
    pub deferred: u64,
    /// Refused for good.
    pub rejected: u64,
    /// Refused for now too often.
    pub given_up: u64,
    /// Nobody knows whether they arrived.
    pub in_doubt: u64,
    /// Of those deferred, the ones that wait by our own decision, per cause.
    pub waiting: BTreeMap<String, u64>,
    /// Excluded, per reason.
    pub excluded: BTreeMap<String, u64>,
    /// The same, for what is said in words.
    #[serde(skip)]
    pub report: RunReport,
}

impl From<RunReport> for Counts {
    fn from(report: RunReport) -> Self {
        let count = |state| report.deliveries.get(&state).copied().unwrap_or(0);
        let by_name = |causes: &BTreeMap<Exclusion, u64>| {
            causes.iter().map(|(cause, count)| (cause.to_string(), *count)).collect()
        };
        Self {
            audience: report.audience,
            sent: count(DeliveryState::Sent),
            deferred: count(DeliveryState::Deferred),
            rejected: count(DeliveryState::Rejected),
            given_up: count(DeliveryState::GivenUp),
            in_doubt: count(DeliveryState::InDoubt),
            waiting: by_name(&report.waiting),
            excluded: by_name(&report.excluded),
            report,
        }
    }
}

/// How a run stands, by its name outside.
pub(super) const fn state(state: RunState) -> &'static str {
    match state {
        RunState::Open => "open",
        RunState::Finished => "finished",
        RunState::Stopped => "stopped",
    }
}

impl ShownRun {
    /// A run with its counts.
    pub(super) async fn of(service: &Service, run: Run) -> Result<Self, StoreError> {
        let report = service.store.run_report(service.workspace, run.id).await?;
        let versions = began_with(&run).map(Versions::from);
        let Run { id, campaign, created_at, finished_at, .. } = run;
        let (state, counts) = (state(run.state), report.into());
        Ok(Self { campaign, run: id, versions, state, started_at: created_at, finished_at, counts })
    }
}

/// What came back about a run's messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RunFeedback)]
#[serde(rename_all = "camelCase")]
pub struct Feedback {
    /// Confirmed as delivered.
    pub delivered: u64,
    /// The address doesn't exist.
    pub hard_bounce: Bounces,
    /// Not delivered this time.
    pub soft_bounce: Bounces,
    /// Reported as spam.
    pub complaint: u64,
    /// Mails to the unsubscribe address.
    pub unsubscribe: u64,
    /// Anything else.
    pub noted: u64,
}

/// Bounces of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bounces {
    /// How many.
    pub total: u64,
    /// For each reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub reasons: BTreeMap<&'static str, u64>,
}

impl Feedback {
    /// Counts what came back.
    pub(super) async fn of(service: &Service, run: RunId) -> Result<Self, StoreError> {
        let mut feedback = Self::default();
        for counted in service.store.feedback_counts(service.workspace, Some(run)).await? {
            let bounces = match counted.kind.as_str() {
                "hard_bounce" => &mut feedback.hard_bounce,
                "soft_bounce" => &mut feedback.soft_bounce,
                other => {
                    let count = match other {
                        "delivered" => &mut feedback.delivered,
                        "complaint" => &mut feedback.complaint,
                        "unsubscribe" => &mut feedback.unsubscribe,
                        _ => &mut feedback.noted,
                    };
                    *count += counted.count;
                    continue;
                }
            };
            bounces.total += counted.count;
            if let Some(reason) = returned::reason(counted.kind) {
                *bounces.reasons.entry(reason).or_default() += counted.count;
            }
        }
        Ok(feedback)
    }
}

/// Who opted out through the messages of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RunOptOuts)]
#[serde(rename_all = "camelCase")]
pub struct OptOuts {
    /// People, each once.
    pub people: u64,
    /// The same people by the way that came first.
    pub by_source: BTreeMap<String, u64>,
    /// Beside them, people who took all of it back.
    pub undone: u64,
}

impl From<RunOptOuts> for OptOuts {
    fn from(RunOptOuts { people, by_source, undone }: RunOptOuts) -> Self {
        Self { people, by_source, undone }
    }
}
