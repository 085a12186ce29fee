//! Keys. They are made at the command line, where their secret is shown.

use axum::http::Method;
use service::keys::{Key, Scope, list, revoke};

use super::super::call::{Call, Replied};
use super::super::endpoint::Endpoint;
use super::super::shapes::Paged;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/keys",
            Scope::KeysRead,
            "getKeys",
            "Show all keys, newest first. Secrets are shown when a key is made, and never again.",
        )
        .runs(all),
        Endpoint::new(
            Method::DELETE,
            "/keys/{key}",
            Scope::KeysWrite,
            "revokeKey",
            "Revoke a key. Within a second it opens nothing.",
        )
        .runs(revoked),
    ]
}

async fn all(call: Call) -> Replied<Paged<Key>> {
    let page = call.page(&[])?;
    let out = list::list(&call.service, &call.actor, list::In).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn revoked(call: Call) -> Replied<Key> {
    let key = call.text_at("key").to_owned();
    Ok(revoke::revoke(&call.service, &call.actor, revoke::In { key }).await?.into())
}
