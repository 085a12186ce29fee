//! The suppression list. Its entries name addresses, so they stand in bodies.

use consent::{Namespace, Timestamp};
use serde::Deserialize;
use service::keys::Scope;
use service::suppression::{Entry, add, list, remove, show};
use store::{EntryKind as Kinds, SuppressionCategory};
use utoipa::ToSchema;

use super::super::call::{Call, Replied, parameter_invalid};
use super::super::endpoint::{Endpoint, Kind};
use super::super::problem::ApiProblem;
use super::super::shapes::{EntryKind, Paged, moment_if};

const KINDS: &[&str] = &["address", "domain", "hash"];
const CATEGORIES: &[&str] = &["manual", "hard", "soft", "complaint"];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/suppression",
            Scope::SuppressionRead,
            "getSuppression",
            "Show the suppression list, newest first.",
        )
        .parameter("namespace", "Only of this namespace.", Kind::OneOf(&["email", "phone", "push"]))
        .parameter("kind", "Only addresses, domains or hashes.", Kind::OneOf(KINDS))
        .parameter("category", "Only of this category.", Kind::OneOf(CATEGORIES))
        .pages()
        .runs(all),
        Endpoint::post(
            "/suppression",
            Scope::SuppressionWrite,
            "suppress",
            "Put an address, a domain or a hash on the list. From then on nothing goes there.",
        )
        .takes(added),
        Endpoint::ask(
            "/suppression/lookup",
            Scope::SuppressionRead,
            "lookUpSuppression",
            "Show what the list holds and held of a value.",
        )
        .takes(looked_up),
        Endpoint::post(
            "/suppression/remove",
            Scope::SuppressionWrite,
            "unsuppress",
            "Take a value off the list. What was there, who took it off and why is kept.",
        )
        .takes(removed),
    ]
}

/// A value to suppress.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Suppress)]
struct Add {
    /// An address, a domain or the SHA-256 of an address.
    #[schema(examples("ann@example.com"))]
    value: String,
    /// What it is, unless that is plain.
    #[serde(default, rename = "type")]
    kind: Option<EntryKind>,
    /// Why.
    #[serde(default)]
    reason: String,
    /// Until when; for good if absent.
    #[serde(default, deserialize_with = "moment_if")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A value to look up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SuppressionLookup)]
struct LookUp {
    value: String,
    /// What it is, unless that is plain.
    #[serde(default, rename = "type")]
    kind: Option<EntryKind>,
}

/// A value to take off.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Unsuppress)]
struct Remove {
    value: String,
    /// What it is, unless that is plain.
    #[serde(default, rename = "type")]
    kind: Option<EntryKind>,
    /// Why; it is kept.
    #[schema(min_length = 1)]
    reason: String,
    /// Only the entry of this category: `manual`, `hard`, `soft` or `complaint`.
    #[serde(default)]
    category: Option<String>,
}

/// The kind of a parameter.
pub(super) fn kind(call: &Call) -> Result<Option<Kinds>, ApiProblem> {
    Ok(match call.parameter::<String>("kind").unwrap_or_default().as_deref() {
        None => None,
        Some("address") => Some(Kinds::Address),
        Some("domain") => Some(Kinds::Domain),
        Some("hash") => Some(Kinds::Hash),
        Some(_) => return Err(parameter_invalid("kind", &KINDS.join(", "))),
    })
}

fn category(text: Option<&str>) -> Result<Option<SuppressionCategory>, ApiProblem> {
    use SuppressionCategory::{Complaint, Hard, Manual, Soft};
    let Some(text) = text else { return Ok(None) };
    let found = [Manual, Hard, Soft, Complaint].into_iter().find(|category| category.as_str() == text);
    found.map(Some).ok_or_else(|| parameter_invalid("category", &CATEGORIES.join(", ")))
}

async fn all(call: Call) -> Replied<Paged<Entry>> {
    let namespace: Option<Namespace> = call.parameter("namespace")?;
    let named = call.parameter::<String>("category").unwrap_or_default();
    let (kind, category) = (kind(&call)?, category(named.as_deref())?);
    let filters = [
        namespace.as_ref().map_or("", Namespace::as_str).to_owned(),
        format!("{kind:?}"),
        named.unwrap_or_default(),
    ];
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    let page = call.page(&filters)?;
    let asked = list::In { namespace, kind, category, limit: page.limit, after: page.after() };
    let out = list::list(&call.service, &call.actor, asked).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn added(call: Call, asked: Add) -> Replied<add::Out> {
    let Add { value, kind, reason, expires_at } = asked;
    let asked = add::In { value, entry_type: kind.map(Into::into), comment: reason, expires_at };
    Ok(add::add(&call.service, &call.actor, asked).await?.into())
}

async fn looked_up(call: Call, LookUp { value, kind }: LookUp) -> Replied<show::Out> {
    let asked = show::In { value, entry_type: kind.map(Into::into) };
    Ok(show::show(&call.service, &call.actor, asked).await?.into())
}

async fn removed(call: Call, asked: Remove) -> Replied<remove::Out> {
    let Remove { value, kind, reason, category: named } = asked;
    let category = category(named.as_deref())?;
    let asked = remove::In { value, entry_type: kind.map(Into::into), reason, category };
    Ok(remove::remove(&call.service, &call.actor, asked).await?.into())
}
