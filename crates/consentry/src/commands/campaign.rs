//! `consentry campaign`

mod explain;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use consent::Exclusion;
use consent::sms::Segments;
use delivery::{
    Campaign, DeliveryError, Deps, Finding, Progress, PublishError, RunOptions, RunSummary, check_campaign,
    forecast, run_campaign,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use store::{DeliveryState, Run, RunReport, RunState, StoreError};

use super::returned::RunFeedback;
use super::serve::{public_pages, stop_signal};
use crate::cli::{self, CampaignRun};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail, grouped};
use crate::probe::RouterProbe;

/// Runs shown by `report`.
const RUNS_MAX: usize = 100;

/// Sends campaigns, and tells what became of them.
pub async fn run(context: &Context, command: cli::Campaign) -> Result<Exit> {
    match command {
        cli::Campaign::Run(args) => send(context, args).await,
        cli::Campaign::Report { name } => report(context, name.as_deref()).await,
        cli::Campaign::Explain { name, address } => explain::run(context, &name, &address).await,
    }
}

async fn send(context: &Context, args: CampaignRun) -> Result<Exit> {
    let campaign = Campaign::load(&args.file)?;
    let deps = deps(context, stop_signal());
    if args.dry_run {
        return dry_run(context, &deps, &campaign).await;
    }
    let options = RunOptions {
        again: args.again,
        retry_doubtful: args.resend_in_doubt,
        wait_for_retries: !args.no_wait,
        ..RunOptions::default()
    };
    match run_with_bar(context, &deps, &campaign, &options).await? {
        Ok(summary) => {
            warn(&summary);
            output::data(context.json, &describe(&campaign, &summary), || words(&campaign, &summary));
            let in_doubt = summary.report.deliveries.get(&DeliveryState::InDoubt).copied().unwrap_or(0);
            Ok(if summary.state == RunState::Finished && in_doubt == 0 {
                Exit::Done
            } else {
                Exit::Unfinished
            })
        }
        Err(DeliveryError::AlreadyFinished { run, .. }) => {
            output::say(format_args!(
                "{} was sent to its end before; nothing was sent now\nhint: --again sends it once more, to whoever may get it now",
                campaign.name
            ));
            let run =
                context.store.run(WORKSPACE, run).await?.ok_or_else(|| anyhow::anyhow!("{run} is gone"))?;
            let report = context.store.run_report(WORKSPACE, run.id).await?;
            let mut value = describe_run(&run, &report);
            value["alreadyFinished"] = json!(true);
            output::data(context.json, &value, || run_words(&run, &report));
            Ok(Exit::Done)
        }
        Err(DeliveryError::Publish(refused)) => Ok(refuse(&campaign, &refused)),
        Err(error @ DeliveryError::Refused { .. }) => stopped(context, &campaign, error).await,
        Err(error) => Err(with_hint(&campaign, error)),
    }
}

/// Says that the relay refuses everybody, and how far the run came.
async fn stopped(context: &Context, campaign: &Campaign, error: DeliveryError) -> Result<Exit> {
    output::say(format_args!("error: {:#}", with_hint(campaign, error)));
    if let Some(run) = context.store.latest_run(WORKSPACE, &campaign.name).await? {
        let report = context.store.run_report(WORKSPACE, run.id).await?;
        output::data(context.json, &describe_run(&run, &report), || run_words(&run, &report));
    }
    Ok(Exit::RelayRefuses)
}

/// Says who would get it, what a text takes, and whether it would be refused; changes nothing.
async fn dry_run(context: &Context, deps: &Deps, campaign: &Campaign) -> Result<Exit> {
    let forecast = forecast(deps, campaign).await.map_err(|error| with_hint(campaign, error))?;
    let checked = check_campaign(deps, campaign, &RouterProbe(public_pages(context, None)?)).await;
    let segments = checked.as_ref().ok().and_then(|checked| checked.segments);
    let mut value = json!(forecast);
    if let Some(Segments { count, units, encoding, .. }) = segments {
        value["segments"] = json!({ "count": count, "units": units, "encoding": encoding.as_str() });
    }
    output::data(context.json, &value, || {
        let text = segments.map(|segments| segment_words(&segments, forecast.permitted)).unwrap_or_default();
        format!("{forecast}{text}").trim_end().to_owned()
    });
    match checked {
        Ok(checked) => {
            warn_of(&checked.warnings);
            Ok(Exit::Done)
        }
        Err(DeliveryError::Publish(refused)) => Ok(refuse(campaign, &refused)),
        Err(error) => Err(with_hint(campaign, error)),
    }
}

/// What a text takes, and all of them: providers bill by segments.
fn segment_words(segments: &Segments, texts: u64) -> String {
    let all = grouped(texts.saturating_mul(segments.count as u64));
    format!("a text takes, by some of the people: {segments}\n{:<52} {all:>10}\n", "segments in all, about")
}

