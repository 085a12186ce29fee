//! What came back, and what is suppressed: shown by several commands.

use std::collections::BTreeMap;

use anyhow::Result;
use consent::{Address, Namespace, RunId, Timestamp};
use intake::suppression::{hash_of, type_name};
use serde_json::{Map, Value, json};
use store::{AllowEntry, Feedback, FeedbackKind, RunOptOuts, SuppressionEntry};

use crate::context::{Context, WORKSPACE};
use crate::output::grouped;

/// Pieces of feedback shown of an address.
const FEEDBACK_SHOWN: usize = 10;
/// Characters of a bounce's text shown on a line.
const DETAIL_SHOWN: usize = 100;

/// What the suppression list holds and what came back, of one address.
pub struct Returned {
    /// Entries of the address, of its hash and of its domain; expired ones too.
    pub entries: Vec<SuppressionEntry>,
    /// What came back lately, newest first.
    pub feedback: Vec<Feedback>,
}

impl Returned {
    /// Reads both.
    pub async fn of(context: &Context, address: &Address) -> Result<Self> {
        let entries = entries_about(context, address).await?;
        let feedback = context.store.feedback_of(WORKSPACE, address, FEEDBACK_SHOWN).await?;
        Ok(Self { entries, feedback })
    }

    /// Adds the members `suppression` and `feedback`.
    pub fn describe(&self, value: &mut Value, now: Timestamp) {
        value["suppression"] = self.entries.iter().map(|entry| describe_entry(entry, now)).collect();
        value["feedback"] = self.feedback.iter().map(describe_feedback).collect();
    }

    /// Lines for people, headings included; none if there is nothing.
    pub fn lines(&self, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.entries.is_empty() {
            lines.push("suppression".to_owned());
            lines.extend(self.entries.iter().map(|entry| format!("  {}", entry_words(entry, now))));
        }
        if !self.feedback.is_empty() {
            lines.push("came back".to_owned());
            lines.extend(self.feedback.iter().map(|feedback| format!("  {}", feedback_words(feedback))));
        }
        lines
    }
}

/// The suppression entries that concern an address: its own, those of its hash and of its domain.
pub async fn entries_about(context: &Context, address: &Address) -> Result<Vec<SuppressionEntry>> {
    let hash = hash_of(address);
    let values = [address.key(), &hash, address.domain()];
    let mut entries = Vec::new();
    for value in values.into_iter().filter(|value| !value.is_empty()) {
        entries.extend(context.store.suppression(WORKSPACE, address.namespace(), value).await?);
    }
    Ok(entries)
}

/// Whether an entry suppresses at a moment.
pub fn in_force(entry: &SuppressionEntry, now: Timestamp) -> bool {
    entry.expires_at.is_none_or(|expiry| now < expiry)
}

/// An entry as JSON.
pub fn describe_entry(entry: &SuppressionEntry, now: Timestamp) -> Value {
    json!({
        "type": type_name(&entry.namespace, &entry.value),
        "namespace": entry.namespace.as_str(),
        "value": entry.value,
        "category": entry.category.as_str(),
        "reason": entry.reason,
        "by": entry.by,
        "at": entry.at.to_string(),
        "updatedAt": entry.updated_at.to_string(),
        "expiresAt": entry.expires_at.map(|at| at.to_string()),
        "inForce": in_force(entry, now),
    })
}

/// An entry on a line.
pub fn entry_words(entry: &SuppressionEntry, now: Timestamp) -> String {
    let reason = if entry.reason.is_empty() { String::new() } else { format!(": {}", entry.reason) };
    let until = match entry.expires_at {
        None => String::new(),
        Some(expiry) if in_force(entry, now) => format!(", until {expiry}"),
        Some(expiry) => format!(", expired {expiry}"),
    };
    let mark = if in_force(entry, now) { "✗" } else { "·" };
    let (kind, category) = (type_name(&entry.namespace, &entry.value), entry.category.as_str());
    format!("{mark} {kind} {}  {category}{reason}  (by {} at {}{until})", entry.value, entry.by, entry.at)
}

/// An allow entry as JSON.
pub fn describe_allowed(entry: &AllowEntry) -> Value {
    json!({
        "type": type_name(&entry.namespace, &entry.value),
        "namespace": entry.namespace.as_str(),
        "value": entry.value,
        "comment": entry.comment,
        "by": entry.by,
        "at": entry.at.to_string(),
    })
}

/// An allow entry on a line.
pub fn allowed_words(entry: &AllowEntry) -> String {
    let comment = if entry.comment.is_empty() { String::new() } else { format!("  {}", entry.comment) };
    let kind = type_name(&entry.namespace, &entry.value);
    format!("{kind} {}{comment}  (by {} at {})", entry.value, entry.by, entry.at)
}

fn describe_feedback(feedback: &Feedback) -> Value {
    json!({
        "kind": feedback.kind.as_str(),
        "reason": reason(feedback.kind),
        "at": feedback.at.to_string(),
        "source": feedback.source,
        "run": feedback.run.map(|run| run.to_string()),
        "detail": feedback.detail,
    })
}

