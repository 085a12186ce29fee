//! A provider's own list of numbers that opted out: what it blocks, we mustn't call consent.
//!
//! A CSV with a column of numbers, or a file with a number per line. Each number is refused (source `provider`), and blocks
//! the sender that the list is about. Never lifts anything: who is missing from the list may have opted out elsewhere.

use std::io::{BufRead, Read};
use std::sync::Arc;

use consent::jurisdiction::Country;
use consent::{
    Address, Choice, ConsentChange, Evidence, Level, Origin, Source, Subject, Timestamp, WorkspaceId,
};
use serde::Serialize;
use smallvec::smallvec;
use store::{Store, StoreError};

use crate::import::columns::{delimiter, split};
use crate::import::csv_rows::Splitter;
use crate::import::lines::{Counted, Lines, Record, decoded};
use crate::import::names::squash;
use crate::import::{ImportError, Progress};

/// Numbers that are recorded at once.
const BATCH: usize = 1_000;
/// Headers of the column of numbers, as providers' exports have them, in lower case without signs and spaces.
const NUMBER_HEADERS: [&str; 16] = [
    "phone",
    "phonenumber",
    "number",
    "msisdn",
    "to",
    "from",
    "recipient",
    "destination",
    "contactid",
    "contact",
    "mobile",
    "mobilenumber",
    "enduser",
    "subscriber",
    "optedoutnumber",
    "address",
];
/// Headers of the column of times.
const TIME_HEADERS: [&str; 9] = [
    "optedoutat",
    "optedouttimestamp",
    "createdat",
    "date",
    "time",
    "timestamp",
    "dateofconsent",
    "optoutdate",
    "datecreated",
];

/// Headers of the column that says why a message failed, in logs of messages.
const CODE_HEADERS: [&str; 2] = ["errorcode", "errcode"];
/// Codes there that mean: the number has opted out. Twilio's, Telnyx's, Vonage's.
const OPT_OUT_CODES: [&str; 3] = ["21610", "40300", "9"];

/// How to read a list.
#[derive(Clone, Debug)]
pub struct Options {
    /// The sender of ours that its numbers block, as [`consent::sms::Sender::as_str`] has it.
    pub sender: Option<String>,
    /// How far a refusal reaches: the channel, or the number alone.
    pub level: Level,
    /// Whose national form numbers without `+` are in; without it they are taken as international.
    pub country: Option<Country>,
    /// The column of numbers, where its header isn't one that is known.
    pub column: Option<String>,
}

/// What became of a list's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows, without the header.
    pub read: u64,
    /// Numbers whose refusal is new.
    pub recorded: u64,
    /// Numbers that had refused already.
    pub known: u64,
    /// Rows about messages that failed for another reason, or didn't fail.
    pub other: u64,
    /// Rows without a number.
    pub failed: u64,
}

