//! A provider's own list of numbers that opted out: what it blocks, we mustn't call consent.
//!
//! A CSV with a column of numbers, or a file with a number per line. Each number is refused (source `provider`), and blocks
//! the sender that the list is about. Never lifts anything: who is missing from the list may have opted out elsewhere.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use consent::jurisdiction::Country;
use consent::{Address, Choice, ConsentChange, Evidence, Level, Source, Subject, Timestamp, WorkspaceId};
use csv::StringRecord;
use serde::Serialize;
use smallvec::smallvec;
use store::{Store, StoreError};

use crate::import::Progress;
use crate::import::lines::Counted;

/// Numbers that are recorded at once.
const BATCH: usize = 1_000;
/// Longest row in bytes.
const ROW_LENGTH_MAX: usize = 64 * 1024;
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
    /// Rows without a number.
    pub failed: u64,
}

/// A list can't be read any further. What was read before is in.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file.
    #[error("line {line}: {problem}")]
    File {
        /// From 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// No column of numbers.
    #[error("no column holds numbers; name it with --column: {0}")]
    Column(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Columns {
    number: usize,
    time: Option<usize>,
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
    let input = BufReader::with_capacity(ROW_LENGTH_MAX, Counted::new(input, Arc::clone(progress)));
    let mut rows = rows(input)?;
    let mut summary = Summary::default();
    let mut columns = None;
    let mut record = StringRecord::new();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let more = rows.read_record(&mut record);
        let line = record.position().map_or(0, csv::Position::line);
        let more = more.map_err(|error| ListError::File { line, problem: error.to_string() })?;
        if !more {
            break;
        }
        let Some(columns) = &columns else {
            let (found, is_header) = find_columns(&record, options)?;
            if !is_header {
                summary.read += 1;
                batch.extend(read(&record, &found, options));
            }
            columns = Some(found);
            continue;
        };
        summary.read += 1;
        if let Some(found) = read(&record, columns, options) {
            batch.push(found);
        } else {
            summary.failed += 1;
            fail(line, "holds no number");
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

fn rows<R: BufRead>(mut input: R) -> Result<csv::Reader<R>, ListError> {
    let start = input.fill_buf().map_err(|error| ListError::File { line: 1, problem: error.to_string() })?;
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = [b';', b'\t'].into_iter().find(|byte| first.contains(byte) && !first.contains(&b','));
    let delimiter = delimiter.unwrap_or(b',');
    Ok(csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(input))
}

/// Which columns hold what, and whether the first row is a header.
fn find_columns(first: &StringRecord, options: &Options) -> Result<(Columns, bool), ListError> {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let headers: Vec<String> = first.iter().map(plain).collect();
    let place =
        |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|header| header == name));
    let number = match &options.column {
        Some(column) => headers.iter().position(|header| *header == plain(column)),
        None => place(&NUMBER_HEADERS),
    };
    if let Some(number) = number {
        return Ok((Columns { number, time: place(&TIME_HEADERS) }, true));
    }
    let numbers = |cell: &str| address(cell, options).is_some();
    match (&options.column, first.iter().position(numbers)) {
        (None, Some(number)) => Ok((Columns { number, time: None }, false)),
        _ => Err(ListError::Column(
            first.iter().map(|cell| format!("`{}`", cell.trim())).collect::<Vec<_>>().join(", "),
        )),
    }
}

fn address(cell: &str, options: &Options) -> Option<Address> {
    let cell = cell.trim().trim_start_matches('\u{feff}');
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

fn read(record: &StringRecord, columns: &Columns, options: &Options) -> Option<(Address, Option<Timestamp>)> {
    let address = address(record.get(columns.number)?, options)?;
    let at = columns.time.and_then(|time| Timestamp::parse(record.get(time)?.trim()).ok());
    Some((address, at))
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
        subject: Subject::Named(address.clone()),
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
        let owners = store.resolve_or_create(workspace, addresses, now).await?;
        let pairs = owners.into_iter().map(|owner| (owner.address, sender.clone())).collect();
        store.block(workspace, pairs, now).await?;
    }
    Ok(())
}
