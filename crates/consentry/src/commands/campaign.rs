//! `consentry campaign`

mod explain;
mod said;
mod wait;

use std::path::Path;

use anyhow::Result;
use consent::JobId;
use consent::sms::Segments;
use delivery::{Campaign, DeliveryError, Deps, PublishError, RunOptions, RunSummary};
use serde_json::json;
use service::Service;
use service::campaigns::failed::Failed;
use service::campaigns::outcome::{self, Outcome};
use service::campaigns::{
    self, RunState, ShownRun, StoreError, load, plan, preview, report, run, send, start,
};
use service::definitions::{DefinitionKind, apply};
use tokio::sync::watch;

use self::said::{bar, drawn, run_words, warn, warn_of, words};
use self::wait::{Waited, wait};
use super::definition;
use super::returned::feedback_lines;
use super::serve::{public_pages, quiet_stop_signal, say_stopping, stop_signal};
use crate::cli::{self, CampaignRun};
use crate::context::Context;
use crate::files::{self, Loaded};
use crate::output::{self, Exit, grouped, refused, refused_file};
use crate::probe::RouterProbe;

/// Sends campaigns, and tells what became of them.
pub async fn run(context: &Context, command: cli::Campaign) -> Result<Exit> {
    match command {
        cli::Campaign::Run(args) => send(context, args).await,
        cli::Campaign::Report { name } => report(context, name).await,
        cli::Campaign::Explain { name, address } => explain::run(context, name, address).await,
    }
}

async fn send(context: &Context, args: CampaignRun) -> Result<Exit> {
    let file = args.file.as_path();
    let campaign = match (named(context, file).await?, args.dry_run) {
        (Some(campaign), _) => campaign,
        (None, true) => previewed(context, file).await?,
        (None, false) => stored(context, file).await?,
    };
    if args.dry_run {
        return dry_run(context, file, &campaign, stop_signal()).await;
    }
    let options = RunOptions {
        again: args.again,
        retry_doubtful: args.resend_in_doubt,
        wait_for_retries: !args.no_wait,
        ..RunOptions::default()
    };
    let asked = start::In { campaign: &campaign, options: &options };
    let started = start::start(&context.service(), &context.actor(), asked).await;
    let started = started.map_err(|error| {
        refused_file(file.display(), error, Some("`consentry job list` shows how far it is".to_owned()))
    })?;
    let stop = quiet_stop_signal();
    if started.served {
        let bar = bar();
        let waited = wait(context, started.job, &bar, args.no_wait, stop.clone()).await;
        bar.finish_and_clear();
        match waited? {
            Waited::Unserved => output::say("no server works on jobs any more; sending from here"),
            waited => return ended(context, (file, &campaign), started.job, waited).await,
        }
    }
    let mut stopped = stop.clone();
    tokio::spawn(async move {
        if stopped.wait_for(|stop| *stop).await.is_ok() {
            say_stopping();
        }
    });
    let bar = bar();
    let probe = RouterProbe(public_pages(context, None)?);
    let progress = drawn(&bar);
    let (job, taken_over, campaign) = (started.job, started.served, &campaign);
    let asked = send::In { job, campaign, options: &options, taken_over, probe: &probe, progress, stop };
    let outcome = send::send(&context.service(), &context.actor(), asked).await;
    bar.finish_and_clear();
    // Politely, before the process ends.
    context.transports.close().await;
    told_of(context, (file, campaign), outcome)
}

/// Says what became of a campaign that was sent here.
fn told_of(
    context: &Context,
    (file, campaign): (&Path, &Campaign),
    outcome: std::result::Result<run::Out, run::Error>,
) -> Result<Exit> {
    match outcome {
        Ok(out) => Ok(sent(context, &out)),
        Err(run::Error::AlreadyFinished(shown)) => Ok(already_finished(context, campaign, &shown)),
        Err(run::Error::RelayRefuses { error, run }) => {
            output::failure(context.json, &with_hint(file, *error));
            if let Some(run) = run {
                output::answer(context.json, &run, |run| run_words(run));
            }
            Ok(Exit::RelayRefuses)
        }
        Err(run::Error::Campaign(campaigns::Error(DeliveryError::Publish(refused)))) => {
            Ok(refuse(context, file, refused))
        }
        Err(run::Error::Campaign(campaigns::Error(error))) => Err(with_hint(file, error)),
    }
}

