//! `consentry suppression`

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use consent::Timestamp;
use indicatif::ProgressBar;
use intake::import::Progress;
use intake::suppression::{
    EntryType, FailureReport, Options, Summary, Target, export_allow_list, export_suppressions,
    import_entries, note, type_name,
};
use serde_json::{Value, json};
use store::{EntryOrder, EntryQuery, Removal, Removed, SuppressionCategory, SuppressionEntry, private};

use super::import::{explain, named_beside, same_file, show as show_bar};
use super::returned::{
    address_of, describe_allowed, describe_entry, entries_about, entry_words, in_force, named, operator,
};
use crate::cli::{self, EntryFilter, ExportList, ImportList};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail, grouped};

/// Removed entries shown of a value.
const REMOVED_SHOWN: usize = 20;
/// Entries read at once for JSON on standard output.
const PAGE: usize = 10_000;

/// Keeps and shows the suppression list.
pub async fn run(context: &Context, command: cli::Suppression) -> Result<Exit> {
    match command {
        cli::Suppression::Import(args) => import(context, args, Target::Suppression).await,
        cli::Suppression::Export(args) => export(context, args, Target::Suppression).await,
        cli::Suppression::Add { value, entry_type, comment, expires } => {
            add(context, &value, entry_type, &comment, expires).await
        }
        cli::Suppression::Remove { value, entry_type, reason, category } => {
            remove(context, &value, entry_type, &reason, category).await
        }
        cli::Suppression::Show { value, entry_type } => show(context, &value, entry_type).await,
        cli::Suppression::List { filter, category, limit, after } => {
            let query = EntryQuery { category, ..query(&filter, limit, after) };
            list(context, query).await
        }
        cli::Suppression::Stats => stats(context).await,
    }
}

/// Brings a file into one of the two lists, with a progress bar on standard error.
pub async fn import(context: &Context, args: ImportList, target: Target) -> Result<Exit> {
    let name = args.file.display().to_string();
    let errors = args.errors.clone().unwrap_or_else(|| named_beside(&args.file, "errors"));
    let (input, length): (Box<dyn Read + Send>, u64) = if args.file.as_os_str() == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let file = File::open(&args.file).with_context(|| name.clone())?;
        let length = file.metadata().with_context(|| name.clone())?.len();
        (Box::new(file), length)
    };
    if same_file(&args.file, &errors) {
        return Err(fail(format!("{name}: is named for the errors too"), "name another file with --errors"));
    }
    let options = Options { target, by: operator(), encoding: args.encoding };
    let progress = Arc::new(Progress::default());
    let bar = tokio::spawn(show_bar(Arc::clone(&progress), length));
    let mut report =
        FailureReport::new(|| private::create(&errors).map(|file| Box::new(file) as Box<dyn Write + Send>));
    let clock = &*context.clock;
    let outcome =
        import_entries(&context.store, WORKSPACE, input, &options, clock, &progress, &mut |failure| {
            report.write(failure)
        })
        .await;
    bar.abort();
    let _ = bar.await;
    report.finish().with_context(|| errors.display().to_string())?;
    let summary = outcome.map_err(|error| explain(&name, &error))?;
    tell(context, &summary, &errors);
    Ok(match summary {
        Summary { failed: 0, .. } => Exit::Done,
        Summary { read, failed, .. } if failed == read => Exit::Failed,
        _ => Exit::SomeRejected,
    })
}

fn tell(context: &Context, summary: &Summary, errors: &Path) {
    let mut value = json!(summary);
    if summary.failed > 0 {
        value["errors"] = json!(errors);
        output::say(format_args!(
            "{} of {} rows didn't go in as they stand; lines and reasons are in {}\nhint: mend that file and import it",
            grouped(summary.failed),
            grouped(summary.read),
            errors.display()
        ));
    }
    output::data(context.json, &value, || {
        let Summary { read, added, known, failed } = *summary;
        [("read", read), ("added", added), ("known", known), ("failed", failed)]
            .map(|(name, count)| format!("{name:<10}{:>12}", grouped(count)))
            .join("\n")
    });
}