fn refuse(campaign: &Campaign, refused: &PublishError) -> Exit {
    output::say(format_args!(
        "error: {}: not sent: the content was refused\n{refused}",
        campaign.file.display()
    ));
    Exit::Refused
}

fn warn_of(warnings: &[Finding]) {
    for warning in warnings {
        output::say(format_args!("warning: {}: {}", warning.part, warning.problem));
    }
}

/// What a run works with.
pub fn deps(context: &Context, stop: tokio::sync::watch::Receiver<bool>) -> Deps {
    let (store, clock) = (context.shared_store(), Arc::clone(&context.clock));
    Deps { store, workspace: WORKSPACE, clock, judge: |reply| intake::mail::refusal(reply, ""), stop }
}

/// Runs a campaign with a progress bar on standard error.
pub async fn run_with_bar(
    context: &Context,
    deps: &Deps,
    campaign: &Campaign,
    options: &RunOptions,
) -> Result<std::result::Result<RunSummary, DeliveryError>> {
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
    let outcome = run_campaign(deps, campaign, options, &probe, Arc::new(progress)).await;
    bar.finish_and_clear();
    Ok(outcome)
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
        _ => return error.into(),
    };
    fail(format!("{}: {error}", campaign.file.display()), hint)
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

fn describe(campaign: &Campaign, summary: &RunSummary) -> Value {
    let mut value = json!({
        "campaign": campaign.name,
        "run": summary.run.to_string(),
        "state": format!("{:?}", summary.state),
        "resumed": summary.resumed,
        "malformed": summary.malformed_addresses,
        "nextDue": summary.next_due.map(|at| at.to_string()),
    });
    merge_report(&mut value, &summary.report);
    value
}

fn describe_run(run: &Run, report: &RunReport) -> Value {
    let mut value = json!({
        "campaign": run.campaign,
        "run": run.id.to_string(),
        "state": format!("{:?}", run.state),
        "startedAt": run.created_at.to_string(),
        "finishedAt": run.finished_at.map(|at| at.to_string()),
    });
    merge_report(&mut value, report);
    value
}

fn merge_report(value: &mut Value, report: &RunReport) {
    let count = |state| report.deliveries.get(&state).copied().unwrap_or(0);
    value["audience"] = json!(report.audience);
    value["sent"] = json!(count(DeliveryState::Sent));
    value["deferred"] = json!(count(DeliveryState::Deferred));
    value["rejected"] = json!(count(DeliveryState::Rejected));
    value["given_up"] = json!(count(DeliveryState::GivenUp));
    value["in_doubt"] = json!(count(DeliveryState::InDoubt));
    value["waiting"] = json!(by_name(&report.waiting));
    value["excluded"] = json!(by_name(&report.excluded));
}

fn by_name(causes: &BTreeMap<Exclusion, u64>) -> BTreeMap<String, u64> {
    causes.iter().map(|(cause, count)| (cause.to_string(), *count)).collect()
}

fn words(campaign: &Campaign, summary: &RunSummary) -> String {
    let how = if summary.resumed { ", resumed" } else { "" };
    format!("{} ({}{how})\n{}", campaign.name, summary.run, report_words(&summary.report))
}

fn run_words(run: &Run, report: &RunReport) -> String {
    format!("{} ({}, {:?}, {})\n{}", run.campaign, run.id, run.state, run.created_at, report_words(report))
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

async fn report(context: &Context, name: Option<&str>) -> Result<Exit> {
    let mut rows = Vec::new();
    for run in context.store.runs(WORKSPACE, RUNS_MAX).await? {
        if name.is_none_or(|name| run.campaign == name) {
            let report = context.store.run_report(WORKSPACE, run.id).await?;
            let feedback = RunFeedback::of(context, run.id).await?;
            rows.push((run, report, feedback));
        }
    }
    let describe = |(run, report, feedback): &(Run, RunReport, RunFeedback)| {
        let mut value = describe_run(run, report);
        value["feedback"] = feedback.describe();
        value["optOuts"] = feedback.describe_opt_outs();
        value
    };
    let value: Value = rows.iter().map(describe).collect();
    if let (Some(name), true) = (name, rows.is_empty()) {
        return Err(fail(
            format!("no run of a campaign `{name}`"),
            "`consentry campaign report` lists all runs",
        ));
    }
    output::data(context.json, &value, || {
        if rows.is_empty() {
            return "no runs yet; send a campaign with `consentry campaign run FILE`".to_owned();
        }
        let words = |(run, report, feedback): &(Run, RunReport, RunFeedback)| {
            std::iter::once(run_words(run, report)).chain(feedback.lines()).collect::<Vec<_>>().join("\n")
        };
        rows.iter().map(words).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}
