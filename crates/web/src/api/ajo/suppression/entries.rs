//! `/addresses` and `/domains`

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use consent::{Address, Namespace};
use intake::suppression::{EntryType, note};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AllowEntry, EntryKind, EntryPage, EntryQuery, Removal, SuppressionCategory, SuppressionEntry};

use super::items::{EntityType, allowed, bounce_state, suppressed};
use super::query::{ListQuery, ListType, place};
use crate::api::ajo::AjoState;
use crate::api::ajo::caller::Caller;
use crate::api::ajo::error::ApiError;
use crate::http::paging::{self, Params, last};

/// Most entities of one POST.
const ENTITIES_MAX: usize = 10_000;
/// Pieces of feedback shown of an address.
const FEEDBACK_SHOWN: usize = 20;

type Parameters = Result<Query<Params>, QueryRejection>;
type Named = Result<Path<String>, PathRejection>;
type Answer<T = Json<Value>> = Result<T, ApiError>;

impl EntityType {
    /// The part of the path.
    const fn path(self) -> &'static str {
        match self {
            Self::Email => "addresses",
            Self::Domain => "domains",
        }
    }

    /// A value in the form in which it is kept.
    fn read(self, text: &str) -> Result<String, ApiError> {
        let entry_type = match self {
            Self::Email => EntryType::Email,
            Self::Domain => EntryType::Domain,
        };
        let named = entry_type.read(text).ok().and_then(|mut named| named.pop());
        let shown: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
        named
            .map(|named| named.value)
            .ok_or_else(|| ApiError::bad(format!("Invalid format for value: {shown}")))
    }
}

fn parameters(params: Parameters) -> Result<Params, ApiError> {
    params.map(|Query(params)| params).map_err(|error| ApiError::bad(error.body_text()))
}

pub(super) async fn list_addresses(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    params: Parameters,
) -> Answer {
    list(&state, EntityType::Email, &caller, &parameters(params)?).await
}

pub(super) async fn list_domains(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    params: Parameters,
) -> Answer {
    list(&state, EntityType::Domain, &caller, &parameters(params)?).await
}

async fn list(state: &AjoState, kind: EntityType, caller: &Caller, params: &Params) -> Answer {
    let query = ListQuery::parse(params)?;
    let asked = EntryQuery {
        namespace: Some(Namespace::Email),
        kind: Some(if kind == EntityType::Email { EntryKind::Address } else { EntryKind::Domain }),
        category: None,
        order: query.order,
        added_from: query.from,
        added_before: query.before,
        after: query.after.clone(),
        limit: query.limit,
    };
    let page = match query.list {
        _ if query.nothing => EntryPage { entries: Vec::new(), next: None },
        ListType::Client => {
            let page = state.store().suppressions(state.workspace(), asked).await?;
            let now = state.config().clock.now();
            let mut items = Vec::with_capacity(page.entries.len());
            for entry in
                page.entries.iter().filter(|entry| entry.expires_at.is_none_or(|expiry| now < expiry))
            {
                items.push(item(state, kind, entry, caller).await?);
            }
            EntryPage { entries: items, next: page.next }
        }
        ListType::Allowed => {
            let page = state.store().allow_entries(state.workspace(), asked).await?;
            let items = page.entries.iter().map(|entry| allowed(kind, entry, caller)).collect();
            EntryPage { entries: items, next: page.next }
        }
    };
    let place = place(state.base(), kind.path());
    Ok(Json(page_of(&place, Some(query.list), &query.orderby, query.limit, params, &page)))
}

