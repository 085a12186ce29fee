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
use std::time::Duration;

use consent::{BounceReason, Clock, ListId, RunId, Timestamp, WorkspaceId};
use store::{NewRun, Run, RunGuard, RunReport, RunState, Store, StoreError};
use tokio::sync::watch;

use crate::audience::{self, Resolved};
use crate::campaign::{Campaign, RunSpec};
use crate::dkim::Signer;
use crate::error::{DeliveryError, InputError};
use crate::gate::{Gate, person};
use crate::links::Links;
use crate::listed::Listed;
use crate::message::Composer;
use crate::parts::Parts;
use crate::pipeline::Pipeline;
use crate::publish::{Checked, Finding, LinkProbe, PublishError};
use crate::render::{Person, Renderer};
use crate::settle::Tally;
use crate::smtp::SmtpTransport;
use crate::turns::StoreTurns;
use crate::window::Window;

/// People that the publish check renders for.
const SAMPLES: u64 = 25;
/// How long to wait for another process that is starting a run, in steps of [`START_PAUSE`].
const START_TRIES_MAX: u32 = 600;
const START_PAUSE: Duration = Duration::from_millis(50);
/// No run has this number: its lock is held while a run is started, so that two processes don't start the same one.
const START_LOCK: RunId = RunId(0);

/// What a run works with.
#[derive(Clone)]
pub struct Deps {
    /// The state.
    pub store: Arc<dyn Store>,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What a server's refusal means; see [`Judge`].
    pub judge: Judge,
    /// Becomes true when the run is to stop: it finishes what is in hand and can be resumed.
    pub stop: watch::Receiver<bool>,
}

/// Tells what a reply such as `550 5.1.1 no such user` says of the address, and whether no further try can help: the
/// reading of bounces, which is not this crate's.
pub type Judge = fn(reply: &str) -> Option<(BounceReason, bool)>;

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// Send a finished campaign once more, to everyone.
    pub again: bool,
    /// Send what is in doubt once more: some people may get it twice.
    pub retry_doubtful: bool,
    /// Stay until everything that was refused for now has been tried again; otherwise it waits for the next start.
    pub wait_for_retries: bool,
    /// First wait after the relay couldn't be reached; it doubles with each further failure.
    pub backoff: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            again: false,
            retry_doubtful: false,
            wait_for_retries: true,
            backoff: Duration::from_millis(250),
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// In the audience.
    pub total: u64,
    /// Taken by the relay.
    pub sent: u64,
    /// Excluded.
    pub excluded: u64,
    /// Refused for now; one that is refused twice counts twice.
    pub deferred: u64,
    /// Refused for good, or given up.
    pub rejected: u64,
    /// In doubt.
    pub in_doubt: u64,
    /// Since this process started on the run.
    pub elapsed: Duration,
    /// Messages taken per second since then.
    pub per_second: f64,
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// Finished, or open when something waits.
    pub state: RunState,
    /// Whether an earlier process had begun it.
    pub resumed: bool,
    /// Messages that an earlier process left in doubt, found now.
    pub doubtful_found: u64,
    /// Of those in doubt, how many were made due again.
    pub doubtful_retried: u64,
    /// Rows of the address file without a well-formed address.
    pub malformed_addresses: u64,
    /// Lines of the first of them.
    pub malformed_lines: Vec<u64>,
    /// When the next message is due, if one waits.
    pub next_due: Option<Timestamp>,
    /// Counts of the whole run.
    pub report: RunReport,
    /// What the publish check warns of.
    pub warnings: Vec<Finding>,
}

impl Deps {
    /// The list that the campaign is bound to.
    pub(crate) async fn list(&self, campaign: &Campaign) -> Result<Option<ListId>, DeliveryError> {
        let Some(name) = &campaign.list else { return Ok(None) };
        let list = self.store.list_by_name(self.workspace, name).await?;
        list.map(|list| Some(list.id)).ok_or_else(|| DeliveryError::NoList(name.clone()))
    }

    pub(crate) fn gate(&self, campaign: &Campaign, list: Option<ListId>) -> Gate {
        Gate {
            store: Arc::clone(&self.store),
            workspace: self.workspace,
            clock: Arc::clone(&self.clock),
            category: campaign.configuration.category,
            list,
            sender: campaign.configuration.from.email.clone(),
            after_complaint: campaign.configuration.send_after_complaint,
        }
    }

    /// The maker of a campaign's links; without an address of our pages there are none.
    pub async fn links(&self, campaign: &Campaign, run: Option<RunId>) -> Result<Links, DeliveryError> {
        let public_url = match &campaign.configuration.public_url {
            Some(url) => Some(url.clone()),
            None => self.store.settings(self.workspace).await?.public_url,
        };
        let missing = || Finding {
            part: "configuration.public_url".to_owned(),
            problem: "is missing; name the address at which our pages are reached".to_owned(),
        };
        let public_url = public_url.ok_or_else(|| PublishError { findings: vec![missing()] })?;
        Ok(Links {
            ring: self.store.key_ring(),
            public_url: public_url.trim_end_matches('/').into(),
            workspace: self.workspace,
            run,
            list: self.list(campaign).await?,
            level: campaign.configuration.level,
        })
    }
}

