//! Runs of campaigns, and what became of each message.

use serde::Deserialize;
use service::campaigns::report::{self, Reported};
use service::campaigns::{explain, find};
use service::keys::Scope;
use service::sends::show;
use utoipa::ToSchema;

use super::super::call::{Call, Replied};
use super::super::endpoint::{Endpoint, Kind};
use super::super::problem::ApiProblem;
use super::super::shapes::Paged;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/runs", Scope::RunsRead, "getRuns", "Show the latest 100 runs of campaigns, newest first: what became of their messages, what came back, who opted out through them.")
            .parameter("campaign", "Only of this campaign.", Kind::Text)
            .runs(all),
        Endpoint::get("/runs/{run}", Scope::RunsRead, "getRun", "Show a run.").runs(shown),
        Endpoint::ask("/runs/explain", Scope::RunsRead, "explainRun", "Say what became of one person in a campaign's latest run, and what would be decided now.").takes(explained),
        Endpoint::get("/sends/{send}", Scope::RunsRead, "getSend", "Say what became of one message, whatever it was sent for.").runs(sent),
    ]
}

/// One person in a campaign's latest run.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ExplainRun)]
struct Explain {
    campaign: String,
    /// One of the person's addresses.
    address: String,
}

async fn all(call: Call) -> Replied<Paged<Reported>> {
    let page = call.page(&[])?;
    let campaign = call.parameter::<String>("campaign").unwrap_or_default();
    let out = report::report(&call.service, &call.actor, report::In { campaign }).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn shown(call: Call) -> Replied<Reported> {
    let run = call.place("run")?;
    Ok(find::find(&call.service, &call.actor, find::In { run }).await?.into())
}

async fn explained(call: Call, Explain { campaign, address }: Explain) -> Replied<explain::Out> {
    if campaign.len() > 200 {
        return Err(ApiProblem::invalid("campaign-invalid", "/campaign", "longer than 200 bytes"));
    }
    Ok(explain::explain(&call.service, &call.actor, explain::In { campaign, address }).await?.into())
}

async fn sent(call: Call) -> Replied<show::Out> {
    let send = call.place("send")?;
    Ok(show::show(&call.service, &call.actor, show::In { send }).await?.into())
}
