//! `consentry check`

use anyhow::{Result, bail};
use consent::Decision;
use service::decisions::{Answer, TraceStep, check};

use super::list::make;
use super::returned::returned_lines;
use crate::cli::Check;
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// Decides as a send would, and tells how.
pub async fn run(context: &Context, args: Check) -> Result<Exit> {
    let Check { address, address_flag, channel, list, category, sender } = args;
    let Some(address) = address.or(address_flag) else { bail!("which address?") };
    let asked = check::In { channel, address, list, category, sender };
    let outcome = check::check(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match &error {
        check::Error::NoList(name) => {
            let hint = make(name);
            refused(error, hint)
        }
        check::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, words);
    Ok(if matches!(out.answer.outcome, Decision::Permit(_)) { Exit::Done } else { Exit::Excluded })
}

/// What is said of an address without a person. The decision is the one about somebody whom the brand brings in.
const NOBODY: &str = "nobody has this address, so nothing goes there unless you bring it in (by an import, or in a campaign's file)";
/// What is said of somebody who only turned up.
pub const NOT_BROUGHT_IN: &str = "nobody brought this person in by import or API, and they never said yes";

fn words(out: &check::Out) -> String {
    let Answer { outcome, reason, not_brought_in, .. } = &out.answer;
    // Of what is no address nobody is asked.
    let unknown = if out.returned.is_some() && !out.known { NOBODY } else { "" };
    let sentence = match outcome {
        Decision::Permit(_) if !unknown.is_empty() => format!("◌ {unknown}"),
        Decision::Permit(basis) => format!("● sends: {}", basis.in_words()),
        Decision::Defer(wait) => format!("◐ waits until {}: {}", wait.until, wait.cause.in_words()),
        Decision::Exclude(cause) => {
            let unasked = if *not_brought_in { NOT_BROUGHT_IN } else { "" };
            let why = [cause.in_words(), unasked, unknown];
            let why: Vec<_> = why.into_iter().filter(|part| !part.is_empty()).collect();
            format!("○ withheld: {}", why.join("; "))
        }
    };
    let more = out.returned.as_ref().map(returned_lines).unwrap_or_default();
    let steps = out.trace.iter().map(step_line);
    format!("{sentence} ({reason})\n{}", steps.chain(more).collect::<Vec<_>>().join("\n"))
}

fn step_line(step: &TraceStep) -> String {
    let TraceStep { row, test, outcome, field, value, entry, since } = step;
    let name = field.as_deref().map(|field| if field == "noDefault" { "no default" } else { field });
    let value = match (name, value) {
        (Some(name), Some("")) => format!("  {name} = unset"),
        (Some(name), Some(value)) => format!("  {name} = {value}"),
        _ => String::new(),
    };
    let since = since.map_or_else(|| "undated".to_owned(), |since| since.to_string());
    let entry = entry.map(|entry| format!(" ({entry}, {since})")).unwrap_or_default();
    let mark = match *outcome {
        "exclude" => "✗",
        "defer" => "◐",
        _ => "✓",
    };
    format!("  {row:>2} {mark} {test}{value}{entry}")
}
