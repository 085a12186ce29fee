//! `consentry workspace`

use anyhow::Result;
use service::workspaces::{create, list};

use crate::cli::Workspace;
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// Makes workspaces, or shows them.
pub async fn run(context: &Context, command: Workspace) -> Result<Exit> {
    let (service, actor) = (context.service(), context.actor());
    match command {
        Workspace::Create { name } => {
            let outcome = create::create(&service, &actor, create::In { name: name.clone() }).await;
            let out = outcome.map_err(|error| match error {
                create::Error::Exists(_) => refused(error, format!("use it with --workspace {name}")),
                create::Error::Store(_) => told(error),
            })?;
            output::answer(context.json, &out, |made| {
                format!("made the workspace `{}`; use it with --workspace {}", made.name, made.name)
            });
        }
        Workspace::List => {
            let out = list::list(&service, &actor, list::In).await.map_err(told)?;
            output::answer(context.json, &out, |out| {
                out.data.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join("\n")
            });
        }
    }
    Ok(Exit::Done)
}
