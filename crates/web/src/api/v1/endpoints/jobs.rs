//! Jobs: work that nobody waits for.

use service::jobs::{JobState, ShownJob, cancel, list, retry, show};
use service::keys::Scope;

use super::super::call::{Call, Replied};
use super::super::endpoint::{Endpoint, Kind};
use super::super::shapes::Paged;

const STATES: &[&str] = &["queued", "running", "failed", "done", "dead", "cancelled"];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/jobs",
            Scope::JobsRead,
            "getJobs",
            "Show jobs, newest first: campaigns that are sent, notices and answers to texts.",
        )
        .parameter("state", "Only those in this state.", Kind::OneOf(STATES))
        .parameter("kind", "Only of this kind: `campaign`, `notice`, `reply`.", Kind::Text)
        .pages()
        .runs(all),
        Endpoint::get(
            "/jobs/{job}",
            Scope::JobsRead,
            "getJob",
            "Show a job: how far it is, what came of it, why it failed.",
        )
        .runs(shown),
        Endpoint::post(
            "/jobs/{job}/cancel",
            Scope::JobsWrite,
            "cancelJob",
            "End a job. One that runs finishes what it has in hand.",
        )
        .runs(cancelled),
        Endpoint::post(
            "/jobs/{job}/retry",
            Scope::JobsWrite,
            "retryJob",
            "Do now what was given up or cancelled, or what waits.",
        )
        .runs(retried),
    ]
}

async fn all(call: Call) -> Replied<Paged<ShownJob>> {
    let state: Option<JobState> = call.parameter("state")?;
    let kind = call.parameter::<String>("kind").unwrap_or_default();
    let page = call.page(&[state.map_or("", JobState::name), kind.as_deref().unwrap_or_default()])?;
    let states = state.into_iter().collect();
    let asked = list::In { states, kind, limit: page.limit, cursor: page.after() };
    let out = list::list(&call.service, &call.actor, asked).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn shown(call: Call) -> Replied<ShownJob> {
    let job = call.place("job")?;
    Ok(show::show(&call.service, &call.actor, show::In { job }).await?.into())
}

async fn cancelled(call: Call) -> Replied<ShownJob> {
    let job = call.place("job")?;
    Ok(cancel::cancel(&call.service, &call.actor, cancel::In { job }).await?.job.into())
}

async fn retried(call: Call) -> Replied<ShownJob> {
    let job = call.place("job")?;
    Ok(retry::retry(&call.service, &call.actor, retry::In { job }).await?.into())
}
