//! `consentry send`

use anyhow::Result;
use serde_json::{Value, json};
use store::{DeliveryState, SendState, SendView, SentBy};

use crate::cli::{self, Global};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Tells what became of a message.
pub async fn run(global: &Global, command: cli::Send) -> Result<Exit> {
    let cli::Send::Show { send } = command;
    let context = Context::open(global)?;
    let view = context.store.sent(WORKSPACE, send).await?.ok_or_else(|| {
        let hint = "ids stand in `consentry campaign explain --json`, links and logs";
        fail(format!("{send}: there is no such message"), hint)
    })?;
    output::data(context.json, &document(&view), || sentence(&view));
    Ok(Exit::Done)
}

fn document(view: &SendView) -> Value {
    let mut document =
        json!({ "id": view.id.to_string(), "attempts": view.attempts, "outcome": outcome(view) });
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            document[key] = value;
        }
    };
    match &view.by {
        SentBy::Run(run) => put("run", Some(json!(run.to_string()))),
        SentBy::Single(origin, intent) => {
            put("origin", Some(json!(origin.name())));
            put("intent", Some(json!(intent)));
        }
    }
    put("profile", view.profile.map(|profile| json!(profile.to_string())));
    put("address", view.address.map(|address| json!(address.to_string())));
    put("channel", view.kind.map(|(channel, _)| json!(channel.as_str())));
    put("category", view.kind.map(|(_, category)| json!(category.as_str())));
    put("at", view.at.map(|at| json!(at.to_string())));
    put("code", (view.code != 0).then(|| json!(view.code)));
    put("detail", view.detail.as_ref().map(|detail| json!(detail)));
    if let Some(SendState::Excluded(cause)) = view.state {
        put("reason", Some(json!(cause.to_string())));
    }
    if let Some(wait) = view.waits {
        put("reason", Some(json!(wait.cause.to_string())));
        put("until", Some(json!(wait.until.to_string())));
    }
    document
}

fn outcome(view: &SendView) -> &'static str {
    match view.state {
        None => "notReached",
        Some(SendState::Excluded(_)) => "excluded",
        Some(SendState::Message(state)) => match state {
            DeliveryState::Sent => "sent",
            DeliveryState::Deferred => "deferred",
            DeliveryState::Rejected => "rejected",
            DeliveryState::InDoubt => "inDoubt",
            DeliveryState::GivenUp => "givenUp",
        },
    }
}

fn sentence(view: &SendView) -> String {
    let SendView { id, profile, code, detail, .. } = view;
    let what = match &view.by {
        SentBy::Run(run) => format!("a message of {run}"),
        SentBy::Single(origin, _) => format!("a message of its own ({})", origin.name()),
    };
    let whom = profile.map_or_else(|| "an address that nobody has".to_owned(), |profile| profile.to_string());
    let at = view.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let said = match (code, detail) {
        (0, None) => String::new(),
        (0, Some(detail)) => format!(": {detail}"),
        (code, detail) => {
            format!(", reply {code} {}", detail.as_deref().unwrap_or_default()).trim_end().to_owned()
        }
    };
    let became = match (view.state, view.waits) {
        (_, Some(wait)) => {
            format!("◐ waits until {}: {} ({})", wait.until, wait.cause.in_words(), wait.cause)
        }
        (None, None) => "not reached yet".to_owned(),
        (Some(SendState::Excluded(cause)), None) => format!("○ withheld{at}: {} ({cause})", cause.in_words()),
        (Some(SendState::Message(DeliveryState::Sent)), None) => format!("● handed over{at}{said}"),
        (Some(SendState::Message(DeliveryState::Deferred)), None) => {
            format!("◐ to be tried again, last{at}{said}")
        }
        (Some(SendState::Message(DeliveryState::Rejected)), None) => format!("○ refused{at}{said}"),
        (Some(SendState::Message(DeliveryState::InDoubt)), None) => {
            format!("◐ in doubt {at}: it may have arrived, nobody knows{said}")
        }
        (Some(SendState::Message(DeliveryState::GivenUp)), None) => format!("○ given up{at}{said}"),
    };
    format!("{id}: {what} to {whom}\n{became}")
}
