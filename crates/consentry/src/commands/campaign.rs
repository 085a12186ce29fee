//! `consentry campaign`

mod explain;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use consent::Exclusion;
use consent::sms::Segments;
use delivery::{
    Campaign, DeliveryError, Deps, Finding, Pins, Progress, PublishError, RunOptions, RunSummary,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use service::Service;
use service::campaigns::{
    self, DeliveryState, RunReport, RunState, ShownRun, StoreError, load, plan, preview, report, run,
};
use service::definitions::{DefinitionKind, apply};
use tokio::sync::watch;

use super::definition;
use super::returned::feedback_lines;
use super::serve::{public_pages, stop_signal};
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
    let stop = stop_signal();
    let file = args.file.as_path();
    let campaign = match (named(context, file).await?, args.dry_run) {
        (Some(campaign), _) => campaign,
        (None, true) => previewed(context, file).await?,
        (None, false) => stored(context, file).await?,
    };
    if args.dry_run {
        return dry_run(context, file, &campaign, stop).await;
    }
    let options = RunOptions {
        again: args.again,
        retry_doubtful: args.resend_in_doubt,
        wait_for_retries: !args.no_wait,
        ..RunOptions::default()
    };
    match with_bar(context, &campaign, &options, stop).await? {
        Ok(out) => {
            warn(&out.summary);
            output::answer(context.json, &out, words);
            Ok(if out.summary.state == RunState::Finished && out.counts.in_doubt == 0 {
                Exit::Done
            } else {
                Exit::Unfinished
            })
        }
        Err(run::Error::AlreadyFinished(shown)) => {
            output::say(format_args!(
                "{} was sent to its end before; nothing was sent now\nhint: --again sends it once more, to whoever may get it now",
                campaign.name
            ));
            let mut value = json!(shown);
            value["alreadyFinished"] = json!(true);
            output::data(context.json, &value, || run_words(&shown));
            Ok(Exit::Done)
        }
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

fn warn_of(warnings: &[Finding]) {
    for warning in warnings {
        output::say(format_args!("warning: {}: {}", warning.part, warning.problem));
    }
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
    let out = with_bar(context, campaign, options, deps.stop.clone()).await?;
    Ok(out.map(|out| out.summary))
}

async fn with_bar(
    context: &Context,
    campaign: &Campaign,
    options: &RunOptions,
    stop: watch::Receiver<bool>,
) -> Result<std::result::Result<run::Out, run::Error>> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed} elapsed");
    let bar = ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let shown = bar.clone();
    let progress = move |progress: &Progress| {
        let done = progress.sent + progress.excluded + progress.rejected + progress.in_doubt;
        shown.set_length(progress.total);
        shown.set_position(done);
        let left = if progress.per_second > 0.0 {
            let seconds = progress.total.saturating_sub(done) as f64 / progress.per_second;
            format!(", about {seconds:.0} s left")
        } else {
            String::new()
        };
        let (sent, excluded, rate) =
            (grouped(progress.sent), grouped(progress.excluded), progress.per_second);
        shown.set_message(format!("{sent} sent, {excluded} withheld, {rate:.0}/s{left}"));
    };
    let probe = RouterProbe(public_pages(context, None)?);
    let asked = run::In { campaign, options, probe: &probe, progress: Arc::new(progress), stop };
    let outcome = run::run(&context.service(), &context.actor(), asked).await;
    bar.finish_and_clear();
    // Politely, before the process ends.
    context.transports.close().await;
    Ok(outcome)
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

fn warn(summary: &RunSummary) {
    warn_of(&summary.warnings);
    if summary.malformed_addresses > 0 {
        let lines = summary.malformed_lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let count = grouped(summary.malformed_addresses);
        output::say(format_args!(
            "warning: {count} rows of the audience file hold no well-formed address (lines {lines})"
        ));
    }
    warn_of_doubt(summary);
    if let Some(due) = summary.next_due {
        output::say(format_args!(
            "messages deferred by the server wait; the next is due at {due}\nhint: run the same command again then"
        ));
    }
}

/// Says which messages may have arrived and may not, and how that came.
fn warn_of_doubt(summary: &RunSummary) {
    let all = summary.report.deliveries.get(&DeliveryState::InDoubt).copied().unwrap_or(0);
    if all == 0 {
        return;
    }
    let (now, found) = (summary.doubtful_now.min(all), summary.doubtful_found.min(all));
    let before = all.saturating_sub(now + found);
    for (count, how) in [
        (now, "the connection broke after they were handed over and before the answer"),
        (found, "they were in flight when an earlier process died"),
        (before, "they have been so since an earlier attempt"),
    ] {
        if count > 0 {
            let (count, noun) = (grouped(count), if count == 1 { "message is" } else { "messages are" });
            output::say(format_args!(
                "warning: {count} {noun} in doubt: {how}; nobody knows whether they arrived"
            ));
        }
    }
    output::say("hint: --resend-in-doubt sends them again");
}

fn words(out: &run::Out) -> String {
    let how = if out.resumed { ", resumed" } else { "" };
    let version = version_words(out.versions);
    format!("{} ({}{version}{how})\n{}", out.campaign, out.run, report_words(&out.counts.report))
}

fn run_words(shown: &ShownRun) -> String {
    let ShownRun { campaign, run, versions, state, started_at, counts, .. } = shown;
    let version = version_words(*versions);
    format!("{campaign} ({run}{version}, {state}, {started_at})\n{}", report_words(&counts.report))
}

fn version_words(versions: Option<Pins>) -> String {
    versions.map(|pins| format!(", version {}", pins.campaign)).unwrap_or_default()
}

fn report_words(report: &RunReport) -> String {
    let row = |mark: &str, what: &str, count: u64| format!("  {mark} {what:<58}{:>12}", grouped(count));
    let mut lines = vec![row(" ", "audience", report.audience)];
    // Those that wait by our own decision have a line for each cause, below.
    let waiting: u64 = report.waiting.values().sum();
    for (state, mark, what) in [
        (DeliveryState::Sent, "●", "sent"),
        (DeliveryState::Deferred, "◐", "deferred by the server, waiting"),
        (DeliveryState::Rejected, "✗", "rejected by the server"),
        (DeliveryState::GivenUp, "✗", "given up when the retry period was over"),
        (DeliveryState::InDoubt, "?", "in doubt"),
    ] {
        let ours = if state == DeliveryState::Deferred { waiting } else { 0 };
        let count = report.deliveries.get(&state).map_or(0, |count| count.saturating_sub(ours));
        lines.extend((count > 0).then(|| row(mark, what, count)));
    }
    for (mark, what, causes) in [("◐", "waits", &report.waiting), ("○", "withheld", &report.excluded)] {
        let line = |(cause, count): (&Exclusion, &u64)| {
            row(mark, &format!("{what}: {} ({cause})", cause.in_words()), *count)
        };
        lines.extend(causes.iter().map(line));
    }
    lines.join("\n")
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