/// Says what became of a campaign that a server sends.
async fn ended(
    context: &Context,
    (file, campaign): (&Path, &Campaign),
    job: JobId,
    waited: Waited,
) -> Result<Exit> {
    match waited {
        Waited::Over(Outcome::Sent(out)) => Ok(sent(context, &out)),
        Waited::Over(Outcome::AlreadyFinished(shown)) => Ok(already_finished(context, campaign, &shown)),
        Waited::Failed(Failed::ContentRefused(findings)) => {
            Ok(refuse(context, file, PublishError { findings }))
        }
        Waited::Failed(error) => {
            let hint =
                format!("mend it; `consentry campaign run {}` then goes on where it ended", file.display());
            let run = if let Failed::RelayRefuses(_, run) = &error { run.clone() } else { None };
            let refuses = matches!(error, Failed::RelayRefuses(..));
            let error = refused_file(file.display(), error, Some(hint));
            if !refuses {
                return Err(error);
            }
            output::failure(context.json, &error);
            if let Some(run) = run {
                output::answer(context.json, &run, |run| run_words(run));
            }
            Ok(Exit::RelayRefuses)
        }
        Waited::Cancelled | Waited::Later | Waited::Left | Waited::Unserved => {
            if matches!(waited, Waited::Left) {
                output::say(format_args!(
                    "the server goes on sending {}\nhint: `consentry job cancel {job}` ends that, `consentry job show {job}` shows how far it is",
                    campaign.name
                ));
            } else if matches!(waited, Waited::Cancelled) {
                output::say(format_args!(
                    "{} was cancelled\nhint: `consentry campaign run {}` goes on where it ended",
                    campaign.name,
                    file.display()
                ));
            }
            if let Some(out) = outcome::so_far(&context.service(), &campaign.name).await? {
                if matches!(waited, Waited::Later) {
                    warn(&out.summary);
                }
                output::answer(context.json, &out, words);
            }
            Ok(Exit::Unfinished)
        }
    }
}

fn sent(context: &Context, out: &run::Out) -> Exit {
    warn(&out.summary);
    output::answer(context.json, out, words);
    if out.summary.state == RunState::Finished && out.counts.in_doubt == 0 {
        Exit::Done
    } else {
        Exit::Unfinished
    }
}

fn already_finished(context: &Context, campaign: &Campaign, shown: &ShownRun) -> Exit {
    output::say(format_args!(
        "{} was sent to its end before; nothing was sent now\nhint: --again sends it once more, to whoever may get it now",
        campaign.name
    ));
    let mut value = json!(shown);
    value["alreadyFinished"] = json!(true);
    output::data(context.json, &value, || run_words(shown));
    Exit::Done
}

/// A stored campaign, where there is no file of that name.
async fn named(context: &Context, file: &Path) -> Result<Option<Campaign>> {
    let Some(name) = file.to_str().filter(|_| !file.exists()) else { return Ok(None) };
    let asked = load::In { campaign: name.to_owned(), pins: None };
    match load::load(&context.service(), &context.actor(), asked).await {
        Ok(campaign) => Ok(Some(campaign)),
        Err(load::Error::Missing(_)) => Err(definition::no_such(file)),
        Err(error) => Err(not_loaded(file, error)),
    }
}

fn not_loaded(file: &Path, error: load::Error) -> anyhow::Error {
    match error {
        load::Error::Campaign(campaigns::Error(error)) => with_hint(file, error),
        load::Error::Archived(_) => refused(error, "`consentry apply -f FILE` takes it back into use"),
        error => refused_file(file.display(), error, None),
    }
}

/// Stores what a campaign's file says, and reads what is to be sent from the store.
pub async fn stored(context: &Context, file: &Path) -> Result<Campaign> {
    let loaded = Loaded::campaign(file)?;
    let service = context.service();
    // Not published: the run checks that before anything is sent, and a refused campaign stays a draft.
    let asked = apply::In { documents: loaded.given(), uploads: loaded.uploads.clone(), probe: None };
    let outcome = apply::apply(&service, &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        apply::Error::Invalid(error) => definition::invalid(&loaded, error),
        apply::Error::Campaign { index, error, .. } => match *error {
            DeliveryError::Input(error) => loaded.wrong(index, &error),
            error => with_hint(file, error),
        },
        error @ apply::Error::Refused { .. } => refused_file(file.display(), error, None),
    })?;
    files::note(&context.dir, &loaded.places)?;
    let campaign = out.data.iter().find(|one| one.definition.kind == DefinitionKind::Campaign);
    let name = campaign.map(|one| one.definition.name.clone()).unwrap_or_default();
    let asked = load::current(&service, &context.actor(), &name).await;
    let asked = asked.map_err(|error| not_loaded(file, error))?;
    let secrets = std::sync::Arc::new(context.secrets.with(&loaded.places));
    let service = Service { secrets, ..service };
    load::load(&service, &context.actor(), asked).await.map_err(|error| not_loaded(file, error))
}

