//! The beginning of a run: the open one is found, or a new one made, and its content checked.

use std::time::Duration;

use consent::{RunId, Timestamp};
use store::{DefinitionKind, DefinitionState, NewRun, Run, RunGuard, RunState, StoreError};

use crate::audience::{self, Resolved};
use crate::campaign::{Campaign, References, RunSpec};
use crate::checks::{samples, template_findings};
use crate::deps::{Deps, RunOptions};
use crate::error::DeliveryError;
use crate::listed::Listed;
use crate::publish::{Checked, LinkProbe};
use crate::render::Renderer;

/// How long to wait for another process that is starting a run, in steps of [`START_PAUSE`].
const START_TRIES_MAX: u32 = 600;
const START_PAUSE: Duration = Duration::from_millis(50);
/// No run has this number: its lock is held while a run is started, so that two processes don't start the same one.
const START_LOCK: RunId = RunId(0);

/// A run that can be worked on.
pub(crate) struct Started {
    pub run: Run,
    pub resumed: bool,
    pub doubtful_retried: u64,
    pub resolved: Resolved,
    pub listed: Listed,
    pub checked: Checked,
}

/// Finds the open run or makes a new one. Where the store isn't shared, nobody else may work on it.
pub(crate) async fn start(
    deps: &Deps,
    campaign: &Campaign,
    options: &RunOptions,
    probe: &dyn LinkProbe,
) -> Result<Started, DeliveryError> {
    let _starting = start_lock(deps).await?;
    let list = deps.list(campaign).await?;
    let latest = deps.store.latest_run(deps.workspace, &campaign.name).await?;
    let existing = match latest {
        Some(run) if run.state == RunState::Open && run.fingerprint != campaign.fingerprint() => {
            return Err(DeliveryError::OtherContent { campaign: campaign.name.clone(), run: run.id });
        }
        Some(run) if run.state == RunState::Open => Some(run),
        Some(run)
            if options.retry_doubtful && !options.again && run.fingerprint == campaign.fingerprint() =>
        {
            Some(run)
        }
        Some(run) if !options.again => {
            return Err(DeliveryError::AlreadyFinished { campaign: campaign.name.clone(), run: run.id });
        }
        _ => None,
    };
    let links = deps.links(campaign, existing.as_ref().map(|run| run.id)).await?;
    if let Some(run) = existing {
        if !deps.store.is_shared() {
            drop(deps.store.lock_run(deps.workspace, run.id).await?);
        }
        let doubtful_retried = reopen(deps, &run, options).await?;
        let profiles = deps.store.audience(deps.workspace, run.id).await?;
        let samples = samples(deps, campaign, list, &profiles).await?;
        let checked = deps.checked(campaign, &samples, &links, probe).await?;
        let listed = listed(&run)?;
        let (resumed, resolved) = (true, Resolved::default());
        return Ok(Started { run, resumed, doubtful_retried, resolved, listed, checked });
    }
    let now = deps.clock.now();
    // Refuses content that can't go out before anything is made.
    Renderer::new(campaign, links.clone()).map_err(template_findings)?;
    let resolved = audience::resolve(&deps.store, deps.workspace, campaign, list, true, now).await?;
    resolved.check_room()?;
    let samples = samples(deps, campaign, list, &resolved.profiles).await?;
    let checked = deps.checked(campaign, &samples, &links, probe).await?;
    let (name, body) = (&campaign.configuration.name, campaign.configuration.to_json());
    let configuration = deps.store.put_configuration(deps.workspace, name, &body, now).await?;
    let spec = serde_json::to_string(&campaign.spec(&checked.confirmation, resolved.listed.clone()));
    let run = NewRun {
        campaign: campaign.name.clone(),
        configuration: configuration.id,
        list,
        fingerprint: campaign.fingerprint().to_owned(),
        spec: spec.map_err(|error| StoreError::Invalid(error.to_string()))?,
        audience: resolved.profiles.clone(),
        created_at: now,
    };
    let run = deps.store.create_run(deps.workspace, run).await?;
    go_live(deps, campaign, now).await?;
    let listed = listed(&run)?;
    Ok(Started { run, resumed: false, doubtful_retried: 0, resolved, listed, checked })
}

/// Notes of the documents that messages go out by them. One that has a later version by now stays as it is.
async fn go_live(deps: &Deps, campaign: &Campaign, now: Timestamp) -> Result<(), StoreError> {
    use DefinitionKind::{Campaign, Configuration, Content};
    let Some(pins) = campaign.pins else { return Ok(()) };
    let References { configuration, content } = &campaign.references;
    let named = [
        (Campaign, Some(&campaign.name), Some(pins.campaign)),
        (Configuration, configuration.as_ref(), pins.configuration),
        (Content, content.as_ref(), pins.content),
    ];
    for (kind, name, version) in named {
        if let (Some(name), Some(version)) = (name, version) {
            let live = DefinitionState::Live;
            deps.store.set_definition_state(deps.workspace, kind, name, version, live, now).await?;
        }
    }
    Ok(())
}

/// Makes what is in doubt due again if that was asked for, and the run open. In this order: whoever finds nothing left and
/// finishes the run at this moment is undone.
async fn reopen(deps: &Deps, run: &Run, options: &RunOptions) -> Result<u64, StoreError> {
    let now = deps.clock.now();
    if !options.retry_doubtful {
        return Ok(0);
    }
    let retried = deps.store.retry_doubtful(deps.workspace, run.id, None, now).await?;
    deps.store.set_run_state(deps.workspace, run.id, RunState::Open, now).await?;
    Ok(retried)
}

async fn start_lock(deps: &Deps) -> Result<RunGuard, DeliveryError> {
    let mut tries = 0;
    loop {
        match deps.store.lock_run(deps.workspace, START_LOCK).await {
            Err(StoreError::Busy(_)) if tries < START_TRIES_MAX => tries += 1,
            other => return Ok(other?),
        }
        tokio::time::sleep(START_PAUSE).await;
    }
}

/// The addresses that a run was started with. A description that can't be read would mail other addresses than those
/// asked for, so it stops the run (I9).
fn listed(run: &Run) -> Result<Listed, DeliveryError> {
    let spec: RunSpec = serde_json::from_str(&run.spec)
        .map_err(|_| StoreError::Damaged(format!("the description of {} can't be read", run.id)))?;
    Ok(spec.listed)
}
