//! `consentry import profiles`

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use intake::import::{Answer, Format, ImportError, Options, Progress, Undecided, words};
use serde_json::json;
use service::Kind;
use service::imports::run::Counted;
use service::imports::{self, dry_run, run as import_run};
use store::private;

use crate::cli::{self, ImportProfiles};
use crate::context::Context;
use crate::output::{self, Exit, fail, grouped, refused_file};

/// Most warnings about rows that are shown one by one.
const WARNINGS_SHOWN: u64 = 20;

/// An import that stopped because it isn't said how the file is read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Stopped(String);

/// Brings a file of people in.
pub async fn run(context: &Context, args: ImportProfiles) -> Result<Exit> {
    if args.dry_run {
        return dry(context, &args).await;
    }
    let rejects = args.rejects.clone().unwrap_or_else(|| beside(&args.file));
    let report = match import_file(context, &args, &rejects).await {
        Err(error) if error.is::<Stopped>() => return Ok(undecided(context, &error)),
        report => report?,
    };
    let mut value = json!(report);
    if report.rejected > 0 {
        value["rejects"] = json!(rejects);
        reasons(&report.rejected_for);
        output::say(format_args!(
            "{} of {} rows rejected; line numbers and reasons are in {}\nhint: mend that file and import it",
            grouped(report.rejected),
            grouped(report.read),
            rejects.display()
        ));
    }
    if report.incomplete > 0 {
        reasons(&report.left_out);
        output::say(format_args!("{} rows went in without that", grouped(report.incomplete)));
    }
    output::data(context.json, &value, || table(&report));
    if let Some(import) = &report.import {
        output::say(format_args!("this import is {import}; consentry import undo {import} takes it back"));
    }
    Ok(match report.rejected {
        0 => Exit::Done,
        rejected if rejected == report.read => Exit::Failed,
        _ => Exit::SomeRejected,
    })
}

/// Says that nothing was imported, because it isn't said how the file is read.
fn undecided(context: &Context, stopped: &anyhow::Error) -> Exit {
    if context.json {
        let problem = service::Problem::new(Kind::Invalid, "import-undecided");
        output::say(output::shown_json(&output::details(&problem, &stopped.to_string())));
    } else {
        output::say(format_args!("error: {stopped}"));
    }
    Exit::Undecided
}

/// Says what an import would do.
async fn dry(context: &Context, args: &ImportProfiles) -> Result<Exit> {
    let name = args.file.display().to_string();
    let (input, _) = open(&args.file).with_context(|| name.clone())?;
    let asked = dry_run::In { input: Box::new(input), options: options(args) };
    let out = match dry_run::dry_run(&context.service(), &context.actor(), asked).await {
        Err(imports::Error(ImportError::Undecided(questions))) => {
            return Ok(undecided(context, &Stopped(stopped(&name, args, &questions)).into()));
        }
        out => out.map_err(|error| explain(&name, error))?,
    };
    out.notices.iter().for_each(|notice| output::say(format_args!("{name}: {notice}")));
    reasons(&out.rows.rejected_for);
    reasons(&out.rows.left_out);
    output::answer(context.json, &out, forecast);
    output::say("nothing was changed: this was a dry run");
    Ok(Exit::Done)
}

fn forecast(dry: &dry_run::Out) -> String {
    let mut lines = Vec::new();
    for column in &dry.columns {
        lines.push(format!(
            "{}: {}, filled in {} times",
            column.name,
            column.reading,
            grouped(column.filled)
        ));
        for value in &column.values {
            lines.push(format!("{:>12}  {} → {}", grouped(value.rows), value.value, value.effect));
        }
    }
    lines.extend(dry.every_row.iter().map(|said| format!("every row: {said}")));
    let rows = &dry.rows;
    lines.push(format!("rows {}, rejected {}", grouped(rows.read), grouped(rows.rejected)));
    let reachable = dry.reachable.iter();
    lines.extend(
        reachable.map(|(channel, rows)| format!("reachable by {channel} afterwards: {}", grouped(*rows))),
    );
    lines.join("\n")
}

/// Reasons with how often each was met.
fn reasons(counts: &[Counted]) {
    for Counted { reason, count } in counts {
        output::say(format_args!("{:>12}  {reason}", grouped(*count)));
    }
}

