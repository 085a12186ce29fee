//! An import from beginning to end: a first look, the plan, and the rows in batches.

use std::io::{Read, Seek, Write};
use std::sync::Arc;

use consent::{Clock, ImportId, WorkspaceId};
use futures_util::future::LocalBoxFuture;
use store::{IMPORT_MAX, ImportCounts, ImportPlace, NewImport, NewList, RowOutcome, Store, SuppressionEntry};
use tokio::sync::mpsc;

use super::lines::{Counted, Source};
use super::plan::{self, Plan};
use super::rejects::Rejects;
use super::row::Ready;
use super::survey::{self, Survey};
use super::{Context, ImportError, Options, Parsed, Progress, Refused, Report, Rows, Summary, recognise};

/// Rows and bytes parsed ahead of the store.
const BATCH_ROWS: usize = 16_384;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
const BATCHES_AHEAD: usize = 2;

/// A file that can be read twice.
pub trait Input: Read + Seek + Send {}

impl<T: Read + Seek + Send> Input for T {}

/// Opens a file on its first use.
pub type Open<'a> = Box<dyn FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send + 'a>;

/// Hears of something in a line.
pub type Warn<'a> = Box<dyn FnMut(u64, &str) + Send + 'a>;

/// Where an import tells what it does.
pub struct Outputs<'a> {
    /// Opened for the first row that doesn't go in.
    pub rejects: Open<'a>,
    /// Hears of what is read how, before anything is written.
    pub notice: Box<dyn FnMut(&str) + Send + 'a>,
    /// Hears of what is left out of a row that goes in: its line, and why.
    pub warn: Warn<'a>,
}

/// Where an import goes.
#[derive(Clone, Copy)]
pub struct Import<'a> {
    /// The store.
    pub store: &'a Store,
    /// The workspace in it.
    pub workspace: WorkspaceId,
    /// Time.
    pub clock: &'a dyn Clock,
}

/// Imports a file into a workspace. The file is read twice: once to find out how it is to be read, then for its rows.
pub fn import_profiles<'a>(
    into: Import<'a>,
    input: impl Input + 'static,
    options: Options,
    progress: Arc<Progress>,
    outputs: Outputs<'a>,
) -> LocalBoxFuture<'a, Result<Report, ImportError>> {
    Box::pin(import(into, Box::new(input), options, progress, outputs))
}

async fn import(
    into: Import<'_>,
    mut input: Box<dyn Input>,
    options: Options,
    progress: Arc<Progress>,
    mut outputs: Outputs<'_>,
) -> Result<Report, ImportError> {
    let Import { store, workspace, clock } = into;
    let received_at = clock.now();
    let lists = store.lists(workspace).await?.into_iter().map(|list| (list.name, list.id)).collect();
    let mut context = Context { lists, received_at };
    let survey = look(&mut input, &options, &progress)?;
    let plan = plan::draft(&survey, &options, &context.lists)?;
    make_lists(into, &plan, &options, &mut context).await?;
    plan.notices.iter().for_each(|notice| (outputs.notice)(notice));
    let plan = Arc::new(plan.settle(&context.lists)?);
    let source = Source::open(Counted::new(input, Arc::clone(&progress)), &options)?;
    let rows = source.into_rows(plan, context);
    let new =
        NewImport { file: options.file_name.clone(), sha256: survey.sha256.clone(), started_at: received_at };
    let import = store.begin_import(workspace, new).await?;
    let mut writing = Writing {
        into,
        place: ImportPlace { import, first: 0 },
        rejects: Rejects::new(outputs.rejects, rows.header(), rows.delimiter()),
        warn: outputs.warn,
        report: Report { import: Some(import.to_string()), sha256: survey.sha256, ..Report::default() },
    };
    let (batches, mut received) = mpsc::channel(BATCHES_AHEAD);
    let parser = std::thread::spawn(move || parse(rows, &batches));
    let mut failed = None;
    while let Some(batch) = received.recv().await {
        match batch {
            Ok(batch) => {
                let outcome = writing.apply(batch).await;
                progress.set_rows(writing.report.summary.read);
                if let Err(error) = outcome {
                    failed = Some(error);
                    break;
                }
            }
            Err(error) => failed = Some(error),
        }
    }
    drop(received);
    let _ = parser.join();
    // Also where it failed: what is in can be taken back.
    let ended = writing.end(import).await;
    writing.rejects.finish()?;
    ended?;
    failed.map_or(Ok(writing.report), Err)
}

/// The first look, after which the file stands at its beginning again.
pub(super) fn look(
    input: &mut (impl Read + Seek),
    options: &Options,
    progress: &Arc<Progress>,
) -> Result<Survey, ImportError> {
    let mapped_times = |name: &str| {
        let mapped = options.map.iter().find(|(from, _)| from == name);
        mapped.is_some_and(|(_, to)| to.contains("_time"))
            || recognise::of_name(name).is_some()
            || name == "consent_time"
            || options.from.is_some()
    };
    let survey = survey::look(input, options, progress, mapped_times)?;
    input.rewind().map_err(|error| ImportError::Read { line: 1, error })?;
    progress.rewind();
    Ok(survey)
}

/// Makes the lists that the file names and that don't exist, if that was asked for.
async fn make_lists(
    into: Import<'_>,
    plan: &Plan<String>,
    options: &Options,
    context: &mut Context,
) -> Result<(), ImportError> {
    for name in plan.lists() {
        if context.lists.contains_key(name) {
            continue;
        }
        if !options.create_lists {
            return Err(ImportError::UnknownList(name.to_owned()));
        }
        let list = NewList::new(name.to_owned(), context.received_at);
        let created = into.store.create_list(into.workspace, list).await?;
        context.lists.insert(name.to_owned(), created.id);
    }
    Ok(())
}

