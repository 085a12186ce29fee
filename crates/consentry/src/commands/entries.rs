//! The two lists as files, and their entries in words; shared by `suppression` and `allow`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use intake::import::Progress;
use intake::suppression::FailureReport;
use serde_json::{Value, json};
use service::suppression::Entry;
use service::{Fault, allow, suppression};
use store::private;

use super::import::{named_beside, same_file, show as show_bar};
use crate::cli::ImportList;
use crate::output::{self, Exit, fail, grouped};

/// What to do about a text that names nothing.
pub const NAME_ONE: &str =
    "give an email address, a domain, a number with +, or the SHA-256 of one; --type says which";

/// A file that is being read, with a bar on standard error.
pub struct Reading {
    pub name: String,
    pub progress: Arc<Progress>,
    errors: PathBuf,
    bar: tokio::task::JoinHandle<()>,
}

impl Reading {
    /// Opens the file.
    pub fn open(args: &ImportList) -> Result<(Self, Box<dyn Read + Send>)> {
        let name = args.file.display().to_string();
        let errors = args.errors.clone().unwrap_or_else(|| named_beside(&args.file, "errors"));
        let (input, length) = open(&args.file)?;
        if same_file(&args.file, &errors) {
            let what = format!("{name}: is named for the errors too");
            return Err(fail(what, "name another file with --errors"));
        }
        let progress = Arc::new(Progress::default());
        let bar = tokio::spawn(show_bar(Arc::clone(&progress), length));
        Ok((Self { name, progress, errors, bar }, input))
    }

    /// Where rows are written that didn't go in.
    pub fn report(&self) -> FailureReport<'_> {
        let create = || private::create(&self.errors).map(|file| Box::new(file) as Box<dyn Write + Send>);
        FailureReport::new(create)
    }

    /// Ends the bar.
    pub async fn ended(&mut self) {
        self.bar.abort();
        let _ = (&mut self.bar).await;
    }

    /// Ends the file of rows that didn't go in.
    pub fn finish(&self, report: FailureReport<'_>) -> Result<()> {
        report.finish().with_context(|| self.errors.display().to_string())
    }

    /// Tells what became of the rows.
    pub fn tell(&self, json: bool, out: &impl serde::Serialize, rows: suppression::import::Out) -> Exit {
        let suppression::import::Out { read, added, known, failed } = rows;
        let mut value = json!(out);
        if failed > 0 {
            value["errors"] = json!(self.errors);
            output::say(format_args!(
                "{} of {} rows didn't go in as they stand; lines and reasons are in {}\nhint: mend that file and import it",
                grouped(failed),
                grouped(read),
                self.errors.display()
            ));
        }
        output::data(json, &value, || {
            [("read", read), ("added", added), ("known", known), ("failed", failed)]
                .map(|(name, count)| format!("{name:<10}{:>12}", grouped(count)))
                .join("\n")
        });
        match failed {
            0 => Exit::Done,
            failed if failed == read => Exit::Failed,
            _ => Exit::SomeRejected,
        }
    }

    /// A file that can't be read.
    pub fn wrong(&self, error: suppression::import::Error) -> anyhow::Error {
        let transient = matches!(error.problem().kind, service::Kind::Unavailable);
        let again = "run the import again when there is room: what is in stays as it is";
        output::refused_file(&self.name, error, transient.then(|| again.to_owned()))
    }
}

/// A file or standard input, and its length.
pub fn open(file: &Path) -> Result<(Box<dyn Read + Send>, u64)> {
    if file.as_os_str() == "-" {
        return Ok((Box::new(std::io::stdin()), 0));
    }
    let name = || file.display().to_string();
    let opened = File::open(file).with_context(name)?;
    let length = opened.metadata().with_context(name)?.len();
    Ok((Box::new(opened), length))
}

/// A list on its way into a file. Beside its final name first, so that one that broke off isn't taken for whole.
pub struct Writing {
    file: PathBuf,
    part: PathBuf,
    output: File,
}

impl Writing {
    /// Begins the file.
    pub fn begin(file: PathBuf) -> Result<Self> {
        let part = named_beside(&file, "part");
        let output = private::create(&part).with_context(|| part.display().to_string())?;
        Ok(Self { file, part, output })
    }

    /// Where the list goes.
    pub fn output(&self) -> Box<dyn Write + Send + '_> {
        Box::new(std::io::BufWriter::new(&self.output))
    }

    /// Ends the file, and tells of it.
    pub fn finish(self, json: bool, exported: u64) -> Result<Exit> {
        let Self { file, part, output } = self;
        output.sync_all().with_context(|| part.display().to_string())?;
        std::fs::rename(&part, &file).with_context(|| file.display().to_string())?;
        output::data(json, &json!({ "exported": exported, "file": file }), || {
            format!("{} entries written to {}", grouped(exported), file.display())
        });
        Ok(Exit::Done)
    }
}

/// A spinner with the count of entries.
pub struct Counting(ProgressBar);

impl Counting {
    /// Begins to turn.
    pub fn begin() -> Self {
        Self(ProgressBar::new_spinner())
    }

    /// So many are done.
    pub fn show(&self, count: u64) {
        self.0.tick();
        self.0.set_message(format!("{} entries", grouped(count)));
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Prints an entry as a line of JSON.
#[allow(clippy::unnecessary_wraps, reason = "whatever takes entries may fail")]
pub fn print(entry: &impl serde::Serialize) -> std::io::Result<()> {
    let value: Value = json!(entry);
    output::json(&value);
    Ok(())
}

/// Says that there is more.
pub fn hint_at_more(json: bool, next: Option<&String>) {
    if let (Some(next), false) = (next, json) {
        output::say(format_args!("hint: there is more; go on with --after {next}"));
    }
}

/// A suppression entry on a line.
pub fn entry_words(entry: &Entry) -> String {
    let Entry { kind, value, category, reason, by, at, .. } = entry;
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let until = match entry.expires_at {
        None => String::new(),
        Some(expiry) if entry.in_force => format!(", until {expiry}"),
        Some(expiry) => format!(", expired {expiry}"),
    };
    let mark = if entry.in_force { "✗" } else { "·" };
    format!("{mark} {kind} {value}  {category}{reason}  (by {by} at {at}{until})")
}

/// An allow entry on a line.
pub fn allowed_words(entry: &allow::Entry) -> String {
    let allow::Entry { kind, value, comment, by, at, .. } = entry;
    let comment = if comment.is_empty() { String::new() } else { format!("  {comment}") };
    format!("{kind} {value}{comment}  (by {by} at {at})")
}
