//! What was said of a recipient, and what it means.

use consent::BounceReason;

use super::rules::{Evidence, RULES};
use super::text::{self, DIAGNOSTIC_LENGTH_MAX};
use super::{Action, Recipient};

/// What was said of one recipient.
pub(super) struct Said<'a> {
    /// The report's own diagnostic.
    pub(super) diagnostic: &'a str,
    /// What the text says of this recipient.
    pub(super) block: &'a str,
    /// All that the text says, if it is about one recipient.
    pub(super) words: &'a str,
    /// The report's status, with a comment perhaps.
    pub(super) status: &'a str,
    /// The host that refused, if the report says.
    pub(super) remote: &'a str,
    pub(super) action: Action,
}

/// After these words a report quotes the server that refused; before them it speaks for itself.
const QUOTES: [&str; 17] = [
    "the error that the other server returned was:",
    "the response from the remote server was:",
    "the response was:",
    "remote host said:",
    "remote smtp server returned:",
    "remote server returned ",
    "last error was ",
    "remote-mta said:",
    "remote server replied:",
    "responded with failure:",
    "with the following error message:",
    "diagnostic information for administrators:",
    "could not be delivered because of",
    "mail server told me:",
    "it responded as follows:",
    "the reason was:",
    "issued the following error:",
];

/// The recipient, but for its address.
pub(super) fn judge(said: &Said<'_>) -> Recipient {
    let cut = |text| text::cut(text, 2 * DIAGNOSTIC_LENGTH_MAX);
    let (block, words) = (cut(said.block), cut(said.words));
    let own = format!("{} {}", said.diagnostic, comment(said.status));
    // In the order of trust.
    let sources = [own, heard(block), heard(words), block.to_owned(), words.to_owned()];
    let normals = sources.each_ref().map(|source| text::normalise(source));
    let status = status(said, &sources);
    let reply = sources.iter().find_map(|source| text::reply_code(source)).unwrap_or_default();
    let command = normals.iter().find_map(|normal| text::command(normal));
    let host = if said.remote.is_empty() { talked_to(&normals[4]) } else { said.remote };
    let arrived = said.action != Action::Failed && status.starts_with('2');
    let reason = if said.action == Action::Delivered || arrived {
        BounceReason::Delivered
    } else {
        let evidence: Vec<Evidence<'_>> = normals
            .iter()
            .map(|normal| Evidence { normal, status, reply, command, host })
            .filter(|evidence| !evidence.normal.trim().is_empty())
            .collect();
        // What the server itself said; the next has the report's own words around it, and what follows has hardly more.
        let servers = sources[..3].iter().filter(|source| !source.trim().is_empty()).count();
        let by_words = |evidence: &[Evidence<'_>]| evidence.iter().find_map(|said| RULES.by_words(said));
        evidence
            .iter()
            .find_map(|said| RULES.by_text(said))
            .or_else(|| by_words(&evidence[..servers]))
            .or_else(|| (said.action == Action::Delayed).then_some(BounceReason::Expired))
            .or_else(|| RULES.by_status(status))
            .or_else(|| by_words(evidence.get(servers..=servers).unwrap_or_default()))
            .unwrap_or(BounceReason::OnHold)
    };
    let permanent = status.starts_with('5') || status.is_empty() && !reply.starts_with('4');
    // A domain that takes no mail at all won't take this one later either.
    let hard = reason.is_hard() || reason == BounceReason::NotAccept && permanent;
    let diagnostic =
        [said.diagnostic, said.block, said.words].into_iter().find(|text| !text.trim().is_empty());
    Recipient {
        address: String::new(),
        original: None,
        status: status.to_owned(),
        reply_code: reply.to_owned(),
        reason,
        hard: hard && said.action == Action::Failed,
        action: said.action,
        diagnostic: text::cut(diagnostic.unwrap_or_default().trim(), super::DIAGNOSTIC_KEPT_MAX).to_owned(),
    }
}

/// What a server's own refusal means, and whether it is hard: its reply as our sending or a relay service's event tells it,
/// and the enhanced status (RFC 3463) where that is told apart. `None` where neither says anything.
pub fn refusal(reply: &str, status: &str) -> Option<(BounceReason, bool)> {
    let said = Said { diagnostic: reply, block: "", words: "", status, remote: "", action: Action::Failed };
    let judged = judge(&said);
    (judged.reason != BounceReason::OnHold).then_some((judged.reason, judged.hard))
}

/// The refusing server's status where it gave one, else the reporting server's; among equals the one that says more.
fn status<'a>(said: &'a Said<'_>, sources: &'a [String]) -> &'a str {
    let vague = |status: &&str| status.ends_with(".0.0");
    let reported = text::enhanced_status(said.status);
    let own = text::enhanced_status(said.diagnostic);
    let words = || sources[1..].iter().find_map(|source| text::enhanced_status(source));
    let clear = |status: Option<&'a str>| status.filter(|status| !vague(status));
    clear(own)
        .or(clear(reported))
        .or_else(|| clear(words()))
        .or(reported)
        .or(own)
        .or_else(words)
        .unwrap_or_default()
}

/// `5.2.1 (mailbox disabled)`: what stands in the brackets, unless it only says what class 5 is.
fn comment(status: &str) -> &str {
    let comment = status.split_once('(').map_or("", |(_, comment)| comment.trim_end_matches(')'));
    if comment.contains("permanent failure") || comment.contains("undefined") { "" } else { comment }
}

/// What the refusing server said, where a text quotes it.
fn heard(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let quote = QUOTES.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()));
    if let Some(at) = quote {
        return text[at..].to_owned();
    }
    // A transcript: the lines that came from the other side.
    let refusals = text.lines().filter_map(|line| line.trim().strip_prefix("<<< "));
    refusals
        .filter(|line| line.starts_with(['4', '5']) && !line.starts_with("503"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The host in `host x[1.2.3.4] said` and in `while talking to x.:`.
fn talked_to(normal: &str) -> &str {
    ["host: ", "host ", "while talking to "]
        .into_iter()
        .find_map(|before| normal.split_once(before))
        .and_then(|(_, after)| after.split(['[', ' ', ':', '(']).next())
        .unwrap_or_default()
}
