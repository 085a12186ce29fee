//! `consentry key`

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use service::keys::{Key, Role, Scope, create, list, revoke};

use crate::cli;
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// Makes, shows or revokes keys of programs.
pub async fn run(context: &Context, command: cli::Key) -> Result<Exit> {
    match command {
        cli::Key::Create { name, mut scopes, roles, expires, days } => {
            scopes.extend(roles.into_iter().flat_map(Role::scopes));
            let in_days = |days: u32| context.now().plus(Duration::from_hours(24) * days);
            let expires_at = expires.or(days.map(in_days));
            create(context, create::In { name, scopes, expires_at }).await?;
        }
        cli::Key::List => show_all(context).await?,
        cli::Key::Revoke { key } => revoke(context, key).await?,
        cli::Key::Scopes => scopes(context.json),
    }
    Ok(Exit::Done)
}

async fn create(context: &Context, asked: create::In) -> Result<()> {
    let outcome = create::create(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match &error {
        create::Error::NoScope => refused(error, "add --scope decisions:read or --role developer"),
        create::Error::Exists(name) => {
            let hint = format!("consentry key revoke {name}, or take another name");
            refused(error, hint)
        }
        _ => told(error),
    })?;
    if !context.json {
        output::say(format_args!(
            "made the key `{}`; it is shown this once: {}",
            out.key.name,
            out.key.scopes.join(", ")
        ));
    }
    output::answer(context.json, &out, |out| out.secret.clone());
    Ok(())
}

async fn show_all(context: &Context) -> Result<()> {
    let out = list::list(&context.service(), &context.actor(), list::In).await.map_err(told)?;
    output::answer(context.json, &out, |out| match out.data.as_slice() {
        [] => "no keys yet; make one with `consentry key create NAME --scope decisions:read`".to_owned(),
        keys => keys.iter().map(words).collect::<Vec<_>>().join("\n"),
    });
    Ok(())
}

async fn revoke(context: &Context, key: String) -> Result<()> {
    let outcome = revoke::revoke(&context.service(), &context.actor(), revoke::In { key }).await;
    let out = outcome.map_err(|error| match error {
        revoke::Error::NoKey(_) => refused(error, "consentry key list"),
        revoke::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |key| format!("revoked the key `{}` ({})", key.name, key.id));
    Ok(())
}

fn scopes(json: bool) {
    let roles = |scope: &Scope| -> Vec<&'static str> {
        let has = |role: &&Role| role.scopes().contains(scope);
        Role::ALL.iter().filter(has).map(|role| role.as_str()).collect()
    };
    let table = Scope::ALL
        .iter()
        .map(|scope| json!({ "scope": scope.as_str(), "what": scope.what(), "roles": roles(scope) }));
    output::data(json, &json!({ "data": table.collect::<Vec<_>>() }), || {
        let line =
            |scope: &Scope| format!("{:<18} {} ({})", scope.as_str(), scope.what(), roles(scope).join(", "));
        Scope::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
    });
}

fn words(key: &Key) -> String {
    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    let until = key.expires_at.map_or_else(String::new, |at| format!(", expires {at}"));
    format!("{}\t{}…\t{}, {used}{until}\t{}", key.name, key.prefix, key.state, key.scopes.join(" "))
}
