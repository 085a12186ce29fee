//! `consentry profile show`

use anyhow::Result;
use consent::{Address, Target};
use serde_json::{Value, json};
use store::{Entry, GivenReason, Held, Preferences, ProfileView};

use super::came_in::CameIn;
use super::returned::Returned;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Entries shown.
const HISTORY_MAX: usize = 1_000;

/// Shows all that is known of a person.
pub async fn run(context: &Context, address: &str) -> Result<Exit> {
    let parsed = Address::guess(address)
        .map_err(|error| fail(format!("{address}: {error}"), "give an email address, or a number with +"))?;
    let missing = || {
        fail(
            format!("{address}: nobody has this address"),
            "consentry import profiles FILE; `consentry suppression show` knows addresses without a person",
        )
    };
    let owner = context.owner(&parsed).await?.ok_or_else(missing)?;
    let profile = context.store.profile(WORKSPACE, owner.profile).await?.ok_or_else(missing)?;
    let history = context.store.history(WORKSPACE, owner.profile, None, HISTORY_MAX).await?;
    let entries = history.entries.iter().map(|entry| entry.id).collect();
    let reasons = context.store.reasons_given(WORKSPACE, entries).await?;
    let mut returned = Returned { entries: Vec::new(), feedback: Vec::new() };
    for held in &profile.addresses {
        let Ok(address) = Address::parse(&held.namespace, &held.raw, None) else { continue };
        let more = Returned::of(context, &address).await?;
        // Addresses of one domain share its entries.
        let news =
            more.entries.into_iter().filter(|entry| !returned.entries.contains(entry)).collect::<Vec<_>>();
        returned.entries.extend(news);
        returned.feedback.extend(more.feedback);
    }
    let origin = CameIn::of(context, &profile, &history).await?;
    let mut value = describe(&profile, &history.entries, &reasons);
    value["origin"] = origin.describe();
    if history.more {
        value["historyTruncated"] = json!(true);
    }
    returned.describe(&mut value, context.now());
    output::data(context.json, &value, || {
        let more = returned.lines(context.now());
        std::iter::once(words(&profile, &origin, &history.entries, &reasons))
            .chain(more)
            .collect::<Vec<_>>()
            .join("\n")
    });
    Ok(Exit::Done)
}

fn describe(profile: &ProfileView, history: &[Entry], reasons: &[GivenReason]) -> Value {
    let attributes: Value = serde_json::from_str(&profile.attributes).unwrap_or_default();
    let subscription = |(_, name, held): &(_, String, Held)| {
        (name.clone(), json!({ "val": held.choice.as_str(), "time": dated(held) }))
    };
    let mut value = json!({
        "profile": profile.id.to_string(),
        "id": profile.external_id,
        "addresses": profile.addresses.iter().map(|address| json!({
            "namespace": address.namespace.as_str(), "address": address.raw,
        })).collect::<Vec<_>>(),
        "locale": profile.locale,
        "timeZone": profile.time_zone,
        "country": profile.country.map(|country| country.as_str().to_owned()),
        "attributes": attributes,
        "subscriptions": profile.subscriptions.iter().map(subscription).collect::<serde_json::Map<_, _>>(),
        "preferences": describe_preferences(&profile.preferences),
        "history": history.iter().map(|entry| describe_entry(profile, entry, reasons)).collect::<Vec<_>>(),
    });
    value["consents"] = store::document(profile);
    value
}

fn describe_preferences(preferences: &Preferences) -> Value {
    let Preferences { pause_until, pace, language, preferred } = preferences;
    json!({
        "pauseUntil": pause_until.map(|until| until.to_string()),
        "pace": pace.as_str(),
        "language": language,
        "preferred": (*preferred != consent::Preferred::Unset).then(|| preferred.as_str()),
    })
}

fn reason_of<'a>(entry: &Entry, reasons: &'a [GivenReason]) -> Option<&'a GivenReason> {
    reasons.iter().find(|given| given.entry == entry.id)
}

