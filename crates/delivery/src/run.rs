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

use consent::{BounceReason, Channel, Clock, ListId, RunId, Sent, Timestamp, WorkspaceId};
use futures_util::future::BoxFuture;
use store::{RunReport, RunState, Store};
use tokio::sync::watch;
use wire::smtp::SmtpTransport;

use crate::audience::{self, Resolved};
use crate::campaign::Campaign;
use crate::configuration::Medium;
use crate::dkim::Signer;
use crate::error::{DeliveryError, InputError};
use crate::gate::{Gate, person};
use crate::landing::published;
use crate::links::Links;
use crate::means::{Means, TextMeans};
use crate::message::Composer;
use crate::parts::Parts;
use crate::pipeline::Pipeline;
use crate::publish::{Checked, Finding, LinkProbe, PublishError};
use crate::render::{Person, Renderer};
use crate::settle::Tally;
use crate::sms::SmsTransport;
use crate::standing::Standing;
use crate::start::{Started, start};
use crate::turns::StoreTurns;
use crate::window::Window;

/// People that the publish check renders for.
const SAMPLES: u64 = 25;

/// What a run works with.
#[derive(Clone)]
pub struct Deps {
    /// The state.
    pub store: Store,
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
    /// Messages that came in doubt in this process: the connection broke before the answer.
    pub doubtful_now: u64,
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
            store: self.store.clone(),
            workspace: self.workspace,
            clock: Arc::clone(&self.clock),
            channel: campaign.configuration.channel(),
            category: campaign.configuration.category,
            list,
            run: None,
            audience: None,
            sender: Some(campaign.configuration.sender().to_owned()),
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
            short: campaign.configuration.channel() != Channel::Email,
            landing: Arc::new(published(&self.store, self.workspace, campaign).await?),
            opt_in: None,
        })
    }
}

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
    let mut means = means(deps, campaign)?;
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
    if let (Means::Text(text), Medium::Sms(sms)) = (&mut means, &campaign.configuration.medium) {
        let receiver = sms.transport.receiver.as_ref();
        text.callback = receiver.map(|receiver| format!("{}/sms/{receiver}", links.public_url));
    }
    let renderer = Renderer::new(campaign, links).map_err(template_findings)?;
    let audience = Arc::new(deps.store.audience(deps.workspace, run.id).await?);
    let (in_run, of) = (Some(run.id), Some(Arc::clone(&audience)));
    let gate = Gate { run: in_run, audience: of, ..deps.gate(campaign, run.list) };
    let tally = Arc::new(Tally::new(&gate, run.id, progress).await?);
    let pipeline = Pipeline {
        gate,
        run: run.id,
        listed,
        window: Window::new(means.connections_max()),
        means,
        renderer,
        retry: campaign.configuration.retry.clone(),
        judge: deps.judge,
        standing: Standing::new(tally.sent_before()),
        backoff: options.backoff,
        handed: Mutex::default(),
    };
    let (pipeline, last, busy) = (Arc::new(pipeline), None, false);
    let (sending, counted) = (Arc::clone(&pipeline), Arc::clone(&tally));
    let ended = Parts { deps, options, pipeline, audience, tally, last, busy }.work(&mut summary).await;
    sending.means.close_idle().await;
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

async fn check(deps: &Deps, campaign: &Campaign, probe: &dyn LinkProbe) -> Result<Checked, DeliveryError> {
    means(deps, campaign)?;
    let list = deps.list(campaign).await?;
    let links = deps.links(campaign, None).await?;
    Renderer::new(campaign, links.clone()).map_err(template_findings)?;
    let now = deps.clock.now();
    let resolved = audience::resolve(&deps.store, deps.workspace, campaign, list, false, now).await?;
    room_for(campaign, &resolved)?;
    let samples = samples(deps, campaign, list, &resolved.profiles).await?;
    deps.checked(campaign, &samples, &links, probe).await
}

/// What signs and what sends; nothing is connected yet.
fn means(deps: &Deps, campaign: &Campaign) -> Result<Means, DeliveryError> {
    match &campaign.configuration.medium {
        Medium::Email(email) => {
            let signer = Signer::load(&email.dkim)
                .map_err(|problem| InputError::new(&campaign.file, "dkim.key_file", problem))?;
            let turns = StoreTurns::of(deps, &email.transport);
            let transport = SmtpTransport::with_turns(email.transport.clone(), turns)?;
            Ok(Means::Mail { transport, composer: Box::new(Composer::new(campaign, email, signer)) })
        }
        Medium::Sms(sms) => {
            let turns = StoreTurns::of_sender(deps, sms);
            let transport = SmsTransport::with_turns(sms.transport.clone(), turns)?;
            Ok(Means::Text(TextMeans { transport, sender: sms.sender.clone(), callback: None }))
        }
    }
}

/// Refuses what the run's description has no room for.
pub(crate) fn room_for(campaign: &Campaign, resolved: &Resolved) -> Result<(), InputError> {
    if resolved.listed.fits() {
        return Ok(());
    }
    let problem = "the file names another address than the person's first one for too many people; split it";
    Err(InputError::new(&campaign.file, "audience.file", problem))
}

pub(crate) fn template_findings(errors: Vec<crate::render::TemplateError>) -> PublishError {
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
    let gate = deps.gate(campaign, list);
    let (readings, ..) = gate.read(picked, None, true).await?;
    Ok(readings.into_iter().filter_map(|reading| person(reading, gate.channel, Sent::Unknown)).collect())
}