fn table(rows: &import_run::Out) -> String {
    let import_run::Out { read, created, updated, unchanged, rejected, incomplete, suppressed, .. } = *rows;
    let always = [
        ("read", read),
        ("created", created),
        ("updated", updated),
        ("unchanged", unchanged),
        ("rejected", rejected),
    ];
    let sometimes = [("incomplete", incomplete), ("suppressed", suppressed)];
    let rows = always.into_iter().chain(sometimes.into_iter().filter(|(_, count)| *count > 0));
    rows.map(|(name, count)| format!("{name:<10}{:>12}", grouped(count))).collect::<Vec<_>>().join("\n")
}

/// Imports with a progress bar on standard error.
pub async fn import_file(
    context: &Context,
    args: &ImportProfiles,
    rejects: &Path,
) -> Result<import_run::Out> {
    let name = args.file.display().to_string();
    if same_file(&args.file, rejects) {
        return Err(fail(
            format!("{name}: is named for the rejects too"),
            "name another file with --rejects",
        ));
    }
    let (input, length) = open(&args.file).with_context(|| name.clone())?;
    let mut warnings = Warnings::new(args.warnings.as_deref())?;
    let progress = Arc::new(Progress::default());
    let bar = tokio::spawn(show(Arc::clone(&progress), length));
    let asked = import_run::In {
        input: Box::new(input),
        options: options(args),
        progress,
        rejects: Box::new(|| private::create(rejects).map(|file| Box::new(file) as Box<dyn Write + Send>)),
        notice: Box::new(|notice| {
            output::say(format_args!("{name}: {notice}"));
        }),
        warn: Box::new(|line, warning| warnings.take(&name, line, warning)),
    };
    let outcome = import_run::run(&context.service(), &context.actor(), asked).await;
    bar.abort();
    let _ = bar.await;
    warnings.finish();
    outcome.map_err(|error| match error {
        imports::Error(ImportError::Undecided(undecided)) => Stopped(stopped(&name, args, &undecided)).into(),
        error => explain(&name, error),
    })
}

/// What is left out of which row: into a file, or the first of it to standard error.
struct Warnings {
    file: Option<std::io::BufWriter<File>>,
    count: u64,
}

impl Warnings {
    fn new(file: Option<&Path>) -> Result<Self> {
        let open = |file: &Path| private::create(file).with_context(|| file.display().to_string());
        Ok(Self { file: file.map(open).transpose()?.map(std::io::BufWriter::new), count: 0 })
    }

    fn take(&mut self, name: &str, line: u64, warning: &str) {
        self.count += 1;
        if let Some(file) = &mut self.file {
            // A full disk doesn't stop the import: the counts are told at its end all the same.
            let _ = writeln!(file, "line {line}: {warning}");
        } else if self.count <= WARNINGS_SHOWN {
            output::say(format_args!("{name}: line {line}: {warning}; left out"));
        }
    }

    fn finish(mut self) {
        if let Some(file) = &mut self.file {
            let _ = file.flush();
        } else if self.count > WARNINGS_SHOWN {
            let more = grouped(self.count - WARNINGS_SHOWN);
            output::say(format_args!("and {more} more such lines\nhint: --warnings FILE writes them all"));
        }
    }
}

fn options(args: &ImportProfiles) -> Options {
    let file_name = if is_stdin(&args.file) { String::new() } else { args.file.display().to_string() };
    Options {
        format: match args.format {
            Some(cli::Format::Csv) => Some(Format::Csv),
            Some(cli::Format::Jsonl) => Some(Format::Jsonl),
            None => by_name(&args.file),
        },
        map: args.map.clone(),
        set: args.set.clone(),
        from: args.from.clone(),
        ignore: args.ignore_column.clone(),
        ignore_file_name: args.ignore_file_name,
        date_format: args.date_format.clone(),
        file_name,
        encoding: args.encoding.clone(),
        create_lists: args.create_lists,
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// The file and its length. What can't be read twice, such as a pipe, goes into a file without a name first.
fn open(path: &Path) -> std::io::Result<(File, u64)> {
    if is_stdin(path) {
        return spooled(&mut std::io::stdin().lock());
    }
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata.len())) } else { spooled(&mut file) }
}

fn spooled(input: &mut impl Read) -> std::io::Result<(File, u64)> {
    let mut file = tempfile::tempfile()?;
    let length = std::io::copy(input, &mut file)?;
    file.rewind()?;
    Ok((file, length))
}

