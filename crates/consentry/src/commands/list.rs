//! `consentry list`

use anyhow::Result;
use serde_json::{Value, json};
use store::{NewList, StoreError};

use crate::cli;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Makes or shows subscription lists.
pub async fn run(context: &Context, command: cli::List) -> Result<Exit> {
    match command {
        cli::List::Create { name, start, end } => {
            let list =
                NewList { name: name.clone(), starts_at: start, ends_at: end, created_at: context.now() };
            let list = context.store.create_list(WORKSPACE, list).await.map_err(|error| match error {
                StoreError::Exists(_) => {
                    fail(format!("the list `{name}` exists already"), "consentry list show")
                }
                other => other.into(),
            })?;
            output::data(context.json, &describe(context, &list), || {
                format!("made the list `{name}` ({})", list.id)
            });
        }
        cli::List::Show => {
            let lists = context.store.lists(WORKSPACE).await?;
            let value: Value = lists.iter().map(|list| describe(context, list)).collect();
            output::data(context.json, &value, || {
                let row = |list: &store::List| format!("{}\t{:?}", list.name, list.state(context.now()));
                if lists.is_empty() {
                    "no lists yet; make one with `consentry list create NAME`".to_owned()
                } else {
                    lists.iter().map(row).collect::<Vec<_>>().join("\n")
                }
            });
        }
    }
    Ok(Exit::Done)
}

fn describe(context: &Context, list: &store::List) -> Value {
    json!({
        "id": list.id.to_string(),
        "name": list.name,
        "start": list.starts_at.map(|at| at.to_string()),
        "end": list.ends_at.map(|at| at.to_string()),
        "state": format!("{:?}", list.state(context.now())),
    })
}