/// Parses until the end, or until nobody listens any more.
fn parse(mut rows: Box<dyn Rows>, batches: &mpsc::Sender<Result<Vec<Parsed>, ImportError>>) {
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_ROWS), 0);
    while let Some(next) = rows.next() {
        match next {
            Ok(parsed) => {
                bytes += parsed.raw.len();
                batch.push(parsed);
            }
            Err(error) => {
                // What was read before the fault still goes in.
                let _ = batches.blocking_send(Ok(std::mem::take(&mut batch)));
                let _ = batches.blocking_send(Err(error));
                return;
            }
        }
        if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
            bytes = 0;
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
            if batches.blocking_send(Ok(full)).is_err() {
                return;
            }
        }
    }
    let _ = batches.blocking_send(Ok(batch));
}

/// A row whose parts are on their way into the store.
struct Pending {
    line: u64,
    raw: Vec<u8>,
    /// Why it isn't whole, if it isn't.
    reason: Option<String>,
    warnings: Vec<String>,
    /// How many rows for the store were made of it.
    count: usize,
}

struct Writing<'a> {
    into: Import<'a>,
    /// Where the next rows stand in the import.
    place: ImportPlace,
    rejects: Rejects<'a>,
    warn: Warn<'a>,
    report: Report,
}

impl Writing<'_> {
    async fn apply(&mut self, batch: Vec<Parsed>) -> Result<(), ImportError> {
        let Import { store, workspace, .. } = self.into;
        let mut rows = Vec::with_capacity(batch.len());
        let mut pending = Vec::with_capacity(batch.len());
        let mut suppressions = Vec::new();
        for Parsed { line, raw, row } in batch {
            let before = rows.len();
            let (reason, warnings) = match row {
                Ok(Ready { row, suppressions: entries, warnings }) => {
                    rows.push(row);
                    suppressions.extend(entries);
                    (None, warnings)
                }
                Err(Refused { reason, refusals, suppressions: entries }) => {
                    rows.extend(refusals);
                    suppressions.extend(entries);
                    (Some(reason), Vec::new())
                }
            };
            pending.push(Pending { line, raw, reason, warnings, count: rows.len() - before });
        }
        // First, so that nobody is sent to in between whose address doesn't work.
        self.suppress(suppressions).await?;
        let mut outcomes = Vec::with_capacity(rows.len());
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(IMPORT_MAX));
            let page = std::mem::replace(&mut rows, rest);
            let place = self.place;
            self.place.first += page.len() as u64;
            outcomes.extend(store.import_rows(workspace, place, page).await?);
        }
        let mut outcomes = outcomes.into_iter();
        for row in pending {
            self.settle(row, &mut outcomes)?;
        }
        Ok(())
    }

    /// Notes what became of the rows.
    async fn end(&self, import: ImportId) -> Result<(), ImportError> {
        let Summary { read, created, updated, unchanged, rejected, suppressed, .. } = self.report.summary;
        let counts = ImportCounts { read, created, updated, unchanged, rejected, suppressed };
        let Import { store, workspace, clock } = self.into;
        Ok(store.finish_import(workspace, import, counts, clock.now()).await?)
    }

    async fn suppress(&mut self, mut entries: Vec<SuppressionEntry>) -> Result<(), ImportError> {
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(IMPORT_MAX));
            let new =
                self.into.store.suppress(self.into.workspace, std::mem::replace(&mut entries, rest)).await?;
            self.report.summary.suppressed += new.into_iter().filter(|new| *new).count() as u64;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        row: Pending,
        outcomes: &mut impl Iterator<Item = RowOutcome>,
    ) -> Result<(), ImportError> {
        let Pending { line, raw, reason, mut warnings, count } = row;
        self.report.summary.read += 1;
        let mut outcomes = outcomes.by_ref().take(count);
        let rejected = match reason {
            // Whatever became of its refusals, the row itself didn't go in.
            Some(reason) => Some((with_refusals(&reason, outcomes), reason)),
            None => outcomes
                .find_map(|outcome| self.tally(outcome, &mut warnings))
                .map(|reason| (reason.clone(), reason)),
        };
        if let Some((said, reason)) = rejected {
            self.report.rejected(&reason);
            return self.rejects.write(line, &said, &raw);
        }
        self.report.incomplete(&warnings);
        for warning in &warnings {
            (self.warn)(line, warning);
        }
        Ok(())
    }

    /// Counts a row; why it was rejected, if it was.
    fn tally(&mut self, outcome: RowOutcome, warnings: &mut Vec<String>) -> Option<String> {
        let summary = &mut self.report.summary;
        match outcome {
            RowOutcome::Created(_) => summary.created += 1,
            RowOutcome::Updated(_) => summary.updated += 1,
            RowOutcome::Unchanged(_) => summary.unchanged += 1,
            RowOutcome::Rejected(reason) => return Some(reason),
            RowOutcome::Without { outcome, left_out } => {
                warnings.extend(left_out);
                return self.tally(*outcome, warnings);
            }
        }
        None
    }
}

/// A reason, with what became of the row's refusals if it has any.
fn with_refusals(reason: &str, outcomes: impl Iterator<Item = RowOutcome>) -> String {
    let note = outcomes.fold(None, |note: Option<String>, outcome| match outcome {
        RowOutcome::Rejected(why) => Some(why),
        _ => note.or_else(|| Some("its refusals were recorded".to_owned())),
    });
    note.map_or_else(|| reason.to_owned(), |note| format!("{reason}; {note}"))
}
