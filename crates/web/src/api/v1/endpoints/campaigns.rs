//! Starting stored campaigns.

use serde::Deserialize;
use service::campaigns::{RunOptions, load, start};
use service::keys::Scope;
use utoipa::ToSchema;

use super::super::call::{Call, Replied, Reply};
use super::super::endpoint::Endpoint;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let what = "Start a stored campaign, or join whoever sends it. A server checks it and sends it as a job; each person \
        gets it once, however often it is started.";
    vec![
        Endpoint::post("/campaigns/{campaign}/runs", Scope::CampaignsRun, "startCampaign", what)
            .begins()
            .takes(started),
    ]
}

/// How a campaign is sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StartCampaign)]
struct Start {
    /// Send it once more to everybody, though it has been sent.
    #[serde(default)]
    again: bool,
    /// Send once more what may have arrived already: messages that were in flight when a server died.
    #[serde(default)]
    resend_in_doubt: bool,
}

async fn started(call: Call, asked: Start) -> Replied<start::Out> {
    let Start { again, resend_in_doubt } = asked;
    let name = call.text_at("campaign").to_owned();
    let asked = load::In { campaign: name.clone(), pins: None };
    let campaign = load::load(&call.service, &call.actor, asked).await?;
    let options = RunOptions { again, retry_doubtful: resend_in_doubt, ..RunOptions::default() };
    let asked = start::In { campaign: &campaign, options: &options };
    let out = start::start(&call.service, &call.actor, asked).await?;
    if out.joined && (again || resend_in_doubt) {
        // Whoever has the job doesn't know what else is asked for.
        return Err(start::Error::Busy(out.job, name).into());
    }
    let path = format!("/jobs/{}", out.job);
    Ok(Reply::from(out).location(&call, &path))
}
