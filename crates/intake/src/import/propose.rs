//! How a column would be read that looks like a refusal or a consent: what an operator can copy, and looks at first.

use consent::{Choice, Field};
use store::SuppressionCategory;

use super::meaning::Means;
use super::recognise::{Kind, NameHit, Said, means_nothing, said, telling};
use super::survey::Seen;

/// Most values that a proposal names one by one.
const NAMED_MAX: usize = 24;

/// What the column is taken for.
pub(super) struct Column<'s> {
    pub(super) name: &'s str,
    /// What its name says; `None` if only its values tell.
    pub(super) hit: Option<NameHit>,
    pub(super) seen: &'s Seen,
    /// The channel of the file's addresses.
    pub(super) channel: Field,
}

/// The mapping of a column, as `--map` takes it.
pub(super) fn mapping(column: &Column<'_>) -> String {
    let field = column.hit.and_then(|hit| hit.channel).unwrap_or(column.channel);
    let kind = column.hit.map(|hit| hit.kind);
    let target = match kind {
        Some(Kind::Bounce | Kind::Complaint) if field == Field::Sms => "suppression.phone".to_owned(),
        Some(Kind::Bounce | Kind::Complaint) => "suppression.email".to_owned(),
        Some(Kind::Refusal) if dated(column.seen) => return format!("{}=refused_time.{field}", column.name),
        _ => format!("consent.{field}"),
    };
    let values = values(column.seen, kind);
    format!("{}={target}:{values}", column.name)
}

/// Whether its values are dates, not the numbers of an answer.
fn dated(seen: &Seen) -> bool {
    seen.order.mostly_dates()
}

fn values(seen: &Seen, kind: Option<Kind>) -> String {
    let few = !seen.many && seen.values().len() <= NAMED_MAX;
    let named = if few { seen.values() } else { seen.telling() };
    let free_text = matches!(kind, Some(Kind::Refusal | Kind::Bounce | Kind::Complaint));
    let mut pairs: Vec<(String, Means)> = Vec::new();
    let mut rest = None;
    for (value, _) in named.iter().filter(|(value, _)| !means_nothing(value)) {
        match meaning(value, kind) {
            // Reasons and the like: whatever is filled in says the same.
            None if free_text => rest = Some(unknown(kind)),
            means => pairs.push((quoted(value), means.unwrap_or_else(|| unknown(kind)))),
        }
    }
    if !few || pairs.is_empty() {
        rest = Some(unknown(kind));
    }
    let rest = rest.map(|means| ("*".to_owned(), means));
    let pairs = pairs.into_iter().chain(rest).map(|(value, means)| format!("{value}={}", means.as_str()));
    pairs.collect::<Vec<_>>().join(",")
}

/// A value in a mapping.
fn quoted(value: &str) -> String {
    if value.contains([',', '=', '"']) || value == "*" {
        format!("\"{}\"", value.replace('"', ""))
    } else {
        value.to_owned()
    }
}

/// What a value means in a column of this kind; `None` if nobody knows.
fn meaning(value: &str, kind: Option<Kind>) -> Option<Means> {
    let said = said(value).or_else(|| telling(value))?;
    let (no, yes) = (Means::Choice(Choice::No), Means::Choice(Choice::Yes));
    Some(match (kind, said) {
        (Some(Kind::Refusal), Said::Yes | Said::Refused) => no,
        // Asked, and not answered yet.
        (Some(Kind::Confirmation), Said::No) => Means::Choice(Choice::Pending),
        (Some(Kind::Bounce), Said::Yes) => Means::Suppress(SuppressionCategory::Hard),
        (Some(Kind::Complaint), Said::Yes) => Means::Suppress(SuppressionCategory::Complaint),
        // Only its values told: what else stands in the column is nothing about consent.
        (_, Said::Unrelated)
        | (None, Said::Yes | Said::No | Said::Agreed)
        | (Some(Kind::Refusal | Kind::Bounce | Kind::Complaint), Said::No | Said::Agreed) => Means::Nothing,
        (_, Said::Yes | Said::Agreed) => yes,
        (_, said) => Means::of_word(said)?,
    })
}

/// What a value means that nobody knows: less is sent, rather than more.
fn unknown(kind: Option<Kind>) -> Means {
    match kind {
        Some(Kind::Refusal) => Means::Choice(Choice::No),
        Some(Kind::Bounce) => Means::Suppress(SuppressionCategory::Hard),
        Some(Kind::Complaint) => Means::Suppress(SuppressionCategory::Complaint),
        Some(_) => Means::Choice(Choice::DefaultNo),
        None => Means::Nothing,
    }
}

/// Why a column isn't taken for an attribute.
pub(super) fn why(hit: Option<NameHit>, seen: &Seen) -> String {
    let by_name = match hit.map(|hit| hit.kind) {
        Some(Kind::Refusal) => "its name looks like a refusal",
        Some(Kind::Bounce) => "its name looks like addresses that bounce",
        Some(Kind::Complaint) => "its name looks like reports of spam",
        Some(Kind::Status) => "its name looks like the state of a subscription",
        Some(Kind::Confirmation) => "its name looks like whether a sign-up was confirmed",
        Some(_) => "its name looks like a consent",
        None => "its values look like refusals",
    };
    let first =
        seen.first_telling().map(|line| format!(", a refusal first in line {line}")).unwrap_or_default();
    format!("{by_name}, which an attribute would lose (filled in {} times{first})", seen.filled)
}
