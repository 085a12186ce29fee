//! What came back, in words; shown by several commands.

use service::campaigns::{Feedback, OptOuts};
use service::returned::{CameBack, Returned};

use super::entries::entry_words;
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

/// What came back about a run's messages, and who opted out through them; no lines if nothing came.
pub fn feedback_lines(feedback: &Feedback, opt_outs: &OptOuts) -> Vec<String> {
    let row = |what: &str, count: u64| format!("  ↩ {what:<58}{:>12}", grouped(count));
    let mut lines = Vec::new();
    let mut counted = |what: &str, count: u64| {
        if count > 0 {
            lines.push(row(what, count));
        }
    };
    counted("confirmed as delivered", feedback.delivered);
    for (what, bounces) in [("hard bounces", &feedback.hard_bounce), ("soft bounces", &feedback.soft_bounce)]
    {
        counted(what, bounces.total);
        bounces.reasons.iter().for_each(|(reason, count)| counted(&format!("  {reason}"), *count));
    }
    counted("reported as spam", feedback.complaint);
    counted("opted out through it", opt_outs.people);
    for (source, count) in &opt_outs.by_source {
        counted(&format!("  {}", way(source)), *count);
    }
    counted("opted out and took it back", opt_outs.undone);
    lines
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
