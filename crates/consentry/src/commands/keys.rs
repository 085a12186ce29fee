//! `consentry keys`

use anyhow::Result;
use serde_json::json;

use crate::context::Context;
use crate::output::{self, Exit};

/// Adds a link key that signs from now on.
pub async fn rotate(context: &Context) -> Result<Exit> {
    let id = context.store.rotate_link_key(context.now()).await?;
    output::data(context.json, &json!({ "key": id }), || {
        format!(
            "new links are signed with key {id}; older links go on working, and running processes take it up by themselves"
        )
    });
    Ok(Exit::Done)
}
