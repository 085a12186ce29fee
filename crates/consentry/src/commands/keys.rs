//! `consentry keys`

use anyhow::Result;
use service::keys::rotate;

use crate::context::Context;
use crate::output::{self, Exit, told};

/// Adds a link key that signs from now on.
pub async fn rotate(context: &Context) -> Result<Exit> {
    let out = rotate::rotate(&context.service(), &context.actor(), rotate::In).await.map_err(told)?;
    output::answer(context.json, &out, |out| {
        format!(
            "new links are signed with key {}; older links go on working, and running processes take it up by themselves",
            out.key
        )
    });
    Ok(Exit::Done)
}
