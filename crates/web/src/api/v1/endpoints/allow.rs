//! The allow list, and the emergency brake.

use axum::http::Method;
use consent::Namespace;
use serde::{Deserialize, Serialize};
use service::allow::{Entry, add, list, remove, turn};
use service::keys::Scope;
use utoipa::ToSchema;

use super::super::call::{Call, Replied};
use super::super::endpoint::{Endpoint, Kind};
use super::super::shapes::EntryKind;
use super::suppression::kind;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/allow-list", Scope::SuppressionRead, "getAllowList", "Show where the allow list is active, and its entries, newest first.")
            .parameter("namespace", "Only of this namespace.", Kind::OneOf(&["email", "phone", "push"]))
            .parameter("kind", "Only addresses or domains.", Kind::OneOf(&["address", "domain", "hash"]))
            .pages()
            .runs(all),
        Endpoint::post("/allow-list", Scope::SuppressionWrite, "allow", "Put an address or a domain on the allow list.").takes(added),
        Endpoint::post("/allow-list/remove", Scope::SuppressionWrite, "disallow", "Take an address or a domain off the allow list.").takes(removed),
        Endpoint::new(Method::PUT, "/allow-list/channels/{channel}", Scope::SuppressionWrite, "turnAllowList", "Turn the allow list of a channel on or off. On and empty, nothing goes out on it: the emergency brake.")
            .takes(turned),
    ]
}

/// A value to allow.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Allow)]
struct Add {
    /// An address or a domain.
    #[schema(examples("qa@example.com"))]
    value: String,
    /// What it is, unless that is plain.
    #[serde(default, rename = "type")]
    kind: Option<EntryKind>,
    /// A note.
    #[serde(default)]
    comment: String,
}

/// A value to take off.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Disallow)]
struct Remove {
    value: String,
    /// What it is, unless that is plain.
    #[serde(default, rename = "type")]
    kind: Option<EntryKind>,
}

/// Whether the list is active.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AllowListSwitch)]
struct Switch {
    on: bool,
}

/// A page of the allow list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AllowListPage)]
struct Shown {
    /// The namespaces whose list is active.
    active: Vec<String>,
    /// Of these, those whose list is empty: nothing is sent to them.
    empty: Vec<String>,
    data: Vec<Entry>,
    /// Cursor of the next page; null on the last.
    next: Option<String>,
    /// Cursor of the previous page; null on the first, and past the 16th page back.
    previous: Option<String>,
}

async fn all(call: Call) -> Replied<Shown> {
    let namespace: Option<Namespace> = call.parameter("namespace")?;
    let kind = kind(&call)?;
    let page = call.page(&[namespace.as_ref().map_or("", Namespace::as_str), &format!("{kind:?}")])?;
    let asked = list::In { namespace, kind, limit: page.limit, after: page.after() };
    let list::Out { active, empty, page: entries } = list::list(&call.service, &call.actor, asked).await?;
    let paged = call.paged(&page, entries)?;
    Ok(Shown { active, empty, data: paged.data, next: paged.next, previous: paged.previous }.into())
}

async fn added(call: Call, Add { value, kind, comment }: Add) -> Replied<add::Out> {
    let asked = add::In { value, entry_type: kind.map(Into::into), comment };
    Ok(add::add(&call.service, &call.actor, asked).await?.into())
}

async fn removed(call: Call, Remove { value, kind }: Remove) -> Replied<remove::Out> {
    let asked = remove::In { value, entry_type: kind.map(Into::into) };
    Ok(remove::remove(&call.service, &call.actor, asked).await?.into())
}

async fn turned(call: Call, Switch { on }: Switch) -> Replied<turn::Out> {
    let asked = turn::In { channel: call.place("channel")?, on };
    Ok(turn::turn(&call.service, &call.actor, asked).await?.into())
}
