//! `consentry campaign explain`

use anyhow::Result;
use consent::Decision;
use service::campaigns::explain::{self, Out, Outcome};
use service::decisions::Answer;

use crate::commands::check::NOT_BROUGHT_IN;
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// What became of a campaign's message to one address, and what would be decided now.
pub async fn run(context: &Context, campaign: String, address: String) -> Result<Exit> {
    let asked = explain::In { campaign: campaign.clone(), address };
    let outcome = explain::explain(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        explain::Error::NoRun(_) => refused(error, "consentry campaign report"),
        error => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        format!("{campaign} ({}): {}\nnow: {}", out.run, outcome_words(out), now_words(&out.now))
    });
    Ok(Exit::Done)
}

fn outcome_words(out: &Out) -> String {
    let reason = out.reason.as_deref().unwrap_or_default();
    let state = match out.outcome {
        Outcome::Waits => {
            let until = out.until.map(|until| until.to_string()).unwrap_or_default();
            return format!("◐ waits until {until}: {} ({reason})", out.reason_words);
        }
        Outcome::Excluded => return format!("○ withheld: {} ({reason})", out.reason_words),
        Outcome::NotReached => return "not in the audience, or not reached yet".to_owned(),
        Outcome::Sent => "sent",
        Outcome::Deferred => "deferred",
        Outcome::Rejected => "rejected",
        Outcome::InDoubt => "in doubt",
        Outcome::GivenUp => "given up",
    };
    let at = out.at.map(|at| at.to_string()).unwrap_or_default();
    let detail = out.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{state} at {at} with reply {}{detail}", out.code.unwrap_or_default())
}

fn now_words(now: &Answer) -> String {
    let reason = &now.reason;
    match now.outcome {
        Decision::Permit(_) => format!("permit ({reason})"),
        Decision::Defer(wait) => format!("defer until {} ({reason})", wait.until),
        Decision::Exclude(_) if now.not_brought_in => format!("exclude ({reason}): {NOT_BROUGHT_IN}"),
        Decision::Exclude(_) => format!("exclude ({reason})"),
    }
}