/// Why an import stopped, with the command that goes on if the proposals are right.
fn stopped(name: &str, args: &ImportProfiles, undecided: &Undecided) -> String {
    let mut command =
        vec!["consentry".to_owned(), "import".to_owned(), "profiles".to_owned(), name.to_owned()];
    let mut add = |option: &str, value: Option<String>| {
        if let Some(value) = value {
            command.extend([option.to_owned(), value]);
        }
    };
    add("--from", args.from.clone());
    add("--encoding", args.encoding.clone());
    args.map.iter().for_each(|(from, to)| add("--map", Some(format!("{from}={to}"))));
    args.set.iter().for_each(|(what, value)| add("--set", Some(format!("{what}={value}"))));
    args.ignore_column.iter().for_each(|column| add("--ignore-column", Some(column.clone())));
    let switches = [("--ignore-file-name", args.ignore_file_name), ("--create-lists", args.create_lists)];
    command.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()));
    command.extend(undecided.arguments());
    format!(
        "{name}: {undecided}\nhint: look at the proposals; if they are right, run{}\n\
         (y agreed, n refused, dn never agreed, p not confirmed, - says nothing; hard, complaint and manual suppress the address)",
        commands(&command, undecided)
    )
}

/// The command that goes on; where only the operator knows the answer to a question, one for each.
fn commands(command: &[String], undecided: &Undecided) -> String {
    let asked: Vec<_> = undecided.questions.iter().filter(|question| !question.answers.is_empty()).collect();
    let [first, others @ ..] = asked.as_slice() else { return format!("\n  {}", words(command)) };
    let one = |answer: &Answer| {
        // Of further questions of the kind the same is asked again.
        let more = others.iter().filter(|other| !first.answers.iter().eq(&other.answers));
        let more = more.filter_map(|other| other.answers.first()).flat_map(|other| &other.arguments);
        let whole: Vec<String> = command.iter().chain(&answer.arguments).chain(more).cloned().collect();
        format!("\n  for {}:\n  {}", answer.what, words(&whole))
    };
    format!(" one of{}", first.answers.iter().map(one).collect::<String>())
}

/// Whether two names are one file, by whatever path.
pub fn same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| std::fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok();
    identity(one).is_some_and(|id| identity(other) == Some(id))
}

/// A bar with rate and time left. It is removed when the task ends.
pub async fn show(progress: Arc<Progress>, length: u64) {
    let style = "{bar:30} {bytes}/{total_bytes}  {msg}  {elapsed} elapsed, {eta} left";
    let bar = if length > 0 {
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(length).with_style(style)
    } else {
        ProgressBar::new_spinner()
    };
    let bar = Clearing(bar);
    let mut rows_before = 0;
    for tick in 1_u32.. {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let rows = progress.rows();
        bar.0.set_position(progress.bytes().min(length.max(1)));
        if tick.is_multiple_of(5) || rows_before == 0 {
            let per_second = if tick < 5 { rows * 5 / u64::from(tick) } else { rows - rows_before };
            bar.0.set_message(format!("{} rows, {}/s", grouped(rows), grouped(per_second)));
            rows_before = rows;
        }
    }
}

/// Takes the bar off the screen however its task ends.
struct Clearing(ProgressBar);

impl Drop for Clearing {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn explain(file: &str, error: imports::Error) -> anyhow::Error {
    let hint = match &error.0 {
        ImportError::UnknownList(list) => {
            Some(format!("consentry list create {list}, or add --create-lists"))
        }
        ImportError::Store(inner) if inner.is_transient() => {
            Some("run the import again when there is room: what is in stays as it is".to_owned())
        }
        _ => None,
    };
    refused_file(file, error, hint)
}

/// The format that a file's name tells.
fn by_name(file: &Path) -> Option<Format> {
    match file.extension()?.to_str()? {
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "csv" | "tsv" => Some(Format::Csv),
        _ => None,
    }
}

/// `people.csv` → `people.rejects.csv`, in the same folder.
fn beside(file: &Path) -> PathBuf {
    named_beside(file, "rejects")
}

/// A file beside this one, with `what` before its extension.
pub fn named_beside(file: &Path, what: &str) -> PathBuf {
    let stem = if file.as_os_str() == "-" { Path::new("stdin") } else { file };
    let extension =
        stem.extension().map_or_else(|| "csv".into(), |extension| extension.to_string_lossy().into_owned());
    stem.with_extension(format!("{what}.{extension}"))
}
