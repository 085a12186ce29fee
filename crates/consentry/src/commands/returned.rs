//! What came back, in words; shown by several commands.

use std::collections::BTreeMap;

use anyhow::Result;
use consent::RunId;
use serde_json::{Map, Value, json};
use service::returned::{CameBack, Returned};
use store::{FeedbackKind, RunOptOuts};

use super::entries::entry_words;
use crate::context::{Context, WORKSPACE};
use crate::output::grouped;

/// Characters of a bounce's text shown on a line.
const DETAIL_SHOWN: usize = 100;

/// Lines for people, headings included; none if there is nothing.
pub fn returned_lines(returned: &Returned) -> Vec<String> {
    let mut lines = Vec::new();
    if !returned.suppression.is_empty() {
        lines.push("suppression".to_owned());
        lines.extend(returned.suppression.iter().map(|entry| format!("  {}", entry_words(entry))));
    }
    if !returned.feedback.is_empty() {
        lines.push("came back".to_owned());
        lines.extend(returned.feedback.iter().map(|feedback| format!("  {}", feedback_words(feedback))));
    }
    lines
}

fn feedback_words(feedback: &CameBack) -> String {
    let reason = feedback.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let detail: String = feedback.detail.chars().map(shown).take(DETAIL_SHOWN).collect();
    let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
    format!("{}  {}{reason}  by {}{detail}", feedback.at, feedback.kind, feedback.source)
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
