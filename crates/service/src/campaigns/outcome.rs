//! What became of a campaign, read from the job that sent it.

use consent::{RunId, Timestamp};
use delivery::{Finding, RunSummary};
use serde_json::{Value, json};
use store::{RunState, StoreError};

use super::load::began_with;
use super::run::Out;
use super::shown::{ShownRun, Versions, state};
use crate::Service;

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    /// It was sent, or goes on later.
    Sent(Box<Out>),
    /// It was sent to its end before, and nothing was sent now.
    AlreadyFinished(Box<ShownRun>),
}

/// As a job's result.
pub(crate) fn told(out: &Out) -> Value {
    let RunSummary { doubtful_found, doubtful_now, doubtful_retried, malformed_lines, warnings, .. } =
        &out.summary;
    let mut told = json!(out);
    told["doubtfulFound"] = json!(doubtful_found);
    told["doubtfulNow"] = json!(doubtful_now);
    told["doubtfulRetried"] = json!(doubtful_retried);
    told["malformedLines"] = json!(malformed_lines);
    told["warnings"] = json!(warnings);
    told
}

/// Reads a job's result; counts are those of now. `None` if it isn't one of ours.
pub async fn outcome(service: &Service, told: &Value) -> Result<Option<Outcome>, StoreError> {
    let (store, workspace) = (&service.store, service.workspace);
    let Some(id) = told["run"].as_str().and_then(|id| id.parse::<RunId>().ok()) else { return Ok(None) };
    let Some(run) = store.run(workspace, id).await? else { return Ok(None) };
    if told["alreadyFinished"] == true {
        let shown = ShownRun::of(service, run).await?;
        return Ok(Some(Outcome::AlreadyFinished(Box::new(shown))));
    }
    let report = store.run_report(workspace, id).await?;
    let number = |key: &str| told[key].as_u64().unwrap_or_default();
    let next_due = store.next_due(workspace, id, None).await?;
    let summary = RunSummary {
        run: id,
        state: run.state,
        resumed: told["resumed"] == true,
        doubtful_found: number("doubtfulFound"),
        doubtful_now: number("doubtfulNow"),
        doubtful_retried: number("doubtfulRetried"),
        malformed_addresses: number("malformed"),
        malformed_lines: told["malformedLines"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect(),
        next_due,
        report: report.clone(),
        warnings: findings(&told["warnings"]),
    };
    let out = Out {
        versions: began_with(&run).map(Versions::from),
        campaign: run.campaign,
        run: id,
        state: state(run.state),
        resumed: summary.resumed,
        malformed: summary.malformed_addresses,
        next_due,
        counts: report.into(),
        summary,
    };
    Ok(Some(Outcome::Sent(Box::new(out))))
}

/// What was found wrong with the content, as a job tells it.
pub fn findings(told: &Value) -> Vec<Finding> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |found: &Value| Finding { part: text(&found["part"]), problem: text(&found["problem"]) };
    told.as_array().into_iter().flatten().map(one).collect()
}

/// When it goes on, if it isn't over.
pub(crate) fn goes_on(out: &Out, now: Timestamp) -> Option<Timestamp> {
    (out.summary.state == RunState::Open).then(|| out.next_due.unwrap_or(now))
}

/// How the last run of a campaign stands, if there is one.
pub async fn so_far(service: &Service, campaign: &str) -> Result<Option<Out>, StoreError> {
    let Some(run) = service.store.latest_run(service.workspace, campaign).await? else { return Ok(None) };
    match outcome(service, &json!({ "run": run.id.to_string() })).await? {
        Some(Outcome::Sent(out)) => Ok(Some(*out)),
        _ => Ok(None),
    }
}
