//! A provider's own list of numbers that opted out: what it blocks, we mustn't call consent.
//!
//! A CSV with a column of numbers, or a file with a number per line. Each number is refused (source `provider`), and blocks
//! the sender that the list is about. Never lifts anything: who is missing from the list may have opted out elsewhere.

use std::io::Read;
use std::sync::Arc;

use consent::jurisdiction::Country;
use consent::{
    Address, Choice, ConsentChange, Evidence, Level, Origin, Source, Subject, Timestamp, WorkspaceId,
};
use rows::{Decoded, Table, squash, unguarded};
use serde::Serialize;
use smallvec::smallvec;
use store::{Store, StoreError};

use crate::import::lines::{Counted, table, take_header};
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
    /// Label of the file's encoding (WHATWG), if it is neither UTF-8 nor UTF-16.
    pub encoding: Option<String>,
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
    /// Rows without a number, and broken ones.
    pub failed: u64,
}

/// A list can't be read any further. What was read before is in.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file.
    #[error(transparent)]
    File(#[from] ImportError),
    /// No column of numbers; what was found.
    #[error("no column holds numbers; name it with --column (found: {0})")]
    Column(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a list in; `fail` hears of every row without a number, by its line. Reading again changes nothing.
pub async fn take(
    store: &Store,
    workspace: WorkspaceId,
    input: impl Read + Send,
    options: &Options,
    now: Timestamp,
    progress: &Arc<Progress>,
    fail: &mut (dyn FnMut(u64, &str) + Send),
) -> Result<Summary, ListError> {
    let lines = rows::decoded(Counted::new(input, Arc::clone(progress)), options.encoding.as_deref());
    let mut rows =
        Rows::open(table(lines.map_err(ImportError::from)?, "it needs a column of numbers")?, options)?;
    let mut summary = Summary::default();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some((line, row)) = rows.next()? {
        summary.read += 1;
        match row {
            Row::OptedOut(address, at, fault) => {
                batch.push((address, at));
                if let Some(fault) = fault {
                    summary.failed += 1;
                    fail(line, &format!("{fault}; its number is taken as opted out"));
                }
            }
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
    /// The number, since when, and what is wrong with the row besides.
    OptedOut(Address, Option<Timestamp>, Option<String>),
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
struct Rows<'o, R: Read> {
    table: Table<Decoded<R>>,
    options: &'o Options,
    columns: Columns,
}

impl<'o, R: Read> Rows<'o, R> {
    fn open(mut table: Table<Decoded<R>>, options: &'o Options) -> Result<Self, ListError> {
        let (columns, is_header) =
            find_columns(table.header(), options).ok_or_else(|| ListError::Column(table.found()))?;
        if is_header {
            take_header(&mut table)?;
        }
        Ok(Self { table, options, columns })
    }

    /// The next row with its line; `None` at the end.
    fn next(&mut self) -> Result<Option<(u64, Row)>, ListError> {
        let (columns, options) = (self.columns, self.options);
        let stands_alone =
            &mut |fields: &[&str]| address(cell(fields, Some(columns.number)), options).is_some();
        let row = match self.table.next_row(stands_alone) {
            Ok(row) => row,
            Err(error) => return Err(ImportError::Read { line: self.table.line() + 1, error }.into()),
        };
        Ok(row.map(|row| (row.line, read(columns, options, &row))))
    }
}

fn cell<'f>(fields: &[&'f str], at: Option<usize>) -> &'f str {
    at.and_then(|at| fields.get(at)).map_or("", |field| field.trim())
}

fn read(columns: Columns, options: &Options, row: &rows::Row<'_>) -> Row {
    let cell = |at: Option<usize>| cell(&row.fields, at);
    // A refusal counts whatever else is wrong with its row.
    let Some(address) = address(cell(Some(columns.number)), options) else {
        return Row::Unreadable(row.fault().unwrap_or("holds no number").to_owned());
    };
    if columns.code.is_some() && row.broken.is_none() && !OPT_OUT_CODES.contains(&cell(columns.code)) {
        return Row::Other;
    }
    Row::OptedOut(address, Timestamp::parse(cell(columns.time)).ok(), row.broken.clone())
}

/// Which columns hold what, and whether the first row is a header.
fn find_columns(first: &[String], options: &Options) -> Option<(Columns, bool)> {
    let headers: Vec<String> = first.iter().map(|header| squash(header)).collect();
    let place =
        |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|header| header == name));
    let number = match &options.column {
        Some(column) => headers.iter().position(|header| *header == squash(column)),
        None => place(&NUMBER_HEADERS),
    };
    if let Some(number) = number {
        return Some((Columns { number, time: place(&TIME_HEADERS), code: place(&CODE_HEADERS) }, true));
    }
    let numbers = |cell: &String| address(cell, options).is_some();
    let number = first.iter().position(numbers).filter(|_| options.column.is_none())?;
    Some((Columns { number, time: None, code: None }, false))
}

fn address(cell: &str, options: &Options) -> Option<Address> {
    // Spreadsheets want an apostrophe before a plus.
    let cell = unguarded(cell.trim());
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
    store: &Store,
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