fn describe_entry(profile: &ProfileView, entry: &Entry, reasons: &[GivenReason]) -> Value {
    let mut value = json!({
        "entry": entry.id.to_string(),
        "changes": entry.applied.iter().map(|set| json!({
            "field": field(profile, set.target), "old": set.old.as_str(), "new": set.new.as_str(),
        })).collect::<Vec<_>>(),
        "source": entry.source.as_str(),
        "occurredAt": entry.occurred_at.map(|at| at.to_string()),
        "receivedAt": entry.received_at.to_string(),
        "run": entry.run.map(|run| run.to_string()),
        "evidence": entry.evidence,
    });
    if let Some(given) = reason_of(entry, reasons) {
        value["reasonGiven"] = json!({ "code": given.code, "text": given.text });
    }
    value
}

/// A target's name: `email`, `identity.email`, `list.news`.
pub fn field(profile: &ProfileView, target: Target) -> String {
    match target {
        Target::Field(field) => field.to_string(),
        Target::Identity(field) => format!("identity.{field}"),
        Target::List(list) => {
            let name =
                profile.subscriptions.iter().find(|(id, ..)| *id == list).map(|(_, name, _)| name.as_str());
            format!("list.{}", name.unwrap_or("?"))
        }
    }
}

fn dated(held: &Held) -> Option<String> {
    (held.at != consent::Timestamp::UNDATED).then(|| held.at.to_string())
}

fn words(profile: &ProfileView, origin: &CameIn, history: &[Entry], reasons: &[GivenReason]) -> String {
    let mut lines = vec![profile.id.to_string(), format!("  {}", origin.in_words())];
    lines.extend(
        profile.addresses.iter().map(|address| format!("  {:<8}{}", address.namespace.as_str(), address.raw)),
    );
    let value =
        |name: String, held: &Held| format!("  {name:<20}{:<6}since {}", held.choice.to_string(), held.at);
    lines.push("consents".to_owned());
    lines.extend(profile.values.iter().map(|(field, held)| value(field.to_string(), held)));
    for address in &profile.addresses {
        lines.extend(address.values.iter().map(|(field, held)| value(format!("identity.{field}"), held)));
    }
    lines.extend(profile.subscriptions.iter().map(|(_, name, held)| value(format!("list.{name}"), held)));
    if lines.last().is_some_and(|line| line == "consents") {
        lines.push("  none recorded".to_owned());
    }
    lines.extend(preferences_in_words(&profile.preferences));
    lines.push("history".to_owned());
    lines.extend(history.iter().map(|entry| entry_in_words(profile, entry, reasons)));
    lines.join("\n")
}

/// Nothing for whoever prefers nothing.
fn preferences_in_words(preferences: &Preferences) -> Vec<String> {
    let Preferences { pause_until, pace, language, preferred } = preferences;
    if *preferences == Preferences::default() {
        return Vec::new();
    }
    let mut lines = vec!["preferences".to_owned()];
    let mut line = |name: &str, value: String| lines.push(format!("  {name:<20}{value}"));
    if let Some(until) = pause_until {
        line("pause until", until.to_string());
    }
    if let Some(days) = pace.days() {
        line("pace", format!("{}: one message in {days} days", pace.as_str()));
    }
    if let Some(language) = language {
        line("language", language.clone());
    }
    if *preferred != consent::Preferred::Unset {
        line("preferred channel", preferred.as_str().to_owned());
    }
    lines
}

fn entry_in_words(profile: &ProfileView, entry: &Entry, reasons: &[GivenReason]) -> String {
    let change = |set: &store::Applied| format!("{} {} → {}", field(profile, set.target), set.old, set.new);
    let mut changes: Vec<String> = entry.applied.iter().map(change).collect();
    changes.extend(entry.evidence.preferences.clone());
    let because = reason_of(entry, reasons).map_or(String::new(), |given| {
        let both = [given.code.as_str(), given.text.as_str()];
        let said: Vec<_> = both.into_iter().filter(|part| !part.is_empty()).collect();
        // What people write may hold anything.
        format!("  because {:?}", said.join(": "))
    });
    let (id, at, source) = (entry.id, entry.received_at, entry.source.as_str());
    format!("  {id}  {at}  {}  by {source}{because}", changes.join(", "))
}
