//! The decrypt interface: `GET /decrypt` tells whom a link to the brand's own page, header or mail address is about.

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use consent::{Level, Namespace};
use intake::unsubscribe::Opened;
use serde_json::{Map, Value, json};
use store::ProfileView;

use super::AjoState;
use super::caller::Caller;
use super::error::ApiError;
use super::link::{Link, Parameters};

/// The route.
pub(super) fn routes() -> Router<AjoState> {
    let wrong_method = || async { ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "no such method here") };
    Router::new()
        .route("/decrypt", get(decrypt).fallback(wrong_method))
        .fallback(async || ApiError::missing("route"))
}

/// Reads only (I4).
async fn decrypt(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    let opened = Link::read(parameters)?.open(&state, false).await?;
    let (store, workspace) = (state.store(), state.workspace());
    let profile = store.profile(workspace, opened.owner.profile).await?;
    let profile = profile.ok_or_else(|| ApiError::missing("person here any more"))?;
    let list = match opened.list() {
        Some(list) => store.list_by_id(workspace, list).await?,
        None => None,
    };
    let mut told = whose(&opened, &profile, &state.config().profile_namespace);
    let sandbox = if caller.sandbox.is_empty() { workspace.to_string() } else { caller.sandbox };
    told.insert("sandboxId".to_owned(), sandbox.into());
    // Without the list a link can't reach it alone, as everywhere: someone who wants out gets out.
    let level = match opened.token.level {
        Level::Subscription if list.is_none() => Level::Channel,
        level => level,
    };
    told.insert("optOutLevel".to_owned(), level.as_str().into());
    told.insert("channelType".to_owned(), opened.channel().map(consent::Channel::as_str).into());
    told.insert("timestamp".to_owned(), state.config().clock.now().to_string().into());
    if let Some(list) = list {
        told.insert("subscriptionList".to_owned(), list.name.into());
    }
    Ok(Json(Value::Object(told)))
}

/// The person, by the brand's own id where there is one; and the address that the message went to.
fn whose(opened: &Opened, profile: &ProfileView, external: &str) -> Map<String, Value> {
    let address = opened.owner.raw.as_str();
    let (names, namespace) = match &opened.owner.namespace {
        Namespace::Email => (["emailAddress", "emailNameSpace"], "Email"),
        Namespace::Phone => (["phoneNumber", "phoneNameSpace"], "Phone"),
        other => (["address", "addressNameSpace"], other.as_str()),
    };
    let (id, of) = profile.external_id.as_deref().map_or((address, namespace), |id| (id, external));
    let members = [
        ("profileNameSpace", json!(of)),
        ("profileId", json!(id)),
        (names[0], json!(address)),
        (names[1], json!(namespace)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