/// A page as the reference has it: `_page`, `items`, `_links`.
pub(super) fn page_of(
    place: &str,
    list: Option<ListType>,
    orderby: &str,
    limit: usize,
    params: &Params,
    page: &EntryPage<Value>,
) -> Value {
    let limit = limit.to_string();
    let link = |start: Option<&str>| {
        let mut parts = Vec::new();
        parts.extend(list.map(|list| ("type", list.as_str())));
        parts.extend([("limit", limit.as_str()), ("orderby", orderby)]);
        let filters = params.iter().filter(|(name, _)| name == "property");
        parts.extend(filters.map(|(_, filter)| ("property", filter.as_str())));
        parts.extend(start.map(|start| ("start", start)));
        json!({ "href": paging::link(place, &parts) })
    };
    let mut value = json!({
        "_page": { "orderby": orderby, "count": page.entries.len() },
        "items": page.entries,
        "_links": { "self": link(last(params, "start")) },
    });
    if let Some(next) = &page.next {
        value["_page"]["next"] = json!(next);
        value["_links"]["next"] = link(Some(next));
    }
    value
}

/// An item with, for an address that something came back from, what that was.
async fn item(
    state: &AjoState,
    kind: EntityType,
    entry: &SuppressionEntry,
    caller: &Caller,
) -> Result<Value, ApiError> {
    let mut value = suppressed(kind, entry, caller);
    if kind == EntityType::Email {
        let feedback = match Address::email(&entry.value) {
            Ok(address) if entry.category != SuppressionCategory::Manual => {
                state.store().feedback_of(state.workspace(), &address, FEEDBACK_SHOWN).await?
            }
            _ => Vec::new(),
        };
        value["bounceState"] = bounce_state(&feedback);
    }
    Ok(value)
}

/// An entity as a POST brings it. Members that aren't known don't matter.
#[derive(Debug, Deserialize)]
struct NewEntity {
    entity: Entity,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    user: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    entity_value: String,
}

pub(super) async fn add_addresses(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    params: Parameters,
    body: Result<Bytes, BytesRejection>,
) -> Answer<(StatusCode, Json<Value>)> {
    add(&state, EntityType::Email, &caller, &parameters(params)?, body).await
}

pub(super) async fn add_domains(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    params: Parameters,
    body: Result<Bytes, BytesRejection>,
) -> Answer<(StatusCode, Json<Value>)> {
    add(&state, EntityType::Domain, &caller, &parameters(params)?, body).await
}

/// Puts all entities on the list, or none.
async fn add(
    state: &AjoState,
    kind: EntityType,
    caller: &Caller,
    params: &Params,
    body: Result<Bytes, BytesRejection>,
) -> Answer<(StatusCode, Json<Value>)> {
    let list = ListType::of(params)?;
    let body = body.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let new: Vec<NewEntity> = serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad(format!("the body isn't an array of entities: {error}")))?;
    if new.is_empty() || new.len() > ENTITIES_MAX {
        return Err(ApiError::bad(format!("the body holds 1 to {ENTITIES_MAX} entities")));
    }
    let at = state.config().clock.now();
    let mut entries = Vec::with_capacity(new.len());
    for NewEntity { entity, comment, user } in new {
        if entity.kind.is_some_and(|named| !named.eq_ignore_ascii_case(kind.as_str())) {
            return Err(ApiError::bad(format!("entity.type is `{}` here", kind.as_str())));
        }
        let user = user.map(|user| note(&user)).filter(|user| !user.is_empty());
        entries.push(SuppressionEntry {
            namespace: Namespace::Email,
            value: kind.read(&entity.entity_value)?,
            category: SuppressionCategory::Manual,
            reason: note(&comment.unwrap_or_default()),
            by: user.unwrap_or_else(|| note(&format!("api:{}", caller.key))),
            at,
            updated_at: at,
            expires_at: None,
        });
    }
    let items = match list {
        ListType::Client => suppress(state, kind, caller, entries).await?,
        ListType::Allowed => allow(state, kind, caller, entries).await?,
    };
    Ok((StatusCode::CREATED, Json(Value::Array(items))))
}

async fn suppress(
    state: &AjoState,
    kind: EntityType,
    caller: &Caller,
    entries: Vec<SuppressionEntry>,
) -> Result<Vec<Value>, ApiError> {
    let new = state.store().suppress(state.workspace(), entries.clone()).await?;
    let mut items = Vec::with_capacity(entries.len());
    for (mut entry, new) in entries.into_iter().zip(new) {
        if !new {
            // Since when it is there, the store knows.
            let held = state.store().suppression(state.workspace(), &Namespace::Email, &entry.value).await?;
            let manual = held.into_iter().find(|held| held.category == SuppressionCategory::Manual);
            entry = manual.unwrap_or(entry);
        }
        items.push(suppressed(kind, &entry, caller));
    }
    Ok(items)
}

