//! `consentry list`

use anyhow::Result;
use serde_json::{Value, json};
use store::{List, ListDetails, ListText, ListUpdate, NewList, StoreError};

use crate::cli;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Makes, changes or shows subscription lists.
pub async fn run(context: &Context, command: cli::List) -> Result<Exit> {
    match command {
        cli::List::Create { name, start, end, details } => {
            let details = applied(ListDetails::default(), &details)?;
            let new =
                NewList { starts_at: start, ends_at: end, details, ..NewList::new(name, context.now()) };
            create(context, new).await?;
        }
        cli::List::Edit { name, start, no_start, end, no_end, details } => {
            let list = context.list(&name).await?;
            let update = ListUpdate {
                details: applied(list.details, &details)?,
                starts_at: start.or(list.starts_at).filter(|_| !no_start),
                ends_at: end.or(list.ends_at).filter(|_| !no_end),
            };
            let updated = context.store.update_list(WORKSPACE, list.id, update).await?;
            output::data(context.json, &describe(context, &updated), || words(context, &updated));
        }
        cli::List::Show { name: Some(name) } => {
            let list = context.list(&name).await?;
            output::data(context.json, &describe(context, &list), || words(context, &list));
        }
        cli::List::Show { name: None } => show_all(context).await?,
    }
    Ok(Exit::Done)
}

async fn create(context: &Context, new: NewList) -> Result<()> {
    let name = new.name.clone();
    let list = context.store.create_list(WORKSPACE, new).await.map_err(|error| match error {
        StoreError::Exists(_) => {
            fail(format!("the list `{name}` exists already"), format!("consentry list edit {name}"))
        }
        other => other.into(),
    })?;
    output::data(context.json, &describe(context, &list), || format!("made the list `{name}` ({})", list.id));
    Ok(())
}

async fn show_all(context: &Context) -> Result<()> {
    let mut lists = context.store.lists(WORKSPACE).await?;
    lists.sort_by_key(|list| list.details.position);
    let value: Value = lists.iter().map(|list| describe(context, list)).collect();
    output::data(context.json, &value, || {
        let row = |list: &List| format!("{}\t{:?}", list.name, list.state(context.now()));
        if lists.is_empty() {
            "no lists yet; make one with `consentry list create NAME`".to_owned()
        } else {
            lists.iter().map(row).collect::<Vec<_>>().join("\n")
        }
    });
    Ok(())
}

/// The details with what was asked for.
fn applied(mut details: ListDetails, asked: &cli::ListDetails) -> Result<ListDetails> {
    for (language, title) in &asked.title {
        if title.is_empty() {
            details.texts.remove(language);
        } else {
            details.texts.entry(language.clone()).or_default().title.clone_from(title);
        }
    }
    for (language, description) in &asked.description {
        let text = details.texts.get_mut(language).ok_or_else(|| {
            fail(format!("there is no title in `{language}`"), format!("add --title {language}=TEXT"))
        })?;
        text.description.clone_from(description);
    }
    let either = |yes: bool, no: bool, before: bool| yes || before && !no;
    details.public = either(asked.public, asked.private, details.public);
    details.double_opt_in = either(asked.double_opt_in, asked.single_opt_in, details.double_opt_in);
    details.position = asked.position.unwrap_or(details.position);
    Ok(details)
}

fn describe(context: &Context, list: &List) -> Value {
    let text = |(language, text): (&String, &ListText)| {
        (language.clone(), json!({ "title": text.title, "description": text.description }))
    };
    json!({
        "id": list.id.to_string(),
        "name": list.name,
        "start": list.starts_at.map(|at| at.to_string()),
        "end": list.ends_at.map(|at| at.to_string()),
        "state": format!("{:?}", list.state(context.now())),
        "public": list.details.public,
        "doubleOptIn": list.details.double_opt_in,
        "position": list.details.position,
        "texts": list.details.texts.iter().map(text).collect::<serde_json::Map<_, _>>(),
    })
}

fn words(context: &Context, list: &List) -> String {
    let details = &list.details;
    let seen = if details.public { "public" } else { "private" };
    let joined = if details.double_opt_in { "double opt-in" } else { "single opt-in" };
    let state = list.state(context.now());
    let mut lines =
        vec![format!("{}\t{state:?}, {seen}, {joined}, position {}", list.name, details.position)];
    let times = [("starts", list.starts_at), ("ends", list.ends_at)];
    lines.extend(times.iter().filter_map(|(what, at)| at.map(|at| format!("  {what} {at}"))));
    lines.extend(details.texts.iter().map(|(language, text)| {
        let dash = if text.description.is_empty() { "" } else { " \u{2014} " };
        format!("  {language:<8}{}{dash}{}", text.title, text.description)
    }));
    lines.join("\n")
}