/// What a campaign's file says, without storing it.
async fn previewed(context: &Context, file: &Path) -> Result<Campaign> {
    let loaded = Loaded::campaign(file)?;
    let secrets = std::sync::Arc::new(context.secrets.with(&loaded.places));
    let service = Service { secrets, ..context.service() };
    let asked = preview::In { documents: loaded.given(), uploads: loaded.uploads.clone() };
    let outcome = preview::preview(&service, &context.actor(), asked).await;
    outcome.map_err(|error| match error {
        preview::Error::Invalid(error) => definition::invalid(&loaded, error),
        preview::Error::Campaign(campaigns::Error(error)) => with_hint(file, error),
        error @ preview::Error::NoCampaign => refused_file(file.display(), error, None),
    })
}

/// Says who would get it, what a text takes, and whether it would be refused; changes nothing.
async fn dry_run(
    context: &Context,
    file: &Path,
    campaign: &Campaign,
    stop: watch::Receiver<bool>,
) -> Result<Exit> {
    let probe = RouterProbe(public_pages(context, None)?);
    let asked = plan::In { campaign, probe: &probe, stop };
    let outcome = plan::plan(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| with_hint(file, error.0))?;
    output::answer(context.json, &out, |out| {
        let text = out.segments.as_ref();
        let text = text.map(|parts| segment_words(&parts.segments, out.permitted)).unwrap_or_default();
        format!("{}{text}", out.forecast).trim_end().to_owned()
    });
    if out.refused.is_empty() {
        warn_of(&out.warnings);
        return Ok(Exit::Done);
    }
    Ok(refuse(context, file, PublishError { findings: out.refused }))
}

/// What a text takes, and all of them: providers bill by segments.
fn segment_words(segments: &Segments, texts: u64) -> String {
    let all = grouped(texts.saturating_mul(segments.count as u64));
    format!("a text takes, by some of the people: {segments}\n{:<52} {all:>10}\n", "segments in all, about")
}

fn refuse(context: &Context, file: &Path, refused: PublishError) -> Exit {
    let text = format!("not sent: the content was refused\n{refused}");
    let error = campaigns::Error(DeliveryError::Publish(refused));
    output::failure(context.json, &output::told_as(&error, format!("{}: {text}", file.display())));
    Exit::Refused
}

/// What a run works with.
pub fn deps(context: &Context, stop: watch::Receiver<bool>) -> Deps {
    campaigns::deps(&context.service(), stop)
}

/// Runs a campaign with a progress bar on standard error.
pub async fn run_with_bar(
    context: &Context,
    deps: &Deps,
    campaign: &Campaign,
    options: &RunOptions,
) -> Result<std::result::Result<RunSummary, run::Error>> {
    let bar = bar();
    let probe = RouterProbe(public_pages(context, None)?);
    let asked = run::In { campaign, options, probe: &probe, progress: drawn(&bar), stop: deps.stop.clone() };
    let outcome = run::run(&context.service(), &context.actor(), asked).await;
    bar.finish_and_clear();
    // Politely, before the process ends.
    context.transports.close().await;
    Ok(outcome.map(|out| out.summary))
}

fn with_hint(file: &Path, error: DeliveryError) -> anyhow::Error {
    let again = format!("`consentry campaign run {}` then goes on where it ended", file.display());
    let hint = match &error {
        DeliveryError::Transport(_) | DeliveryError::Refused { .. } => match error.hint() {
            Some(hint) => format!("{hint}; {again}"),
            None => format!("mend it; {again}"),
        },
        DeliveryError::NoList(_) | DeliveryError::NoSecret(_) => error.hint().unwrap_or_default(),
        DeliveryError::OtherContent { campaign, .. } => {
            format!(
                "`consentry campaign run \"{campaign}\"`, by its name, finishes it with what it began with"
            )
        }
        DeliveryError::Store(StoreError::Busy(_)) => {
            "it is being sent; `consentry campaign report` shows how far it is".to_owned()
        }
        DeliveryError::Store(error) if error.is_transient() => "run the same command again".to_owned(),
        _ => return refused_file(file.display(), campaigns::Error(error), None),
    };
    refused_file(file.display(), campaigns::Error(error), Some(hint))
}

async fn report(context: &Context, campaign: Option<String>) -> Result<Exit> {
    let outcome = report::report(&context.service(), &context.actor(), report::In { campaign }).await;
    let out = outcome.map_err(|error| match error {
        report::Error::NoRun(_) => refused(error, "`consentry campaign report` lists all runs"),
        report::Error::Store(_) => output::told(error),
    })?;
    output::answer(context.json, &out, |out| {
        if out.data.is_empty() {
            return "no runs yet; send a campaign with `consentry campaign run FILE`".to_owned();
        }
        let words = |row: &report::Reported| {
            let more = feedback_lines(&row.feedback, &row.opt_outs);
            std::iter::once(run_words(&row.run)).chain(more).collect::<Vec<_>>().join("\n")
        };
        out.data.iter().map(words).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}