fn feedback_words(feedback: &Feedback) -> String {
    let reason = reason(feedback.kind).map(|reason| format!(" {reason}")).unwrap_or_default();
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let detail: String = feedback.detail.chars().map(shown).take(DETAIL_SHOWN).collect();
    let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
    format!("{}  {}{reason}  by {}{detail}", feedback.at, feedback.kind.as_str(), feedback.source)
}

fn reason(kind: FeedbackKind) -> Option<&'static str> {
    match kind {
        FeedbackKind::Bounced { reason, .. } => Some(reason.as_str()),
        _ => None,
    }
}

/// What came back about a run's messages.
pub struct RunFeedback {
    /// How often each kind came.
    kinds: BTreeMap<&'static str, u64>,
    /// Of bounces, how often by kind and reason.
    reasons: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    opt_outs: RunOptOuts,
}

impl RunFeedback {
    /// Counts it.
    pub async fn of(context: &Context, run: RunId) -> Result<Self> {
        let (mut kinds, mut reasons) = (BTreeMap::new(), BTreeMap::<_, BTreeMap<_, u64>>::new());
        for count in context.store.feedback_counts(WORKSPACE, Some(run)).await? {
            let kind = count.kind.as_str();
            *kinds.entry(kind).or_default() += count.count;
            if let Some(reason) = reason(count.kind) {
                *reasons.entry(kind).or_default().entry(reason).or_default() += count.count;
            }
        }
        let opt_outs = context.store.run_opt_outs(WORKSPACE, run).await?;
        Ok(Self { kinds, reasons, opt_outs })
    }

    /// Who opted out through the messages, as JSON.
    pub fn describe_opt_outs(&self) -> Value {
        let RunOptOuts { people, by_source, undone } = &self.opt_outs;
        json!({ "people": people, "bySource": by_source, "undone": undone })
    }

    /// As JSON: a number for each kind, for bounces `{"total", "reasons"}`.
    pub fn describe(&self) -> Value {
        let mut value = Map::new();
        for kind in ["delivered", "hard_bounce", "soft_bounce", "complaint", "unsubscribe", "noted"] {
            let count = self.kinds.get(kind).copied().unwrap_or(0);
            let bounces = kind.ends_with("_bounce");
            let reasons = self.reasons.get(kind).cloned().unwrap_or_default();
            let counted = if bounces { json!({ "total": count, "reasons": reasons }) } else { json!(count) };
            value.insert(kind.to_owned(), counted);
        }
        Value::Object(value)
    }

    /// Lines for people; none if nothing came.
    pub fn lines(&self) -> Vec<String> {
        let row = |what: &str, count: u64| format!("  ↩ {what:<58}{:>12}", grouped(count));
        let mut lines = Vec::new();
        for (kind, words) in [
            ("delivered", "confirmed as delivered"),
            ("hard_bounce", "hard bounces"),
            ("soft_bounce", "soft bounces"),
            ("complaint", "reported as spam"),
        ] {
            let Some(count) = self.kinds.get(kind) else { continue };
            lines.push(row(words, *count));
            for (reason, count) in self.reasons.get(kind).into_iter().flatten() {
                lines.push(row(&format!("  {reason}"), *count));
            }
        }
        let RunOptOuts { people, by_source, undone } = &self.opt_outs;
        if *people > 0 {
            lines.push(row("opted out through it", *people));
            lines.extend(by_source.iter().map(|(source, count)| row(&format!("  {}", way(source)), *count)));
        }
        if *undone > 0 {
            lines.push(row("opted out and took it back", *undone));
        }
        lines
    }
}

/// A way in which somebody opted out, in words.
fn way(source: &str) -> &str {
    match source {
        "one_click" => "one-click in the mail program",
        "page" => "on a page of ours",
        "mailto" => "by mail",
        "complaint" => "reported as spam",
        "sms" => "by text",
        "webhook" => "told by a relay service",
        "provider" => "told by the provider of texts",
        "api" => "told by a program",
        "operator" => "told by an operator",
        other => other,
    }
}

/// Whose entries a command line names: of a hash two, one for each namespace that it may be of.
pub fn named(
    value: &str,
    entry_type: Option<intake::suppression::EntryType>,
) -> Result<Vec<intake::suppression::Named>> {
    let entry_type = entry_type.unwrap_or_else(|| intake::suppression::EntryType::guess(value));
    entry_type.read(value).map_err(|error| {
        crate::output::fail(
            format!("{value}: {error}"),
            "give an email address, a domain, a number with +, or the SHA-256 of one; --type says which",
        )
    })
}

/// Who works at this command line.
pub fn operator() -> String {
    let user = std::env::var("USER").ok().filter(|user| !user.trim().is_empty());
    user.map_or_else(|| "operator".to_owned(), |user| intake::suppression::note(&format!("cli:{user}")))
}

/// The address that an entry names, if it is one.
pub fn address_of(namespace: &Namespace, value: &str) -> Option<Address> {
    let address = intake::suppression::entry_kind(namespace, value) == store::EntryKind::Address;
    address.then(|| Address::parse(namespace, value, None).ok()).flatten()
}
