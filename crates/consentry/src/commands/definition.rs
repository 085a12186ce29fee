//! `consentry apply`, `plan`, `export`, `definition`

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;
use service::definitions::plan::{Change, What};
use service::definitions::{
    Field, FieldChange, Invalid, Shown, apply, archive, export, list, plan, schema, show,
};

use super::serve::public_pages;
use crate::cli;
use crate::context::Context;
use crate::files::{self, Loaded};
use crate::output::{self, Exit, fail, refused, told};
use crate::probe::RouterProbe;

/// How to see what there is.
const LIST: &str = "`consentry definition list` shows them";

/// Stores definitions.
pub async fn apply(context: &Context, args: cli::Apply) -> Result<Exit> {
    if args.dry_run {
        return plan(context, cli::Plan { files: args.files }).await;
    }
    let loaded = Loaded::read(&args.files)?;
    let probe = RouterProbe(public_pages(context, None)?);
    let asked = apply::In { documents: loaded.given(), uploads: loaded.uploads.clone(), probe: Some(&probe) };
    let outcome = apply::apply(&context.service(), &context.actor(), asked).await;
    let out = match outcome {
        Ok(out) => out,
        Err(error) => return failed(context, &loaded, error),
    };
    files::note(&context.dir, &loaded.places)?;
    for warning in &out.warnings {
        let (part, problem) = (&warning.finding.part, &warning.finding.problem);
        output::say(format_args!("warning: campaign {}: {part}: {problem}", warning.campaign));
    }
    output::answer(context.json, &out, |out| {
        let line = |one: &apply::Applied| {
            let version = format!(", version {}", one.definition.version);
            words(one.definition.kind.as_str(), &one.definition.name, one.change, &version, &one.fields)
        };
        out.data.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

/// Shows what would change.
pub async fn plan(context: &Context, args: cli::Plan) -> Result<Exit> {
    let loaded = Loaded::read(&args.files)?;
    let asked = plan::In { documents: loaded.given() };
    let outcome = plan::plan(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| invalid(&loaded, error))?;
    output::answer(context.json, &out, |out| {
        let line = |one: &Change| {
            let version = one.version.map(|version| format!(", version {version}")).unwrap_or_default();
            words(one.kind.as_str(), &one.name, one.change, &version, &one.fields)
        };
        out.data.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

fn words(kind: &str, name: &str, change: What, version: &str, fields: &[Field]) -> String {
    let (mark, what) = match change {
        What::Added => ('+', "new"),
        What::Changed => ('~', "changed"),
        What::Restored => ('+', "in use again"),
        What::Unchanged => (' ', "unchanged"),
    };
    let field = |field: &Field| {
        let mark = match field.change {
            FieldChange::Added => '+',
            FieldChange::Removed => '-',
            FieldChange::Changed => '~',
        };
        format!("\n    {mark} {}", field.pointer)
    };
    format!("{mark} {kind}/{name}: {what}{version}{}", fields.iter().map(field).collect::<String>())
}

/// A document that can't be taken, by file and line.
pub fn invalid(loaded: &Loaded, error: Invalid) -> anyhow::Error {
    match error {
        Invalid::Document { index, error, .. } => loaded.wrong(index, &error),
        Invalid::Twice { index, .. } => {
            let file = loaded.documents.get(index).map(|one| one.file.display().to_string());
            let text = format!("{}: {error}\nhint: give one of them another name", file.unwrap_or_default());
            output::told_as(&error, text)
        }
        Invalid::Stale { .. } => {
            refused(error, "`consentry plan -f` shows the difference to what is stored now")
        }
        error => told(error),
    }
}

fn failed(context: &Context, loaded: &Loaded, error: apply::Error) -> Result<Exit> {
    let file = |index: usize| {
        loaded.documents.get(index).map(|one| one.file.display().to_string()).unwrap_or_default()
    };
    match error {
        apply::Error::Invalid(error) => Err(invalid(loaded, error)),
        apply::Error::Refused { index, .. } => {
            let text = format!("{}: nothing was stored: {error}", file(index));
            output::failure(context.json, &output::told_as(&error, text));
            Ok(Exit::Refused)
        }
        apply::Error::Campaign { index, error, campaign } => Err(match *error {
            delivery::DeliveryError::Input(error) => loaded.wrong(index, &error),
            error => {
                let hint = error.hint();
                let error = service::campaigns::Error(error);
                output::refused_file(format!("{}: campaign {campaign}", file(index)), error, hint)
            }
        }),
    }
}

/// Prints definitions, or writes them to files.
pub async fn export(context: &Context, args: cli::Export) -> Result<Exit> {
    let (kind, name) = args.which.map_or((None, None), |(kind, name)| (Some(kind), name));
    let outcome = export::export(&context.service(), &context.actor(), export::In { kind, name }).await;
    let out = outcome.map_err(|error| match error {
        export::Error::Missing(..) => refused(error, LIST),
        export::Error::Store(_) => told(error),
    })?;
    if let Some(folder) = args.output {
        let written = files::write(&folder, &out.data)?;
        let names: Vec<_> = written.iter().map(PathBuf::as_path).collect();
        output::data(context.json, &json!({ "files": names }), || {
            names.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join("\n")
        });
        return Ok(Exit::Done);
    }
    if context.json {
        output::json(&json!(out));
    } else if let [one] = out.data.as_slice() {
        output::document(files::text(one).0.trim_end());
    } else {
        let all: Vec<_> = out.data.iter().map(files::with_kind).collect();
        output::document(&format!("{:#}", json!(all)));
    }
    Ok(Exit::Done)
}

/// Shows definitions, or takes one out of use.
pub async fn run(context: &Context, command: cli::Definition) -> Result<Exit> {
    match command {
        cli::Definition::List { kind } => show_all(context, kind).await?,
        cli::Definition::Show { which: (kind, name), version } => {
            show_one(context, show::In { kind, name, version }).await?;
        }
        cli::Definition::Archive { which: (kind, name) } => {
            let asked = archive::In { kind, name, expected: None };
            let outcome = archive::archive(&context.service(), &context.actor(), asked).await;
            let out = outcome.map_err(|error| match error {
                archive::Error::Missing(..) => refused(error, LIST),
                archive::Error::Stale { .. } => refused(error, "run the same command again"),
                archive::Error::Store(_) => told(error),
            })?;
            output::answer(context.json, &out, line);
        }
        cli::Definition::Schema { kind } => {
            let schema = schema::schema(kind);
            if context.json { output::json(&schema) } else { output::document(&format!("{schema:#}")) }
        }
    }
    Ok(Exit::Done)
}

async fn show_all(context: &Context, kind: Option<service::definitions::DefinitionKind>) -> Result<()> {
    let (mut all, mut after) = (list::Out::whole(Vec::new()), None);
    loop {
        let asked = list::In { kind, after, ..list::In::default() };
        let page = list::list(&context.service(), &context.actor(), asked).await.map_err(told)?;
        all.data.extend(page.data);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    output::answer(context.json, &all, |all| match all.data.as_slice() {
        [] => "no definitions yet; store some with `consentry apply -f FILE`".to_owned(),
        some => some.iter().map(line).collect::<Vec<_>>().join("\n"),
    });
    Ok(())
}

fn line(shown: &Shown) -> String {
    let Shown { kind, name, version, state, changed_at } = shown;
    format!("{kind}/{name}\tversion {version}, {state}, {changed_at}")
}

async fn show_one(context: &Context, asked: show::In) -> Result<()> {
    let outcome = show::show(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match &error {
        show::Error::Missing(..) => refused(error, LIST),
        show::Error::NoVersion(kind, name, _) => {
            let hint = format!("`consentry definition show {kind}/{name}` shows the current one");
            refused(error, hint)
        }
        show::Error::Store(_) => told(error),
    })?;
    if context.json {
        output::json(&json!(out));
        return Ok(());
    }
    let show::Out { kind, name, version, current, state, created_at, actor, .. } = &out;
    let which =
        if version == current { state.to_string() } else { format!("not current: that is {current}") };
    output::line(format_args!("# {kind}/{name}, version {version} ({which}), {created_at} by {actor}"));
    output::document(files::text(&out).0.trim_end());
    Ok(())
}

/// Fails where a file is named that isn't there, and a definition has that name neither.
pub fn no_such(file: &std::path::Path) -> anyhow::Error {
    fail(
        format!("{}: there is no such file, and no campaign of that name is stored", file.display()),
        "name a campaign's file, or one that `consentry definition list campaign` shows",
    )
}