/// Writes one of the two lists: to a file as CSV; to standard output as CSV or, with --json, an object per line.
pub async fn export(context: &Context, args: ExportList, target: Target) -> Result<Exit> {
    let query = EntryQuery { order: EntryOrder::Value, ..query(&args.filter, 1, None) };
    let Some(file) = args.file.filter(|file| file.as_os_str() != "-") else {
        if context.json {
            json_lines(context, query, target).await?;
        } else {
            csv(context, query, args.details, output::file(), target).await?;
        }
        return Ok(Exit::Done);
    };
    // Beside its final name first, so that a list that broke off isn't taken for whole.
    let name = file.display().to_string();
    let part = named_beside(&file, "part");
    let output = private::create(&part).with_context(|| part.display().to_string())?;
    let count = csv(context, query, args.details, std::io::BufWriter::new(&output), target).await?;
    output.sync_all().with_context(|| part.display().to_string())?;
    std::fs::rename(&part, &file).with_context(|| name.clone())?;
    output::data(context.json, &json!({ "exported": count, "file": file }), || {
        format!("{} entries written to {name}", grouped(count))
    });
    Ok(Exit::Done)
}

async fn csv(
    context: &Context,
    query: EntryQuery,
    details: bool,
    output: impl Write,
    target: Target,
) -> Result<u64> {
    let bar = ProgressBar::new_spinner();
    let mut progress = |count| {
        bar.tick();
        bar.set_message(format!("{} entries", grouped(count)));
    };
    let store = &context.store;
    let outcome = match target {
        Target::Suppression => {
            export_suppressions(store, WORKSPACE, query, details, output, &mut progress).await
        }
        Target::Allow => export_allow_list(store, WORKSPACE, query, details, output, &mut progress).await,
    };
    bar.finish_and_clear();
    Ok(outcome?)
}

async fn json_lines(context: &Context, mut query: EntryQuery, target: Target) -> Result<()> {
    query.limit = PAGE;
    let now = context.now();
    loop {
        query.after = match target {
            Target::Suppression => {
                let page = context.store.suppressions(WORKSPACE, query.clone()).await?;
                page.entries.iter().for_each(|entry| output::json(&describe_entry(entry, now)));
                page.next
            }
            Target::Allow => {
                let page = context.store.allow_entries(WORKSPACE, query.clone()).await?;
                page.entries.iter().for_each(|entry| output::json(&describe_allowed(entry)));
                page.next
            }
        };
        if query.after.is_none() {
            return Ok(());
        }
    }
}

/// Newest first, with these filters.
pub fn query(filter: &EntryFilter, limit: u16, after: Option<String>) -> EntryQuery {
    EntryQuery {
        namespace: filter.namespace.clone(),
        kind: filter.kind.map(Into::into),
        order: EntryOrder::Newest,
        after,
        limit: usize::from(limit),
        ..EntryQuery::default()
    }
}

async fn add(
    context: &Context,
    value: &str,
    entry_type: Option<EntryType>,
    comment: &str,
    expires_at: Option<Timestamp>,
) -> Result<Exit> {
    let now = context.now();
    if expires_at.is_some_and(|expiry| expiry <= now) {
        return Err(fail("--expires is in the past", "name a later time, or leave it out"));
    }
    let entry = |named: intake::suppression::Named| SuppressionEntry {
        namespace: named.namespace,
        value: named.value,
        category: SuppressionCategory::Manual,
        reason: note(comment),
        by: operator(),
        at: now,
        updated_at: now,
        expires_at,
    };
    let entries: Vec<_> = named(value, entry_type)?.into_iter().map(entry).collect();
    let new = context.store.suppress(WORKSPACE, entries.clone()).await?;
    let new = new.into_iter().any(|new| new);
    let described: Vec<Value> = entries.iter().map(|entry| describe_entry(entry, now)).collect();
    output::data(context.json, &json!({ "added": new, "entries": described }), || {
        let kind = type_name(&entries[0].namespace, &entries[0].value);
        let known = if new { "" } else { ", which was on the list already" };
        format!("nothing goes to {kind} {} from now on{known}", entries[0].value)
    });
    Ok(Exit::Done)
}

