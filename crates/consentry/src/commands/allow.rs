//! `consentry allow`

use anyhow::Result;
use consent::{Channel, Namespace};
use intake::suppression::{EntryType, Target, note, type_name};
use serde_json::{Value, json};
use store::{AllowEntry, EntryQuery, Settings};

use super::returned::{allowed_words, describe_allowed, named, operator};
use super::suppression::{export, import, query};
use crate::cli;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Keeps and shows the allow list, and turns it on and off.
pub async fn run(context: &Context, command: cli::Allow) -> Result<Exit> {
    match command {
        cli::Allow::Import(args) => {
            let exit = import(context, args, Target::Allow).await?;
            hint_if_off(context).await?;
            Ok(exit)
        }
        cli::Allow::Export(args) => export(context, args, Target::Allow).await,
        cli::Allow::Add { value, entry_type, comment } => add(context, &value, entry_type, &comment).await,
        cli::Allow::Remove { value, entry_type } => remove(context, &value, entry_type).await,
        cli::Allow::List { filter, limit, after } => list(context, query(&filter, limit, after)).await,
        cli::Allow::On { channel } => turn(context, channel, true).await,
        cli::Allow::Off { channel } => turn(context, channel, false).await,
    }
}

/// Whether the list holds nothing of a namespace.
pub async fn is_empty(context: &Context, namespace: &str) -> Result<bool> {
    let Ok(namespace) = namespace.parse::<Namespace>() else { return Ok(true) };
    let query = EntryQuery { namespace: Some(namespace), limit: 1, ..EntryQuery::default() };
    Ok(context.store.allow_entries(WORKSPACE, query).await?.entries.is_empty())
}

/// The active lists that are empty: nothing goes to any address of these namespaces.
pub async fn brakes(context: &Context, settings: &Settings) -> Result<Vec<String>> {
    let mut brakes = Vec::new();
    for namespace in &settings.allow_lists_active {
        if is_empty(context, namespace).await? {
            brakes.push(namespace.clone());
        }
    }
    Ok(brakes)
}

async fn add(context: &Context, value: &str, entry_type: Option<EntryType>, comment: &str) -> Result<Exit> {
    let now = context.now();
    let named = named(value, entry_type)?;
    if named.iter().any(|named| named.value.starts_with("sha256:")) {
        return Err(fail(format!("{value}: the allow list takes no hashes"), "give the address itself"));
    }
    let entry = |named: intake::suppression::Named| AllowEntry {
        namespace: named.namespace,
        value: named.value,
        comment: note(comment),
        by: operator(),
        at: now,
    };
    let entries: Vec<_> = named.into_iter().map(entry).collect();
    let new = context.store.allow(WORKSPACE, entries.clone()).await?.into_iter().any(|new| new);
    let described: Vec<Value> = entries.iter().map(describe_allowed).collect();
    output::data(context.json, &json!({ "added": new, "entries": described }), || {
        let kind = type_name(&entries[0].namespace, &entries[0].value);
        let known = if new { "" } else { ", as before" };
        format!("{kind} {} is on the allow list{known}", entries[0].value)
    });
    hint_if_off(context).await?;
    Ok(Exit::Done)
}

async fn remove(context: &Context, value: &str, entry_type: Option<EntryType>) -> Result<Exit> {
    let entries: Vec<_> =
        named(value, entry_type)?.into_iter().map(|named| (named.namespace, named.value)).collect();
    let removed = context.store.disallow(WORKSPACE, entries).await?.into_iter().any(|removed| removed);
    if !removed {
        return Err(fail(format!("{value}: not on the allow list"), "consentry allow list"));
    }
    output::data(context.json, &json!({ "removed": true }), || format!("{value} is off the allow list"));
    let settings = context.settings().await?;
    warn(&brakes(context, &settings).await?);
    Ok(Exit::Done)
}

async fn list(context: &Context, query: EntryQuery) -> Result<Exit> {
    let settings = context.settings().await?;
    let page = context.store.allow_entries(WORKSPACE, query).await?;
    let entries: Vec<Value> = page.entries.iter().map(describe_allowed).collect();
    let active = &settings.allow_lists_active;
    output::data(context.json, &json!({ "active": active, "entries": entries, "next": page.next }), || {
        let state = if active.is_empty() {
            "not active".to_owned()
        } else {
            format!("active: {}", active.join(", "))
        };
        let entries = page.entries.iter().map(allowed_words);
        std::iter::once(state).chain(entries).collect::<Vec<_>>().join("\n")
    });
    if let (Some(next), false) = (&page.next, context.json) {
        output::say(format_args!("hint: there is more; go on with --after {next}"));
    }
    warn(&brakes(context, &settings).await?);
    Ok(Exit::Done)
}

async fn turn(context: &Context, channel: Channel, on: bool) -> Result<Exit> {
    let Some(namespace) = Namespace::of_channel(channel) else {
        return Err(fail(format!("nothing is sent by {channel}"), "name email, sms or push"));
    };
    let name = namespace.as_str().to_owned();
    let changed = context.settings().await?.allow_lists_active.contains(&name) != on;
    let turned = name.clone();
    let change = move |settings: &mut Settings| {
        settings.allow_lists_active.retain(|active| *active != turned);
        if on {
            settings.allow_lists_active.push(turned.clone());
            settings.allow_lists_active.sort();
        }
    };
    let settings = context.store.update_settings(WORKSPACE, Box::new(change)).await?;
    let brakes = brakes(context, &settings).await?;
    let value = json!({
        "active": settings.allow_lists_active, "changed": changed, "empty": brakes,
        "inForce": "at once: the next permit on any node reads it",
    });
    output::data(context.json, &value, || {
        let what = if on {
            format!("the allow list is active for {name}: only what it names is sent to")
        } else {
            format!("the allow list is off for {name}: everybody is sent to again whom nothing else excludes")
        };
        format!("{what}. In force at once: the next permit on any node reads it")
    });
    warn(&brakes);
    Ok(Exit::Done)
}

/// Says loudly what is stopped.
fn warn(brakes: &[String]) {
    for namespace in brakes {
        output::say(format_args!(
            "WARNING: the allow list for {namespace} is active and EMPTY: NOTHING is sent to any {namespace} address, tests and \
             transactional messages included\nhint: `consentry allow add VALUE` lets one through, `consentry allow off {}` all",
            if namespace == "phone" { "sms" } else { namespace }
        ));
    }
}

async fn hint_if_off(context: &Context) -> Result<()> {
    if context.settings().await?.allow_lists_active.is_empty() {
        output::say("hint: the allow list isn't active; `consentry allow on email` activates it");
    }
    Ok(())
}
