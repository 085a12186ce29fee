//! `consentry job`

use anyhow::Result;
use service::jobs::{ShownJob, cancel, list, retry, show};

use crate::cli;
use crate::context::Context;
use crate::output::{self, Exit, grouped, refused};

/// Where ids stand.
const IDS: &str = "`consentry job list` shows the jobs";

/// Shows jobs, ends them, does them again.
pub async fn run(context: &Context, command: cli::Job) -> Result<Exit> {
    let (service, actor) = (context.service(), context.actor());
    match command {
        cli::Job::List { state, kind, limit, after } => {
            let asked = list::In { states: state, kind, limit: limit.into(), cursor: after };
            let out = list::list(&service, &actor, asked).await;
            let out = out.map_err(|error| refused(error, "`next` of the page before is one"))?;
            output::answer(context.json, &out, |out| {
                if out.data.is_empty() {
                    return "no such jobs".to_owned();
                }
                let next = out.next.as_ref().map(|next| format!("more: --after {next}"));
                out.data.iter().map(row).chain(next).collect::<Vec<_>>().join("\n")
            });
        }
        cli::Job::Show { job } => {
            let out = show::show(&service, &actor, show::In { job }).await;
            let out = out.map_err(|error| refused(error, IDS))?;
            output::answer(context.json, &out, words);
        }
        cli::Job::Cancel { job } => {
            let out = cancel::cancel(&service, &actor, cancel::In { job }).await;
            let out = out.map_err(|error| refused(error, IDS))?;
            output::answer(context.json, &out, |out| words(&out.job));
        }
        cli::Job::Retry { job } => {
            let out = retry::retry(&service, &actor, retry::In { job }).await;
            let out = out.map_err(|error| refused(error, IDS))?;
            output::answer(context.json, &out, words);
        }
    }
    Ok(Exit::Done)
}

/// A job on a line.
fn row(job: &ShownJob) -> String {
    let ShownJob { id, kind, created_at, .. } = job;
    format!(
        "{} {:<24} {kind:<9} {:<10} {created_at}  {}",
        mark(job),
        id.to_string(),
        state(job),
        progress(job)
    )
    .trim_end()
    .to_owned()
}

fn mark(job: &ShownJob) -> &'static str {
    match job.state {
        "done" => "●",
        "dead" => "✗",
        "cancelled" => "○",
        _ => "◐",
    }
}

fn state(job: &ShownJob) -> &str {
    if job.cancelling { "cancelling" } else { job.state }
}

fn progress(job: &ShownJob) -> String {
    let part = &job.progress;
    if part.total == 0 {
        return String::new();
    }
    format!("{} of {} {}", grouped(part.done), grouped(part.total), part.unit)
}

/// A job in full.
fn words(job: &ShownJob) -> String {
    let mut lines = vec![format!("{} {}: {}, {}", mark(job), job.id, job.kind, state(job))];
    let mut line = |what: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {what:<10}{value}"));
        }
    };
    line("asked for", format!("{} by {}", job.created_at, job.actor));
    line("progress", progress(job));
    let due = job.due_at.map(|due| due.to_string());
    match (job.state, due) {
        ("running", Some(until)) => {
            line("held by", format!("{} until {until}", job.node.as_deref().unwrap_or("nobody")));
        }
        (_, Some(due)) => line("due", due),
        (_, None) => line("ended", job.ended_at.map(|at| at.to_string()).unwrap_or_default()),
    }
    line("attempts", job.attempts.to_string());
    if let Some((code, message)) = job.trouble() {
        let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
        line("because", format!("{message}{code}"));
    }
    line("result", job.result.as_ref().map(ToString::to_string).unwrap_or_default());
    lines.join("\n")
}