async fn remove(
    context: &Context,
    value: &str,
    entry_type: Option<EntryType>,
    reason: &str,
    category: Option<SuppressionCategory>,
) -> Result<Exit> {
    let now = context.now();
    let named = named(value, entry_type)?;
    let removal = |named: &intake::suppression::Named| Removal {
        namespace: named.namespace.clone(),
        value: named.value.clone(),
        category,
        reason: reason.to_owned(),
        by: operator(),
        at: now,
    };
    let removed = context.store.unsuppress(WORKSPACE, named.iter().map(removal).collect()).await?;
    let removed: Vec<SuppressionEntry> = removed.into_iter().flatten().collect();
    if removed.is_empty() {
        return Err(fail(format!("{value}: not on the suppression list"), "consentry suppression list"));
    }
    let mut left = Vec::new();
    for named in &named {
        left.extend(match address_of(&named.namespace, &named.value) {
            Some(address) => entries_about(context, &address).await?,
            None => context.store.suppression(WORKSPACE, &named.namespace, &named.value).await?,
        });
    }
    left.retain(|entry| in_force(entry, now));
    let described = |entries: &[SuppressionEntry]| -> Vec<Value> {
        entries.iter().map(|entry| describe_entry(entry, now)).collect()
    };
    let answer = json!({ "removed": described(&removed), "still": described(&left) });
    output::data(context.json, &answer, || {
        let words = removed.iter().map(|entry| format!("removed: {}", entry_words(entry, now)));
        let still = left.iter().map(|entry| format!("still suppressed by: {}", entry_words(entry, now)));
        words.chain(still).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

async fn show(context: &Context, value: &str, entry_type: Option<EntryType>) -> Result<Exit> {
    let now = context.now();
    let (mut entries, mut removed) = (Vec::new(), Vec::new());
    for named in named(value, entry_type)? {
        entries.extend(match address_of(&named.namespace, &named.value) {
            Some(address) => entries_about(context, &address).await?,
            None => context.store.suppression(WORKSPACE, &named.namespace, &named.value).await?,
        });
        let whose = Some((named.namespace, named.value));
        removed.extend(context.store.removed(WORKSPACE, whose, REMOVED_SHOWN).await?);
    }
    let suppressed = entries.iter().any(|entry| in_force(entry, now));
    let describe_removed = |removed: &Removed| {
        let mut value = describe_entry(&removed.entry, now);
        value["inForce"] = json!(false);
        value["removal"] = json!({
            "reason": removed.removal.reason, "by": removed.removal.by, "at": removed.removal.at.to_string(),
        });
        value
    };
    let answer = json!({
        "suppressed": suppressed,
        "entries": entries.iter().map(|entry| describe_entry(entry, now)).collect::<Vec<_>>(),
        "removed": removed.iter().map(describe_removed).collect::<Vec<_>>(),
    });
    output::data(context.json, &answer, || {
        let mut lines = vec![if suppressed { "suppressed" } else { "not suppressed" }.to_owned()];
        lines.extend(entries.iter().map(|entry| format!("  {}", entry_words(entry, now))));
        lines.extend(removed.iter().map(|Removed { entry, removal }| {
            let (category, reason) = (entry.category.as_str(), &removal.reason);
            format!("  removed: {category} of {}: {reason}  (by {} at {})", entry.at, removal.by, removal.at)
        }));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

async fn list(context: &Context, query: EntryQuery) -> Result<Exit> {
    let now = context.now();
    let page = context.store.suppressions(WORKSPACE, query).await?;
    let entries: Vec<Value> = page.entries.iter().map(|entry| describe_entry(entry, now)).collect();
    output::data(context.json, &json!({ "entries": entries, "next": page.next }), || {
        if page.entries.is_empty() {
            return "no entries".to_owned();
        }
        page.entries.iter().map(|entry| entry_words(entry, now)).collect::<Vec<_>>().join("\n")
    });
    if let (Some(next), false) = (&page.next, context.json) {
        output::say(format_args!("hint: there is more; go on with --after {next}"));
    }
    Ok(Exit::Done)
}

async fn stats(context: &Context) -> Result<Exit> {
    let counts = context.store.suppression_counts(WORKSPACE).await?;
    let kind = |kind| match kind {
        store::EntryKind::Address => "address",
        store::EntryKind::Domain => "domain",
        store::EntryKind::Hash => "hash",
    };
    let total: u64 = counts.iter().map(|(.., count)| count).sum();
    let rows: Vec<Value> = counts
        .iter()
        .map(|(namespace, category, of, count)| {
            json!({ "namespace": namespace.as_str(), "category": category.as_str(), "kind": kind(*of), "count": count })
        })
        .collect();
    output::data(context.json, &json!({ "total": total, "counts": rows }), || {
        let row = |(namespace, category, of, count): &(consent::Namespace, SuppressionCategory, _, u64)| {
            let (namespace, category) = (namespace.as_str(), category.as_str());
            format!("{namespace:<8}{:<9}{category:<11}{:>12}", kind(*of), grouped(*count))
        };
        let total = format!("{:<28}{:>12}", "total", grouped(total));
        counts.iter().map(row).chain([total]).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}
