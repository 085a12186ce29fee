//! `consentry suppression`

use anyhow::Result;
use intake::suppression::EntryType;
use service::suppression::{Entry, add, export, import, list, remove, show, stats};

use super::entries::{Counting, NAME_ONE, Reading, Writing, entry_words, hint_at_more, print};
use crate::cli::{self, EntryFilter, ExportList, ImportList};
use crate::context::Context;
use crate::output::{self, Exit, grouped, refused, told};

/// Keeps and shows the suppression list.
pub async fn run(context: &Context, command: cli::Suppression) -> Result<Exit> {
    match command {
        cli::Suppression::Import(args) => import(context, &args).await,
        cli::Suppression::Export(args) => export(context, args).await,
        cli::Suppression::Add { value, entry_type, comment, expires } => {
            add(context, add::In { value, entry_type, comment, expires_at: expires }).await
        }
        cli::Suppression::Remove { value, entry_type, reason, category } => {
            remove(context, remove::In { value, entry_type, reason, category }).await
        }
        cli::Suppression::Show { value, entry_type } => show(context, value, entry_type).await,
        cli::Suppression::List { filter, category, limit, after } => {
            let EntryFilter { kind, namespace } = filter;
            let (kind, limit) = (kind.map(Into::into), usize::from(limit));
            list(context, list::In { namespace, kind, category, limit, after }).await
        }
        cli::Suppression::Stats => stats(context).await,
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
    Ok(reading.tell(context.json, &out, out))
}

/// To a file as CSV; to standard output as CSV or, with --json, an object per line.
async fn export(context: &Context, args: ExportList) -> Result<Exit> {
    let ExportList { file, filter, details } = args;
    let EntryFilter { kind, namespace } = filter;
    let (service, actor, kind) = (context.service(), context.actor(), kind.map(Into::into));
    let mut each = |entry: &Entry| print(entry);
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
    let outcome = add::add(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        add::Error::Value { .. } => refused(error, NAME_ONE),
        add::Error::Past(_) => refused(error, "name a later time with --expires, or leave it out"),
        add::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        let entry = out.entries.first().map(|entry| format!("{} {}", entry.kind, entry.value));
        let known = if out.added { "" } else { ", which was on the list already" };
        format!("nothing goes to {} from now on{known}", entry.unwrap_or_default())
    });
    Ok(Exit::Done)
}

async fn remove(context: &Context, asked: remove::In) -> Result<Exit> {
    let outcome = remove::remove(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        remove::Error::Value { .. } => refused(error, NAME_ONE),
        remove::Error::NotThere(_) => refused(error, "consentry suppression list"),
        remove::Error::NoReason | remove::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        let words = out.removed.iter().map(|entry| format!("removed: {}", entry_words(entry)));
        let still = out.still.iter().map(|entry| format!("still suppressed by: {}", entry_words(entry)));
        words.chain(still).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

async fn show(context: &Context, value: String, entry_type: Option<EntryType>) -> Result<Exit> {
    let asked = show::In { value, entry_type };
    let outcome = show::show(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        show::Error::Value { .. } => refused(error, NAME_ONE),
        show::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        let mut lines = vec![if out.suppressed { "suppressed" } else { "not suppressed" }.to_owned()];
        lines.extend(out.entries.iter().map(|entry| format!("  {}", entry_words(entry))));
        lines.extend(out.removed.iter().map(|show::RemovedEntry { entry, removal }| {
            let show::Removal { reason, by, at } = removal;
            format!("  removed: {} of {}: {reason}  (by {by} at {at})", entry.category, entry.at)
        }));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

async fn list(context: &Context, asked: list::In) -> Result<Exit> {
    let out = list::list(&context.service(), &context.actor(), asked).await.map_err(told)?;
    output::answer(context.json, &out, |out| match out.data.as_slice() {
        [] => "no entries".to_owned(),
        entries => entries.iter().map(entry_words).collect::<Vec<_>>().join("\n"),
    });
    hint_at_more(context.json, out.next.as_ref());
    Ok(Exit::Done)
}

async fn stats(context: &Context) -> Result<Exit> {
    let out = stats::stats(&context.service(), &context.actor(), stats::In).await.map_err(told)?;
    output::answer(context.json, &out, |out| {
        let row = |count: &stats::Count| {
            let stats::Count { namespace, category, kind, count } = count;
            format!("{namespace:<8}{kind:<9}{category:<11}{:>12}", grouped(*count))
        };
        let total = format!("{:<28}{:>12}", "total", grouped(out.total));
        out.counts.iter().map(row).chain([total]).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}
