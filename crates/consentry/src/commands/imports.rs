//! `consentry import list` and `consentry import undo`

use anyhow::Result;
use service::imports::list::{Imported, State};
use service::imports::{list, undo};

use crate::context::Context;
use crate::output::{self, Exit, grouped, refused, told};

/// Shows what was imported.
pub async fn list(context: &Context, limit: usize) -> Result<Exit> {
    let out = list::list(&context.service(), &context.actor(), list::In { limit }).await.map_err(told)?;
    if out.data.is_empty() && !context.json {
        output::say("nothing has been imported yet");
        return Ok(Exit::Done);
    }
    output::answer(context.json, &out, |out| out.data.iter().map(words).collect::<Vec<_>>().join("\n"));
    Ok(Exit::Done)
}

/// Takes an import back.
pub async fn undo(context: &Context, import: String, dry_run: bool) -> Result<Exit> {
    let asked = undo::In { import: import.clone(), dry_run };
    let outcome = undo::undo(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        undo::Error::NoImport(_) => refused(error, "consentry import list"),
        undo::Error::Busy => refused(error, format!("try again in a moment: consentry import undo {import}")),
        undo::Error::Store(_) => told(error),
    })?;
    if let Some(at) = out.undone_at {
        output::say(format_args!("{import} was taken back already, at {at}"));
    }
    output::answer(context.json, &out, |out| table(&out.counts));
    if out.undone_at.is_some() {
        return Ok(Exit::Done);
    }
    if out.suppressed_stay > 0 {
        output::say(format_args!(
            "{} addresses that it put on the suppression list stay there\nhint: consentry suppression list, consentry suppression remove",
            grouped(out.suppressed_stay)
        ));
    }
    if dry_run {
        output::say("nothing was changed: this was a dry run");
    }
    Ok(Exit::Done)
}

const fn state(run: &Imported) -> &'static str {
    match run.state {
        State::Undone => "undone",
        State::PartlyUndone => "partly undone",
        State::Imported => "imported",
        State::Unfinished => "unfinished",
    }
}

fn words(run: &Imported) -> String {
    let file = if run.file.is_empty() { "standard input" } else { &run.file };
    format!(
        "{}  {}  {}: read {}, created {}, updated {}, unchanged {}, rejected {}, suppressed {}; {}",
        run.import,
        run.started_at,
        file,
        grouped(run.read),
        grouped(run.created),
        grouped(run.updated),
        grouped(run.unchanged),
        grouped(run.rejected),
        grouped(run.suppressed),
        state(run)
    )
}

fn table(done: &undo::Counts) -> String {
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
