//! A campaign run: started or resumed, driven to its end, never mailing anyone twice.
//!
//! ```text
//! audience ─► decide ─► claim (durable) ─► queue ─► worker: render, sign, hand over ─► settle (durable)
//!                 ▲                                    │ refused for now
//!                 └────────── due again ◄──────────────┘
//! ```
//!
//! Few messages are claimed and not settled at a time, the fewer the slower the relay is, at most
//! [`IN_HAND_PER_CONNECTION`](crate::window::IN_HAND_PER_CONNECTION) per connection: that many are in doubt after the
//! process is killed, and no more.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use store::{RunReport, RunState};

use crate::audience;
use crate::campaign::Campaign;
use crate::checks::{samples, template_findings};
pub use crate::deps::{Deps, Judge, Progress, RunOptions, RunSummary};
use crate::error::{DeliveryError, InputError};
use crate::gate::Gate;
use crate::parts::Parts;
use crate::pipeline::Pipeline;
use crate::pipeline::settle::Tally;
use crate::publish::{Checked, LinkProbe};
use crate::render::Renderer;
use crate::standing::Standing;
use crate::start::{Started, start};
use crate::transport::{Purpose, Route, RouteError};
use crate::window::Window;

/// Sends a campaign: starts its run, resumes it, or joins other nodes that work on it.
///
/// Returns when nothing waits any more (on a shared store also when others finish), when only later attempts wait and `wait_for_retries` is off, when `deps.stop`
/// says so, or with an error; after any of these the same call goes on where this one ended.
pub fn run_campaign<'a>(
    deps: &'a Deps,
    campaign: &'a Campaign,
    options: &'a RunOptions,
    probe: &'a dyn LinkProbe,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> BoxFuture<'a, Result<RunSummary, DeliveryError>> {
    Box::pin(run(deps, campaign, options, probe, progress))
}

async fn run(
    deps: &Deps,
    campaign: &Campaign,
    options: &RunOptions,
    probe: &dyn LinkProbe,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> Result<RunSummary, DeliveryError> {
    let route = route(deps, campaign).await?;
    let started = start(deps, campaign, options, probe).await?;
    let Started { run, resumed, doubtful_retried, resolved, listed, checked } = started;
    let mut summary = RunSummary {
        run: run.id,
        state: RunState::Open,
        resumed,
        doubtful_found: 0,
        doubtful_now: 0,
        doubtful_retried,
        malformed_addresses: resolved.malformed,
        malformed_lines: resolved.malformed_lines,
        next_due: None,
        report: RunReport::default(),
        warnings: checked.warnings,
    };
    let links = deps.links(campaign, Some(run.id)).await?;
    let renderer = Renderer::new(campaign, links).map_err(template_findings)?;
    let audience = Arc::new(deps.store.audience(deps.workspace, run.id).await?);
    let (in_run, of) = (Some(run.id), Some(Arc::clone(&audience)));
    let gate = Gate { run: in_run, audience: of, ..deps.gate(campaign, run.list) };
    let tally = Arc::new(Tally::new(&gate, run.id, progress).await?);
    let pipeline = Pipeline {
        gate,
        run: run.id,
        listed,
        window: Window::new(route.at_once()),
        route,
        renderer,
        retry: campaign.configuration.retry.clone(),
        judge: deps.judge,
        standing: Standing::new(tally.sent_before()),
        backoff: options.backoff,
        handed: Mutex::default(),
    };
    let (pipeline, last, busy) = (Arc::new(pipeline), None, false);
    let counted = Arc::clone(&tally);
    let ended = Parts { deps, options, pipeline, audience, tally, last, busy }.work(&mut summary).await;
    summary.doubtful_now = counted.broken_off();
    ended?;
    summary.next_due = deps.store.next_due(deps.workspace, run.id, None).await?;
    let now = deps.store.run(deps.workspace, run.id).await?;
    summary.state = now.map_or(RunState::Open, |run| run.state);
    summary.report = deps.store.run_report(deps.workspace, run.id).await?;
    Ok(summary)
}

/// Checks a campaign as [`run_campaign`] does before it starts: keys, relay settings, content, links. Nothing changes.
///
/// The samples are from the audience; addresses of a file that nobody is known by have none.
pub fn check_campaign<'a>(
    deps: &'a Deps,
    campaign: &'a Campaign,
    probe: &'a dyn LinkProbe,
) -> BoxFuture<'a, Result<Checked, DeliveryError>> {
    Box::pin(check(deps, campaign, probe))
}

/// Checks what a campaign says as [`check_campaign`] does, where its secrets aren't known. Nothing changes.
pub fn check_content<'a>(
    deps: &'a Deps,
    campaign: &'a Campaign,
    probe: &'a dyn LinkProbe,
) -> BoxFuture<'a, Result<Checked, DeliveryError>> {
    Box::pin(said(deps, campaign, probe))
}

async fn check(deps: &Deps, campaign: &Campaign, probe: &dyn LinkProbe) -> Result<Checked, DeliveryError> {
    route(deps, campaign).await?;
    said(deps, campaign, probe).await
}

async fn said(deps: &Deps, campaign: &Campaign, probe: &dyn LinkProbe) -> Result<Checked, DeliveryError> {
    let list = deps.list(campaign).await?;
    let links = deps.links(campaign, None).await?;
    Renderer::new(campaign, links.clone()).map_err(template_findings)?;
    let now = deps.clock.now();
    let resolved = audience::resolve(&deps.store, deps.workspace, campaign, list, false, now).await?;
    resolved.check_room()?;
    let samples = samples(deps, campaign, list, &resolved.profiles).await?;
    deps.checked(campaign, &samples, &links, probe).await
}

/// What signs and what sends; nothing is connected yet.
async fn route(deps: &Deps, campaign: &Campaign) -> Result<Box<dyn Route>, DeliveryError> {
    let public_url = deps.public_url(campaign).await?;
    let purpose = Purpose::Campaign {
        name: &campaign.name,
        list: campaign.list.as_deref(),
        public_url: public_url.as_deref(),
    };
    deps.transports.route(&campaign.configuration, purpose).map_err(|error| match error {
        RouteError::Key(problem) => InputError::new("configuration.dkim", problem).into(),
        RouteError::Line(error) => error.into(),
    })
}