async fn allow(
    state: &AjoState,
    kind: EntityType,
    caller: &Caller,
    entries: Vec<SuppressionEntry>,
) -> Result<Vec<Value>, ApiError> {
    let entry = |entry: SuppressionEntry| AllowEntry {
        namespace: entry.namespace,
        value: entry.value,
        comment: entry.reason,
        by: entry.by,
        at: entry.at,
    };
    let entries: Vec<AllowEntry> = entries.into_iter().map(entry).collect();
    state.store().allow(state.workspace(), entries.clone()).await?;
    Ok(entries.iter().map(|entry| allowed(kind, entry, caller)).collect())
}

pub(super) async fn show_address(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    named: Named,
    params: Parameters,
) -> Answer {
    show(&state, EntityType::Email, &caller, named, &parameters(params)?).await
}

pub(super) async fn show_domain(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    named: Named,
    params: Parameters,
) -> Answer {
    show(&state, EntityType::Domain, &caller, named, &parameters(params)?).await
}

fn value_of(kind: EntityType, named: Named) -> Result<String, ApiError> {
    let Path(named) = named.map_err(|error| ApiError::bad(error.body_text()))?;
    kind.read(&named)
}

/// One entity; of several entries of one value, the gravest.
async fn show(state: &AjoState, kind: EntityType, caller: &Caller, named: Named, params: &Params) -> Answer {
    let (list, value) = (ListType::of(params)?, value_of(kind, named)?);
    let (store, workspace) = (state.store(), state.workspace());
    if list == ListType::Allowed {
        let entry = store.allow_entry(workspace, &Namespace::Email, &value).await?;
        let entry = entry.ok_or_else(|| ApiError::missing("allowed entity"))?;
        return Ok(Json(allowed(kind, &entry, caller)));
    }
    let gravity = |category| match category {
        SuppressionCategory::Hard => 0,
        SuppressionCategory::Complaint => 1,
        SuppressionCategory::Soft => 2,
        SuppressionCategory::Manual => 3,
    };
    let now = state.config().clock.now();
    let entries = store.suppression(workspace, &Namespace::Email, &value).await?;
    let held = entries.into_iter().filter(|entry| entry.expires_at.is_none_or(|expiry| now < expiry));
    let gravest = held.min_by_key(|entry| gravity(entry.category));
    let gravest = gravest.ok_or_else(|| ApiError::missing("suppressed entity"))?;
    Ok(Json(item(state, kind, &gravest, caller).await?))
}

pub(super) async fn remove_address(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    named: Named,
    params: Parameters,
) -> Answer<StatusCode> {
    remove(&state, EntityType::Email, &caller, named, &parameters(params)?).await
}

pub(super) async fn remove_domain(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    named: Named,
    params: Parameters,
) -> Answer<StatusCode> {
    remove(&state, EntityType::Domain, &caller, named, &parameters(params)?).await
}

async fn remove(
    state: &AjoState,
    kind: EntityType,
    caller: &Caller,
    named: Named,
    params: &Params,
) -> Answer<StatusCode> {
    let (list, value) = (ListType::of(params)?, value_of(kind, named)?);
    let (store, workspace) = (state.store(), state.workspace());
    let removed = match list {
        ListType::Client => {
            let removal = Removal {
                namespace: Namespace::Email,
                value,
                category: None,
                reason: note(&format!("removed through the API by {}", caller.key)),
                by: note(&format!("api:{}", caller.key)),
                at: state.config().clock.now(),
            };
            store.unsuppress(workspace, vec![removal]).await?.iter().any(|removed| !removed.is_empty())
        }
        ListType::Allowed => {
            store.disallow(workspace, vec![(Namespace::Email, value)]).await?.contains(&true)
        }
    };
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::missing("entity")) }
}