/// A list can't be read any further. What was read before is in.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file.
    #[error(transparent)]
    File(#[from] ImportError),
    /// No column of numbers.
    #[error("no column holds numbers; name it with --column: {0}")]
    Column(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a list in; `fail` hears of every row without a number, by its line. Reading again changes nothing.
pub async fn take(
    store: &dyn Store,
    workspace: WorkspaceId,
    input: impl Read + Send,
    options: &Options,
    now: Timestamp,
    progress: &Arc<Progress>,
    fail: &mut (dyn FnMut(u64, &str) + Send),
) -> Result<Summary, ListError> {
    let lines = decoded(Counted::new(input, Arc::clone(progress)), None)?;
    let mut rows = Rows { lines, options, columns: None, splitter: Splitter::new(b','), delimiter: b',' };
    let mut summary = Summary::default();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some((line, row)) = rows.next()? {
        summary.read += 1;
        match row {
            Row::OptedOut(address, at) => batch.push((address, at)),
            Row::Other => summary.other += 1,
            Row::Unreadable(reason) => {
                summary.failed += 1;
                fail(line, &reason);
            }
        }
        if batch.len() == BATCH {
            apply(store, workspace, std::mem::take(&mut batch), options, now, &mut summary).await?;
            progress.set_rows(summary.read);
        }
    }
    apply(store, workspace, batch, options, now, &mut summary).await?;
    progress.set_rows(summary.read);
    Ok(summary)
}

/// What a row says.
enum Row {
    OptedOut(Address, Option<Timestamp>),
    /// A message that failed for another reason.
    Other,
    /// Why.
    Unreadable(String),
}

/// Where the columns are that count.
#[derive(Clone, Copy)]
struct Columns {
    number: usize,
    time: Option<usize>,
    code: Option<usize>,
}

/// The rows of a file.
struct Rows<'o, R> {
    lines: Lines<R>,
    options: &'o Options,
    /// Once the first row has been read.
    columns: Option<Columns>,
    splitter: Splitter,
    delimiter: u8,
}

impl<R: BufRead> Rows<'_, R> {
    /// The next row with its line; `None` at the end.
    fn next(&mut self) -> Result<Option<(u64, Row)>, ListError> {
        loop {
            let line = self.lines.number() + 1;
            let record = self.lines.next_record(self.delimiter);
            let record = record.map_err(|error| ImportError::Read { line, error })?;
            let (line, bytes, broken) = match record {
                None => return Ok(None),
                Some(Record::Whole { bytes, .. }) if bytes.is_empty() => continue,
                Some(Record::Whole { line, bytes }) => (line, bytes, None),
                Some(Record::Broken { line, bytes, reason }) => (line, bytes, Some(reason)),
            };
            let columns = if let Some(columns) = self.columns {
                columns
            } else {
                self.delimiter = delimiter(&bytes);
                self.splitter = Splitter::new(self.delimiter);
                let (columns, is_header) = find_columns(&split(&bytes, self.delimiter)?, self.options)?;
                self.columns = Some(columns);
                if is_header {
                    continue;
                }
                columns
            };
            return Ok(Some((line, self.row(columns, &bytes, broken))));
        }
    }

    fn row(&mut self, columns: Columns, bytes: &[u8], broken: Option<String>) -> Row {
        let (fields, fault) = match self.splitter.split(bytes) {
            Ok((fields, fault)) => (fields, broken.or(fault)),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let cell = |at: Option<usize>| at.and_then(|at| fields.get(at)).map_or("", |field| field.trim());
        // A refusal counts whatever else is wrong with its row.
        let Some(address) = address(cell(Some(columns.number)), self.options) else {
            return Row::Unreadable(fault.unwrap_or_else(|| "holds no number".to_owned()));
        };
        if columns.code.is_some() && !OPT_OUT_CODES.contains(&cell(columns.code)) {
            return Row::Other;
        }
        Row::OptedOut(address, Timestamp::parse(cell(columns.time)).ok())
    }
}

/// Which columns hold what, and whether the first row is a header.
fn find_columns(first: &[String], options: &Options) -> Result<(Columns, bool), ListError> {
    let headers: Vec<String> = first.iter().map(|header| squash(header)).collect();
    let place =
        |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|header| header == name));
    let number = match &options.column {
        Some(column) => headers.iter().position(|header| *header == squash(column)),
        None => place(&NUMBER_HEADERS),
    };
    if let Some(number) = number {
        return Ok((Columns { number, time: place(&TIME_HEADERS), code: place(&CODE_HEADERS) }, true));
    }
    let numbers = |cell: &String| address(cell, options).is_some();
    if let (None, Some(number)) = (&options.column, first.iter().position(numbers)) {
        return Ok((Columns { number, time: None, code: None }, false));
    }
    let found: Vec<String> = first.iter().map(|cell| format!("`{cell}`")).collect();
    Err(ListError::Column(found.join(", ")))
}

fn address(cell: &str, options: &Options) -> Option<Address> {
    // Spreadsheets want an apostrophe before a plus.
    let cell = cell.trim().trim_start_matches('\'');
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    if digits < 5 {
        return None;
    }
    if let Some(country) = options.country
        && let Ok(address) = Address::phone(cell, Some(country))
    {
        return Some(address);
    }
    let address = Address::phone_as_received(cell).ok()?;
    (*address.namespace() == consent::Namespace::Phone).then_some(address)
}

async fn apply(
    store: &dyn Store,
    workspace: WorkspaceId,
    batch: Vec<(Address, Option<Timestamp>)>,
    options: &Options,
    now: Timestamp,
    summary: &mut Summary,
) -> Result<(), ListError> {
    if batch.is_empty() {
        return Ok(());
    }
    let channel = consent::Channel::Sms;
    let target = options.level.target(channel, None);
    let target =
        target.ok_or_else(|| StoreError::Invalid("a provider's list is about no list of ours".to_owned()))?;
    let change = |(address, at): &(Address, Option<Timestamp>)| ConsentChange {
        subject: Subject::Named(address.clone(), Origin::Stranger),
        sets: smallvec![(target, Choice::No)],
        occurred_at: *at,
        received_at: now,
        source: Source::PROVIDER,
        run: None,
        evidence: Evidence::default(),
    };
    let recorded = store.record(workspace, batch.iter().map(change).collect()).await?;
    for recorded in &recorded {
        let new = recorded.applied.iter().any(|set| !set.old.is_no());
        *(if new { &mut summary.recorded } else { &mut summary.known }) += 1;
    }
    if let Some(sender) = &options.sender {
        let addresses = batch.into_iter().map(|(address, _)| address).collect();
        let owners = store.resolve_or_create(workspace, addresses, Origin::Stranger, now).await?;
        let pairs = owners.into_iter().map(|owner| (owner.address, sender.clone())).collect();
        store.block(workspace, pairs, now).await?;
    }
    Ok(())
}
