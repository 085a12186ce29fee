//! `consentry campaign`

mod explain;
mod wait;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use consent::sms::Segments;
use consent::{Exclusion, JobId};
use delivery::{Campaign, DeliveryError, Deps, Finding, Progress, PublishError, RunOptions, RunSummary};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use service::campaigns::failed::Failed;
use service::campaigns::outcome::{self, Outcome};
use service::campaigns::{
    self, DeliveryState, RunReport, RunState, ShownRun, StoreError, plan, report, run, send, start,
};
use tokio::sync::watch;

use self::wait::{Waited, wait};
use super::returned::feedback_lines;
use super::serve::{public_pages, quiet_stop_signal, say_stopping, stop_signal};
use crate::cli::{self, CampaignRun};
use crate::context::Context;
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
    let campaign = Campaign::load(&args.file)?;
    if args.dry_run {
        return dry_run(context, &campaign, stop_signal()).await;
    }
    let options = RunOptions {
        again: args.again,
        retry_doubtful: args.resend_in_doubt,
        wait_for_retries: !args.no_wait,
        ..RunOptions::default()
    };
    let text = std::fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?;
    let asked = start::In { campaign: &campaign, text, options: &options };
    let started = start::start(&context.service(), &context.actor(), asked).await;
    let started = started.map_err(|error| {
        refused_file(
            campaign.file.display(),
            error,
            Some("`consentry job list` shows how far it is".to_owned()),
        )
    })?;
    let stop = quiet_stop_signal();
    if started.served {
        let bar = bar();
        let waited = wait(context, started.job, &bar, args.no_wait, stop.clone()).await;
        bar.finish_and_clear();
        match waited? {
            Waited::Unserved => output::say("no server works on jobs any more; sending from here"),
            waited => return ended(context, &campaign, started.job, waited).await,
        }
    }
    let mut stopped = stop.clone();
    tokio::spawn(async move {
        if stopped.wait_for(|stop| *stop).await.is_ok() {
            say_stopping();
        }
    });
    // What the server has begun already isn't begun once more.
    let options =
        if started.served { RunOptions { again: false, retry_doubtful: false, ..options } } else { options };
    let bar = bar();
    let probe = RouterProbe(public_pages(context, None)?);
    let progress = drawn(&bar);
    let (job, campaign) = (started.job, &campaign);
    let asked = send::In { job, campaign, options: &options, probe: &probe, progress, stop };
    let outcome = send::send(&context.service(), &context.actor(), asked).await;
    bar.finish_and_clear();
    told_of(context, campaign, outcome)
}

/// Says what became of a campaign that was sent here.
fn told_of(
    context: &Context,
    campaign: &Campaign,
    outcome: std::result::Result<run::Out, run::Error>,
) -> Result<Exit> {
    match outcome {
        Ok(out) => Ok(sent(context, &out)),
        Err(run::Error::AlreadyFinished(shown)) => Ok(already_finished(context, campaign, &shown)),
        Err(run::Error::RelayRefuses { error, run }) => {
            output::failure(context.json, &with_hint(campaign, *error));
            if let Some(run) = run {
                output::answer(context.json, &run, |run| run_words(run));
            }
            Ok(Exit::RelayRefuses)
        }
        Err(run::Error::Campaign(campaigns::Error(DeliveryError::Publish(refused)))) => {
            Ok(refuse(context, campaign, refused))
        }
        Err(run::Error::Campaign(campaigns::Error(error))) => Err(with_hint(campaign, error)),
    }
}

