//! What happened to a person's choices, entry by entry.

use consent::{EntryId, Evidence, ListId, RunId, Target, Timestamp};
use serde::Serialize;
use store::{Applied, Entry, GivenReason};

use crate::shape;

/// An entry of the ledger, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = HistoryEntry)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The entry.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub entry: EntryId,
    /// What it changed.
    pub changes: Vec<Change>,
    /// Through which door it came.
    pub source: String,
    /// When the choice was made, if known.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Timestamp>,
    /// When it was recorded.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// The run whose message it answers.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    /// What proves it.
    pub evidence: Proof,
    /// Why the person said they left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_given: Option<ReasonGiven>,
}

/// A value that an entry changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Which: `email`, `identity.email`, `list.news`.
    pub field: String,
    /// What it was, as XDM has it; empty for unset.
    #[schema(value_type = String)]
    pub old: &'static str,
    /// What it is since.
    #[schema(value_type = String)]
    pub new: &'static str,
}

/// What proves an entry; empty once it was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Evidence)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The network address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The user agent of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What the person wrote or agreed to, as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The reason given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was asked for of preferences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferences: Option<String>,
    /// Who made the change through an operators' interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Why somebody said they left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReasonGiven {
    /// One of the brand's reasons, may be empty.
    pub code: String,
    /// In the person's words, may be empty.
    pub text: String,
}

impl From<Evidence> for Proof {
    fn from(evidence: Evidence) -> Self {
        let Evidence { ip, user_agent, raw, reason, preferences, actor } = evidence;
        Self { ip, user_agent, raw, reason, preferences, actor }
    }
}

impl Change {
    /// A change of a field.
    pub(crate) fn of(set: &Applied, field: String) -> Self {
        Self { field, old: set.old.as_str(), new: set.new.as_str() }
    }
}

impl Event {
    /// An entry, what it changed, and why the person said they left.
    pub(crate) fn of(entry: Entry, changes: Vec<Change>, given: Option<GivenReason>) -> Self {
        Self {
            entry: entry.id,
            changes,
            source: entry.source.as_str().to_owned(),
            occurred_at: entry.occurred_at,
            received_at: entry.received_at,
            run: entry.run,
            evidence: entry.evidence.into(),
            reason_given: given.map(|GivenReason { code, text, .. }| ReasonGiven { code, text }),
        }
    }
}

/// A target's name: `email`, `identity.email`, `list.news`; a list that is gone is `list.?`.
pub(crate) fn field_name(target: Target, list: &impl Fn(ListId) -> Option<String>) -> String {
    match target {
        Target::Field(field) => field.to_string(),
        Target::Identity(field) => format!("identity.{field}"),
        Target::List(id) => format!("list.{}", list(id).as_deref().unwrap_or("?")),
    }
}
