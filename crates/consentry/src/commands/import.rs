//! `consentry import profiles`

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use intake::import::{Format, ImportError, Options, Progress, Summary, import_profiles};
use serde_json::json;
use store::private;

use crate::cli::{self, ImportProfiles};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail, grouped};

/// Brings a file of people in.
pub async fn run(context: &Context, args: ImportProfiles) -> Result<Exit> {
    let rejects = args.rejects.clone().unwrap_or_else(|| beside(&args.file));
    let summary = import_file(context, &args, &rejects).await?;
    let mut value = json!(summary);
    if summary.rejected > 0 {
        value["rejects"] = json!(rejects);
        output::say(format_args!(
            "{} of {} rows rejected; line numbers and reasons are in {}\nhint: mend that file and import it",
            grouped(summary.rejected),
            grouped(summary.read),
            rejects.display()
        ));
    }
    output::data(context.json, &value, || {
        let Summary { read, created, updated, unchanged, rejected } = summary;
        [
            ("read", read),
            ("created", created),
            ("updated", updated),
            ("unchanged", unchanged),
            ("rejected", rejected),
        ]
        .map(|(name, count)| format!("{name:<10}{:>12}", grouped(count)))
        .join("\n")
    });
    Ok(Exit::Done)
}

/// Imports with a progress bar on standard error.
pub async fn import_file(context: &Context, args: &ImportProfiles, rejects: &Path) -> Result<Summary> {
    let name = args.file.display().to_string();
    let (input, length): (Box<dyn Read + Send>, u64) = if args.file.as_os_str() == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let file = File::open(&args.file).with_context(|| name.clone())?;
        let length = file.metadata().with_context(|| name.clone())?.len();
        (Box::new(file), length)
    };
    let options = Options {
        format: match args.format {
            Some(cli::Format::Csv) => Some(Format::Csv),
            Some(cli::Format::Jsonl) => Some(Format::Jsonl),
            None => by_name(&args.file),
        },
        map: args.map.clone(),
        encoding: args.encoding.clone(),
        create_lists: args.create_lists,
    };
    let progress = Arc::new(Progress::default());
    let bar = tokio::spawn(show(Arc::clone(&progress), length));
    if same_file(&args.file, rejects) {
        return Err(fail(
            format!("{name}: is named for the rejects too"),
            "name another file with --rejects",
        ));
    }
    let open = || private::create(rejects).map(|file| Box::new(file) as Box<dyn Write + Send>);
    let outcome =
        import_profiles(context.shared_store(), WORKSPACE, input, open, options, &*context.clock, progress)
            .await;
    bar.abort();
    let _ = bar.await;
    outcome.map_err(|error| explain(&name, &error))
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

pub fn explain(file: &str, error: &ImportError) -> anyhow::Error {
    match error {
        ImportError::UnknownList(list) => {
            fail(format!("{file}: {error}"), format!("consentry list create {list}, or add --create-lists"))
        }
        ImportError::Store(inner) if inner.is_transient() => fail(
            format!("{file}: {error}"),
            "run the import again when there is room: what is in stays as it is",
        ),
        _ => anyhow::anyhow!("{file}: {error}"),
    }
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