/// Says what became of a campaign that a server sends.
async fn ended(context: &Context, campaign: &Campaign, job: JobId, waited: Waited) -> Result<Exit> {
    match waited {
        Waited::Over(Outcome::Sent(out)) => Ok(sent(context, &out)),
        Waited::Over(Outcome::AlreadyFinished(shown)) => Ok(already_finished(context, campaign, &shown)),
        Waited::Failed(Failed::ContentRefused(findings)) => {
            Ok(refuse(context, campaign, PublishError { findings }))
        }
        Waited::Failed(error) => {
            let hint = format!(
                "mend it; `consentry campaign run {}` then goes on where it ended",
                campaign.file.display()
            );
            let run = if let Failed::RelayRefuses(_, run) = &error { run.clone() } else { None };
            let refuses = matches!(error, Failed::RelayRefuses(..));
            let error = refused_file(campaign.file.display(), error, Some(hint));
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
                    campaign.file.display()
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

/// Says who would get it, what a text takes, and whether it would be refused; changes nothing.
async fn dry_run(context: &Context, campaign: &Campaign, stop: watch::Receiver<bool>) -> Result<Exit> {
    let probe = RouterProbe(public_pages(context, None)?);
    let asked = plan::In { campaign, probe: &probe, stop };
    let outcome = plan::plan(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| with_hint(campaign, error.0))?;
    output::answer(context.json, &out, |out| {
        let text = out.segments.as_ref();
        let text = text.map(|parts| segment_words(&parts.segments, out.permitted)).unwrap_or_default();
        format!("{}{text}", out.forecast).trim_end().to_owned()
    });
    if out.refused.is_empty() {
        warn_of(&out.warnings);
        return Ok(Exit::Done);
    }
    Ok(refuse(context, campaign, PublishError { findings: out.refused }))
}

/// What a text takes, and all of them: providers bill by segments.
fn segment_words(segments: &Segments, texts: u64) -> String {
    let all = grouped(texts.saturating_mul(segments.count as u64));
    format!("a text takes, by some of the people: {segments}\n{:<52} {all:>10}\n", "segments in all, about")
}

fn refuse(context: &Context, campaign: &Campaign, refused: PublishError) -> Exit {
    let text = format!("not sent: the content was refused\n{refused}");
    let error = campaigns::Error(DeliveryError::Publish(refused));
    output::failure(context.json, &output::told_as(&error, format!("{}: {text}", campaign.file.display())));
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
    let bar = bar();
    let probe = RouterProbe(public_pages(context, None)?);
    let asked = run::In { campaign, options, probe: &probe, progress: drawn(&bar), stop: deps.stop.clone() };
    let outcome = run::run(&context.service(), &context.actor(), asked).await;
    bar.finish_and_clear();
    Ok(outcome.map(|out| out.summary))
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed} elapsed");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Draws how far a run is.
fn drawn(bar: &ProgressBar) -> Arc<dyn Fn(&Progress) + Send + Sync> {
    let shown = bar.clone();
    Arc::new(move |progress: &Progress| {
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
    })
}

fn with_hint(campaign: &Campaign, error: DeliveryError) -> anyhow::Error {
    let again = format!("`consentry campaign run {}` then goes on where it ended", campaign.file.display());
    let hint = match &error {
        DeliveryError::Transport(_) | DeliveryError::Provider(_) | DeliveryError::Refused { .. } => {
            match error.hint() {
                Some(hint) => format!("{hint}; {again}"),
                None => format!("mend it; {again}"),
            }
        }
        DeliveryError::NoList(_) => error.hint().unwrap_or_default(),
        DeliveryError::Store(StoreError::Busy(_)) => {
            "it is being sent; `consentry campaign report` shows how far it is".to_owned()
        }
        DeliveryError::Store(error) if error.is_transient() => "run the same command again".to_owned(),
        _ => return output::told(campaigns::Error(error)),
    };
    refused_file(campaign.file.display(), campaigns::Error(error), Some(hint))
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
    format!("{} ({}{how})\n{}", out.campaign, out.run, report_words(&out.counts.report))
}

fn run_words(shown: &ShownRun) -> String {
    let ShownRun { campaign, run, state, started_at, counts, .. } = shown;
    format!("{campaign} ({run}, {state}, {started_at})\n{}", report_words(&counts.report))
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
