//! What is said of a run: while it goes on, and once it has ended.

use std::sync::Arc;

use consent::Exclusion;
use delivery::{Finding, Progress, RunSummary};
use indicatif::{ProgressBar, ProgressStyle};
use service::campaigns::{DeliveryState, RunReport, ShownRun, Versions, run};

use crate::output::{self, grouped};

pub(super) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed} elapsed");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Draws how far a run is.
pub(super) fn drawn(bar: &ProgressBar) -> Arc<dyn Fn(&Progress) + Send + Sync> {
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

pub(super) fn warn(summary: &RunSummary) {
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

pub(super) fn words(out: &run::Out) -> String {
    let how = if out.resumed { ", resumed" } else { "" };
    let version = version_words(out.versions);
    format!("{} ({}{version}{how})\n{}", out.campaign, out.run, report_words(&out.counts.report))
}

pub(super) fn run_words(shown: &ShownRun) -> String {
    let ShownRun { campaign, run, versions, state, started_at, counts, .. } = shown;
    let version = version_words(*versions);
    format!("{campaign} ({run}{version}, {state}, {started_at})\n{}", report_words(&counts.report))
}

fn version_words(versions: Option<Versions>) -> String {
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

pub(super) fn warn_of(warnings: &[Finding]) {
    for warning in warnings {
        output::say(format_args!("warning: {}: {}", warning.part, warning.problem));
    }
}
