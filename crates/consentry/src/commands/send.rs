//! `consentry send`

use anyhow::Result;
use service::campaigns::explain::Outcome;
use service::sends::show::{self, Out};

use crate::cli::{self, Global};
use crate::context::Context;
use crate::output::{self, Exit, refused};

/// Where ids stand.
const IDS: &str = "ids stand in the answers of `consentry campaign explain`";

/// Tells what became of a message.
pub async fn run(global: &Global, command: cli::Send) -> Result<Exit> {
    let cli::Send::Show { send } = command;
    let context = Context::open(global).await?;
    let shown = show::show(&context.service(), &context.actor(), show::In { send }).await;
    let out = shown.map_err(|error| refused(error, IDS))?;
    output::answer(context.json, &out, sentence);
    Ok(Exit::Done)
}

fn sentence(out: &Out) -> String {
    let what = match (out.run, out.origin) {
        (Some(run), _) => format!("a message of {run}"),
        (None, origin) => format!("a message of its own ({})", origin.unwrap_or_default()),
    };
    let nobody = || "an address that nobody has".to_owned();
    let whom = out.profile.map_or_else(nobody, |profile| profile.to_string());
    let at = out.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let said = match (out.code, &out.detail) {
        (None, None) => String::new(),
        (None, Some(detail)) => format!(": {detail}"),
        (Some(code), None) => format!(", reply {code}"),
        (Some(code), Some(detail)) => format!(", reply {code} {detail}"),
    };
    let reason = format!("{} ({})", out.reason_words, out.reason.as_deref().unwrap_or_default());
    let until = out.until.map(|until| until.to_string()).unwrap_or_default();
    let became = match out.outcome {
        Outcome::NotReached => "not reached yet".to_owned(),
        Outcome::Waits => format!("◐ waits until {until}: {reason}"),
        Outcome::Excluded => format!("○ withheld{at}: {reason}"),
        Outcome::Sent => format!("● handed over{at}{said}"),
        Outcome::Deferred => format!("◐ to be tried again, last tried{at}{said}"),
        Outcome::Rejected => format!("○ refused{at}{said}"),
        Outcome::InDoubt => format!("◐ in doubt{at}: it may have arrived, nobody knows{said}"),
        Outcome::GivenUp => format!("○ given up{at}{said}"),
    };
    format!("{}: {what} to {whom}\n{became}", out.id)
}
