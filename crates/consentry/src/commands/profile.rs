//! `consentry profile show`

use anyhow::Result;
use service::profiles::history::{Change, Event};
use service::profiles::{Origin, show};

use super::returned::returned_lines;
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// Shows all that is known of a person.
pub async fn run(context: &Context, address: String) -> Result<Exit> {
    let outcome = show::show(&context.service(), &context.actor(), show::In { address }).await;
    let out = outcome.map_err(|error| match error {
        show::Error::Address { .. } => refused(error, "give an email address, or a number with +"),
        show::Error::Nobody(_) => refused(
            error,
            "consentry import profiles FILE; `consentry suppression show` knows addresses without a person",
        ),
        show::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, words);
    Ok(Exit::Done)
}

fn words(out: &show::Out) -> String {
    let mut lines = vec![out.profile.to_string(), format!("  {}", origin_words(&out.origin))];
    lines.extend(out.addresses.iter().map(|held| format!("  {:<8}{}", held.namespace, held.address)));
    lines.push("consents".to_owned());
    lines.extend(out.values.iter().map(|choice| {
        let since = choice.since.map_or_else(|| "undated".to_owned(), |since| since.to_string());
        format!("  {:<20}{:<6}since {since}", choice.field, choice.value)
    }));
    if out.values.is_empty() {
        lines.push("  none recorded".to_owned());
    }
    lines.extend(preferences_words(&out.preferences));
    lines.push("history".to_owned());
    lines.extend(out.history.iter().map(event_words));
    lines.extend(returned_lines(&out.returned));
    lines.join("\n")
}

/// Nothing for whoever prefers nothing.
fn preferences_words(preferences: &show::Preferring) -> Vec<String> {
    let show::Preferring { pause_until, pace, pace_days, language, preferred } = preferences;
    let values = [
        ("pause until", pause_until.map(|until| until.to_string())),
        ("pace", pace_days.map(|days| format!("{pace}: one message in {days} days"))),
        ("language", language.clone()),
        ("preferred channel", preferred.map(str::to_owned)),
    ];
    let lines: Vec<_> =
        values.into_iter().filter_map(|(name, value)| Some(format!("  {name:<20}{}", value?))).collect();
    if lines.is_empty() { lines } else { std::iter::once("preferences".to_owned()).chain(lines).collect() }
}

/// An entry on a line.
pub fn event_words(event: &Event) -> String {
    let change = |change: &Change| format!("{} {} → {}", change.field, shown(change.old), shown(change.new));
    let mut changes: Vec<String> = event.changes.iter().map(change).collect();
    changes.extend(event.evidence.preferences.clone());
    let because = event.reason_given.as_ref().map_or(String::new(), |given| {
        let both = [given.code.as_str(), given.text.as_str()];
        let said: Vec<_> = both.into_iter().filter(|part| !part.is_empty()).collect();
        // What people write may hold anything.
        format!("  because {:?}", said.join(": "))
    });
    let (id, at, source) = (event.entry, event.received_at, &event.source);
    format!("  {id}  {at}  {}  by {source}{because}", changes.join(", "))
}

/// A choice, or that there is none.
fn shown(choice: &str) -> &str {
    if choice.is_empty() { "unset" } else { choice }
}

fn origin_words(origin: &Origin) -> String {
    let at = origin.at;
    if origin.brought_in {
        return format!("brought in by an import, a program or a campaign's file; here since {at}");
    }
    let how = match origin.by.as_deref() {
        Some("form") => "came in by a form",
        Some("confirm") => "came in by confirming a subscription",
        Some("sms") => "came in by a text that they sent",
        Some("provider") => "came in by a provider's opt-outs",
        Some("complaint") => "came in by a report of spam",
        Some("webhook") => "came in by an opt-out that a relay service told",
        Some("mailto") => "came in by a mail to an unsubscribe address",
        Some("operator") => "came in by an opt-out that somebody took down",
        Some("api") => "came in by an opt-out that a program told",
        _ => "came in by an act of their own",
    };
    format!("{how} on {at}; gets marketing only after saying yes")
}