/// Sends a campaign: starts its run, resumes it, or joins other nodes that work on it.
///
/// Returns when nothing waits any more (on a shared store also when others finish), when only later attempts wait and `wait_for_retries` is off, when `deps.stop`
/// says so, or with an error; after any of these the same call goes on where this one ended.
pub async fn run_campaign(
    deps: &Deps,
    campaign: &Campaign,
    options: &RunOptions,
    probe: &dyn LinkProbe,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> Result<RunSummary, DeliveryError> {
    let (signer, transport) = means(deps, campaign)?;
    let started = start(deps, campaign, options, probe).await?;
    let Started { run, resumed, doubtful_retried, resolved, listed, checked } = started;
    let mut summary = RunSummary {
        run: run.id,
        state: RunState::Open,
        resumed,
        doubtful_found: 0,
        doubtful_retried,
        malformed_addresses: resolved.malformed,
        malformed_lines: resolved.malformed_lines,
        next_due: None,
        report: RunReport::default(),
        warnings: checked.warnings,
    };
    let links = deps.links(campaign, Some(run.id)).await?;
    let renderer = Renderer::new(campaign, links).map_err(template_findings)?;
    let pipeline = Pipeline {
        gate: deps.gate(campaign, run.list),
        run: run.id,
        listed,
        window: Window::new(transport.connections_max()),
        transport: transport.clone(),
        renderer,
        composer: Composer::new(campaign, signer),
        retry: campaign.configuration.retry.clone(),
        judge: deps.judge,
        backoff: options.backoff,
        handed: Mutex::default(),
    };
    let tally = Arc::new(Tally::new(&pipeline.gate, run.id, progress).await?);
    let audience = deps.store.audience(deps.workspace, run.id).await?;
    let (pipeline, last, busy) = (Arc::new(pipeline), None, false);
    let ended = Parts { deps, options, pipeline, audience, tally, last, busy }.work(&mut summary).await;
    transport.close_idle().await;
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
pub async fn check_campaign(
    deps: &Deps,
    campaign: &Campaign,
    probe: &dyn LinkProbe,
) -> Result<Checked, DeliveryError> {
    means(deps, campaign)?;
    let list = deps.list(campaign).await?;
    let links = deps.links(campaign, None).await?;
    Renderer::new(campaign, links.clone()).map_err(template_findings)?;
    let now = deps.clock.now();
    let resolved = audience::resolve(&*deps.store, deps.workspace, campaign, list, false, now).await?;
    room_for(campaign, &resolved)?;
    let samples = samples(deps, campaign, list, &resolved.profiles).await?;
    deps.checked(campaign, &samples, &links, probe).await
}

/// What signs and what sends; nothing is connected yet.
fn means(deps: &Deps, campaign: &Campaign) -> Result<(Signer, SmtpTransport), DeliveryError> {
    let signer = Signer::load(&campaign.configuration.dkim)
        .map_err(|problem| InputError::new(&campaign.file, "dkim.key_file", problem))?;
    let config = campaign.configuration.transport.clone();
    let turns = StoreTurns::of(deps, &config);
    Ok((signer, SmtpTransport::with_turns(config, turns)?))
}

/// Refuses what the run's description has no room for.
fn room_for(campaign: &Campaign, resolved: &Resolved) -> Result<(), InputError> {
    if resolved.listed.fits() {
        return Ok(());
    }
    let problem = "the file names another address than the person's first one for too many people; split it";
    Err(InputError::new(&campaign.file, "audience.file", problem))
}

/// The addresses that a run was started with. A description that can't be read would mail other addresses than those
/// asked for, so it stops the run (I9).
fn listed(run: &Run) -> Result<Listed, DeliveryError> {
    let spec: RunSpec = serde_json::from_str(&run.spec)
        .map_err(|_| StoreError::Damaged(format!("the description of {} can't be read", run.id)))?;
    Ok(spec.listed)
}

struct Started {
    run: Run,
    resumed: bool,
    doubtful_retried: u64,
    resolved: Resolved,
    listed: Listed,
    checked: Checked,
}

/// Finds the open run or makes a new one. Where the store isn't shared, nobody else may work on it.
async fn start(
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
    let resolved = audience::resolve(&*deps.store, deps.workspace, campaign, list, true, now).await?;
    room_for(campaign, &resolved)?;
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
    let listed = listed(&run)?;
    Ok(Started { run, resumed: false, doubtful_retried: 0, resolved, listed, checked })
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

fn template_findings(errors: Vec<crate::render::TemplateError>) -> PublishError {
    let finding = |error: crate::render::TemplateError| Finding {
        part: error.part,
        problem: format!("line {}: {}", error.line, error.problem),
    };
    PublishError { findings: errors.into_iter().map(finding).collect() }
}

/// People spread over the audience, as far as they have an address.
pub(crate) async fn samples(
    deps: &Deps,
    campaign: &Campaign,
    list: Option<ListId>,
    audience: &roaring::RoaringTreemap,
) -> Result<Vec<Person>, DeliveryError> {
    let step = (audience.len() / SAMPLES).max(1);
    let picked = (0..SAMPLES).filter_map(|n| audience.select(n * step)).map(audience::profile).collect();
    let (readings, ..) = deps.gate(campaign, list).read(picked, None, true).await?;
    Ok(readings.into_iter().filter_map(person).collect())
}
