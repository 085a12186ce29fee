//! `consentry allow`

use anyhow::Result;
use consent::Channel;
use intake::suppression::EntryType;
use service::allow::{self, add, export, import, list, remove, turn};

use super::entries::{Counting, NAME_ONE, Reading, Writing, allowed_words, hint_at_more, print};
use crate::cli::{self, EntryFilter, ExportList, ImportList};
use crate::context::Context;
use crate::output::{self, Exit, refused, told};

/// Keeps and shows the allow list, and turns it on and off.
pub async fn run(context: &Context, command: cli::Allow) -> Result<Exit> {
    match command {
        cli::Allow::Import(args) => import(context, &args).await,
        cli::Allow::Export(args) => export(context, args).await,
        cli::Allow::Add { value, entry_type, comment } => {
            add(context, add::In { value, entry_type, comment }).await
        }
        cli::Allow::Remove { value, entry_type } => remove(context, value, entry_type).await,
        cli::Allow::List { filter, limit, after } => list(context, filter, limit, after).await,
        cli::Allow::On { channel } => turn(context, channel, true).await,
        cli::Allow::Off { channel } => turn(context, channel, false).await,
    }
}

async fn import(context: &Context, args: &ImportList) -> Result<Exit> {
    let (mut reading, input) = Reading::open(args)?;
    let mut report = reading.report();
    let asked = import::In {
        input,
        encoding: args.encoding.clone(),
        progress: &reading.progress,
        failure: &mut |failure| report.write(failure),
    };
    let outcome = import::import(&context.service(), &context.actor(), asked).await;
    reading.finish(report)?;
    reading.ended().await;
    let out = outcome.map_err(|error| reading.wrong(error))?;
    let exit = reading.tell(context.json, &out, out.rows);
    hint_if_off(&out.active);
    Ok(exit)
}

async fn export(context: &Context, args: ExportList) -> Result<Exit> {
    let ExportList { file, filter, details } = args;
    let EntryFilter { kind, namespace } = filter;
    let (service, actor, kind) = (context.service(), context.actor(), kind.map(Into::into));
    let mut each = |entry: &allow::Entry| print(entry);
    let writing = file.filter(|file| file.as_os_str() != "-").map(Writing::begin).transpose()?;
    let to = match &writing {
        Some(writing) => export::To::Csv { output: writing.output(), details },
        None if context.json => export::To::Each(&mut each),
        None => export::To::Csv { output: output::file(), details },
    };
    let counting = Counting::begin();
    let progress = &mut |count| counting.show(count);
    let asked = export::In { namespace, kind, to, progress };
    let out = export::export(&service, &actor, asked).await.map_err(told)?;
    drop(counting);
    writing.map_or(Ok(Exit::Done), |writing| writing.finish(context.json, out.exported))
}

async fn add(context: &Context, asked: add::In) -> Result<Exit> {
    let out = add::add(&context.service(), &context.actor(), asked).await.map_err(|error| match error {
        add::Error::Value { .. } => refused(error, NAME_ONE),
        add::Error::Hash(_) => refused(error, "give the address itself"),
        add::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        let known = if out.added { "" } else { ", as before" };
        let entries = out.entries.first().map(|entry| format!("{} {}", entry.kind, entry.value));
        format!("{} is on the allow list{known}", entries.unwrap_or_default())
    });
    hint_if_off(&out.active);
    Ok(Exit::Done)
}

async fn remove(context: &Context, value: String, entry_type: Option<EntryType>) -> Result<Exit> {
    let asked = remove::In { value: value.clone(), entry_type };
    let outcome = remove::remove(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        remove::Error::Value { .. } => refused(error, NAME_ONE),
        remove::Error::NotThere(_) => refused(error, "consentry allow list"),
        remove::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |_| format!("{value} is off the allow list"));
    warn(&out.empty);
    Ok(Exit::Done)
}

async fn list(context: &Context, filter: EntryFilter, limit: u16, after: Option<String>) -> Result<Exit> {
    let EntryFilter { kind, namespace } = filter;
    let asked = list::In { namespace, kind: kind.map(Into::into), limit: usize::from(limit), after };
    let out = list::list(&context.service(), &context.actor(), asked).await.map_err(told)?;
    output::answer(context.json, &out, |out| {
        let state = match out.active.as_slice() {
            [] => "not active".to_owned(),
            active => format!("active: {}", active.join(", ")),
        };
        std::iter::once(state).chain(out.page.data.iter().map(allowed_words)).collect::<Vec<_>>().join("\n")
    });
    hint_at_more(context.json, out.page.next.as_ref());
    warn(&out.empty);
    Ok(Exit::Done)
}

async fn turn(context: &Context, channel: Channel, on: bool) -> Result<Exit> {
    let asked = turn::In { channel, on };
    let outcome = turn::turn(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        turn::Error::NothingSent(_) => refused(error, "name email, sms or push"),
        turn::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        let name = &out.namespace;
        let what = if on {
            format!("the allow list is active for {name}: only what it names is sent to")
        } else {
            format!("the allow list is off for {name}: everybody is sent to again whom nothing else excludes")
        };
        format!("{what}. In force at once: the next permit on any node reads it")
    });
    warn(&out.empty);
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

fn hint_if_off(active: &[String]) {
    if active.is_empty() {
        output::say("hint: the allow list isn't active; `consentry allow on email` activates it");
    }
}
