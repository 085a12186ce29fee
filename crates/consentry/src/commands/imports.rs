//! `consentry import list` and `consentry import undo`

use anyhow::Result;
use consent::ImportId;
use serde_json::{Value, json};
use store::{ImportRun, StoreError, UndoCounts};

use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail, grouped};

/// Shows what was imported.
pub async fn list(context: &Context, limit: usize) -> Result<Exit> {
    let runs = context.store.imports(WORKSPACE, limit).await?;
    let value: Vec<Value> = runs.iter().map(describe).collect();
    if runs.is_empty() && !context.json {
        output::say("nothing has been imported yet");
        return Ok(Exit::Done);
    }
    output::data(context.json, &json!(value), || runs.iter().map(words).collect::<Vec<_>>().join("\n"));
    Ok(Exit::Done)
}

/// Takes an import back.
pub async fn undo(context: &Context, id: &str, dry: bool) -> Result<Exit> {
    let unknown = || fail(format!("there is no import `{id}`"), "consentry import list");
    let import: ImportId = id.parse().map_err(|_| unknown())?;
    let run = context.store.import_run(WORKSPACE, import).await?.ok_or_else(unknown)?;
    if let Some(at) = run.undone_at {
        let mut value = json!(run.undone);
        value["import"] = json!(import.to_string());
        value["state"] = json!("undone");
        value["undone_at"] = json!(at.to_string());
        output::say(format_args!("{import} was taken back already, at {at}"));
        output::data(context.json, &value, || table(&run.undone));
        return Ok(Exit::Done);
    }
    let done = if dry {
        context.store.would_undo_import(WORKSPACE, import, context.now()).await?
    } else {
        let undone = context.store.undo_import(WORKSPACE, import, context.now()).await;
        undone.map_err(|error| match error {
            StoreError::Busy(_) => fail(
                "a campaign is being started, or another import is being taken back",
                format!("try again in a moment: consentry import undo {import}"),
            ),
            error => error.into(),
        })?
    };
    let mut value = json!(done);
    value["import"] = json!(import.to_string());
    value["state"] = json!(if dry { state(&run) } else { "undone" });
    output::data(context.json, &value, || table(&done));
    if run.counts.suppressed > 0 {
        output::say(format_args!(
            "{} addresses that it put on the suppression list stay there\nhint: consentry suppression list, consentry suppression remove",
            grouped(run.counts.suppressed)
        ));
    }
    if dry {
        output::say("nothing was changed: this was a dry run");
    }
    Ok(Exit::Done)
}

fn state(run: &ImportRun) -> &'static str {
    match run {
        ImportRun { undone_at: Some(_), .. } => "undone",
        ImportRun { undo_began_at: Some(_), .. } => "partly undone",
        ImportRun { finished_at: Some(_), .. } => "imported",
        _ => "unfinished",
    }
}

fn describe(run: &ImportRun) -> Value {
    let mut value = json!(run.counts);
    value["import"] = json!(run.id.to_string());
    value["file"] = json!(run.file.file);
    value["sha256"] = json!(run.file.sha256);
    value["started_at"] = json!(run.file.started_at.to_string());
    value["finished_at"] = json!(run.finished_at.map(|at| at.to_string()));
    value["undone_at"] = json!(run.undone_at.map(|at| at.to_string()));
    value["state"] = json!(state(run));
    value
}

fn words(run: &ImportRun) -> String {
    let counts = &run.counts;
    let file = if run.file.file.is_empty() { "standard input" } else { &run.file.file };
    format!(
        "{}  {}  {}: read {}, created {}, updated {}, unchanged {}, rejected {}, suppressed {}; {}",
        run.id,
        run.file.started_at,
        file,
        grouped(counts.read),
        grouped(counts.created),
        grouped(counts.updated),
        grouped(counts.unchanged),
        grouped(counts.rejected),
        grouped(counts.suppressed),
        state(run)
    )
}

fn table(done: &UndoCounts) -> String {
    let always = [
        (done.profiles, "people that the import created or changed"),
        (done.deleted, "deleted: it created them, and nothing else is known of them"),
        (done.restored, "had been there before: what it set is put back"),
        (done.consents, "consents taken back"),
    ];
    let sometimes = [
        (done.addresses, "addresses taken off people who had been there before"),
        (
            done.kept_for_refusal,
            "kept without attributes and ids: a refusal, or another choice that holds messages back",
        ),
        (done.kept_for_history, "kept without attributes and ids: something happened since"),
        (done.kept_for_import, "kept: a later import names them, too"),
        (done.merged, "left alone: merged into somebody else since"),
        (done.refusals_kept, "refusals kept"),
        (done.values_kept, "values kept: a newer one stands, or what was there before would send more"),
        (done.addresses_kept, "addresses kept: something is known of them"),
    ];
    let rows = always.into_iter().chain(sometimes.into_iter().filter(|(count, _)| *count > 0));
    rows.map(|(count, what)| format!("{:>12}  {what}", grouped(count))).collect::<Vec<_>>().join("\n")
}
