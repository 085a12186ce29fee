//! The first look over a file, before anything is written: which columns it has, what stands in them, and its hash.
//!
//! One pass over the file that keeps at most [`VALUES_MAX`] values of a column. Splitting rows is a small part of an import;
//! the rest is the store's.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::Arc;

use consent::Address;
use data_encoding::HEXLOWER;
use rows::{Decoded, Lines, Table, trimmed, unguarded};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::dates::Order;
use super::lines::{Counted, Source};
use super::recognise::{Said, telling, telling_in, telling_line};
use super::{COLUMNS_MAX, Format, ImportError, Options, Progress, columns};

/// Most values of a column that are counted one by one.
const VALUES_MAX: usize = 64;
/// Longest value that is counted by itself, in bytes.
const VALUE_LENGTH_MAX: usize = 80;
/// Most telling values of a column of many that are kept.
const TELLING_MAX: usize = 16;
/// Values of a column that are tried as dates, where that isn't asked for the whole of it.
const DATES_TRIED: u64 = 200;

/// What stands in a column.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Rows in which it isn't empty.
    pub(super) filled: u64,
    /// Each value with how often it stands there, and the line of the first.
    values: Vec<(Box<str>, (u64, u64))>,
    /// There are more values than are counted.
    pub(super) many: bool,
    /// Of many values those that tell in any column that nothing may be sent.
    telling: BTreeMap<String, u64>,
    /// The line of the first of them.
    first_telling: Option<u64>,
    pub(super) order: Order,
}

/// What the first look found.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) format: Format,
    pub(super) rows: u64,
    /// The header's names; in JSON Lines the paths of members.
    pub(super) names: Vec<String>,
    pub(super) seen: Vec<Seen>,
    /// Bytes that aren't UTF-8.
    pub(super) unreadable: bool,
    /// SHA-256 of the file, in hex.
    pub(super) sha256: String,
}

impl Seen {
    fn see(&mut self, cell: &str, line: u64, line_tells: bool, all_dates: bool) {
        self.filled += 1;
        if all_dates || self.order.dates + self.order.others < DATES_TRIED {
            self.order.see(cell);
        }
        if self.many {
            if telling_in(cell, line_tells).is_some_and(Said::withholds) {
                self.note(cell, 1, line);
            }
            return;
        }
        // Few as they are, going through them is quicker than hashing.
        if let Some((_, (count, _))) = self.values.iter_mut().find(|(value, _)| **value == *cell) {
            *count += 1;
            return;
        }
        if self.values.len() < VALUES_MAX && cell.len() <= VALUE_LENGTH_MAX {
            self.values.push((cell.into(), (1, line)));
            return;
        }
        self.many = true;
        for (value, (count, line)) in std::mem::take(&mut self.values) {
            if telling(&value).is_some_and(Said::withholds) {
                self.note(&value, count, line);
            }
        }
        if telling(cell).is_some_and(Said::withholds) {
            self.note(cell, 1, line);
        }
    }

    fn note(&mut self, value: &str, count: u64, line: u64) {
        self.first_telling = Some(self.first_telling.map_or(line, |first| first.min(line)));
        let value = super::row::excerpt(value);
        if self.telling.len() < TELLING_MAX || self.telling.contains_key(&value) {
            *self.telling.entry(value).or_default() += count;
        }
    }

    /// The values with how often each stands there, the most frequent first; of many none.
    pub(super) fn values(&self) -> Vec<(&str, u64)> {
        let mut values: Vec<_> = self.values.iter().map(|(value, (count, _))| (&**value, *count)).collect();
        values.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        values
    }

    /// The line of the first value that tells so.
    pub(super) fn first_telling(&self) -> Option<u64> {
        if self.many {
            return self.first_telling;
        }
        let lines = self.values.iter().filter(|(value, _)| telling(value).is_some_and(Said::withholds));
        lines.map(|(_, (_, line))| *line).min()
    }

    /// The values that tell in any column that nothing may be sent.
    pub(super) fn telling(&self) -> Vec<(&str, u64)> {
        if self.many {
            return self.telling.iter().map(|(value, count)| (value.as_str(), *count)).collect();
        }
        let withholds = |value: &str| telling(value).is_some_and(Said::withholds);
        self.values().into_iter().filter(|(value, _)| withholds(value)).collect()
    }
}

/// Hashes what is read.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// Looks a file over. Dates are looked at throughout in the columns that `dated` names.
pub(super) fn look(
    input: &mut impl Read,
    options: &Options,
    progress: &Arc<Progress>,
    dated: impl Fn(&str) -> bool,
) -> Result<Survey, ImportError> {
    let mut hashed = Hashed { inner: Counted::new(input, Arc::clone(progress)), hash: Sha256::new() };
    let source = Source::open(&mut hashed, options)?;
    let mut survey = Survey {
        format: source.format(),
        rows: 0,
        names: Vec::new(),
        seen: Vec::new(),
        unreadable: false,
        sha256: String::new(),
    };
    match source {
        Source::Csv(table) => survey.table(*table, dated)?,
        Source::Jsonl(lines) => survey.objects(*lines, dated)?,
    }
    survey.sha256 = HEXLOWER.encode(&hashed.hash.finalize());
    Ok(survey)
}

impl Survey {
    fn table<R: Read>(
        &mut self,
        mut table: Table<Decoded<R>>,
        dated: impl Fn(&str) -> bool,
    ) -> Result<(), ImportError> {
        self.names = columns::names(table.header());
        let guarded = columns::are_rejects(table.header());
        if self.names.len() > COLUMNS_MAX {
            return Err(ImportError::Header(format!("more than {COLUMNS_MAX} columns")));
        }
        self.seen.resize_with(self.names.len(), Seen::default);
        let dated: Vec<bool> = self.names.iter().map(|name| dated(name)).collect();
        // A line inside of a quoted field that names somebody is looked at as a row of its own.
        let mut stands_alone = |fields: &[&str]| fields.iter().any(|field| Address::email(field).is_ok());
        loop {
            let line = table.line() + 1;
            let row = table.next_row(&mut stands_alone).map_err(|error| ImportError::Read { line, error })?;
            let Some(row) = row else { break };
            self.rows += 1;
            let (line, tells) = (row.line, telling_line(&row.raw));
            self.unreadable |= row.not_text.is_some();
            for (at, field) in row.fields.into_iter().enumerate().take(self.seen.len()) {
                let cell = if guarded { unguarded(trimmed(field)) } else { trimmed(field) };
                if !cell.is_empty() {
                    self.seen[at].see(cell, line, tells, dated[at]);
                }
            }
            let bytes = row.raw;
            table.reuse(bytes);
        }
        Ok(())
    }

    fn objects<R: Read>(
        &mut self,
        mut lines: Lines<Decoded<R>>,
        dated: impl Fn(&str) -> bool,
    ) -> Result<(), ImportError> {
        let mut places: HashMap<String, (usize, bool)> = HashMap::new();
        loop {
            let number = lines.number() + 1;
            let Some(line) = lines.next_line().map_err(|error| ImportError::Read { line: number, error })?
            else {
                return Ok(());
            };
            if line.bytes.trim_ascii().is_empty() {
                continue;
            }
            self.rows += 1;
            let Ok(Value::Object(members)) = serde_json::from_slice(&line.bytes) else { continue };
            // A letter that is written by its number is seen in its cell only.
            let escaped = memchr::memmem::find(&line.bytes, b"\\u").is_some();
            let tells = (line.number, escaped || telling_line(&line.bytes));
            for (name, value) in &members {
                if is_document(name) {
                    continue;
                }
                self.member(name, value, tells, &mut places, &dated);
            }
        }
    }

    /// Takes a member and those inside of it into account, each under its path.
    fn member(
        &mut self,
        path: &str,
        value: &Value,
        (line, tells): (u64, bool),
        places: &mut HashMap<String, (usize, bool)>,
        dated: &impl Fn(&str) -> bool,
    ) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.member(&format!("{path}.{name}"), value, (line, tells), places, dated);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.member(path, item, (line, tells), places, dated);
                }
            }
            value => {
                let Some(text) = scalar(value) else { return };
                let (at, all_dates) = if let Some(known) = places.get(path) {
                    *known
                } else {
                    if self.names.len() >= COLUMNS_MAX {
                        return;
                    }
                    let place = (self.names.len(), dated(path));
                    self.names.push(path.to_owned());
                    self.seen.push(Seen::default());
                    places.insert(path.to_owned(), place);
                    place
                };
                let text = text.trim();
                if !text.is_empty() {
                    self.seen[at].see(text, line, tells, all_dates);
                }
            }
        }
    }
}

/// Members that hold consents in a form of our own.
fn is_document(name: &str) -> bool {
    ["consents", "xdm:consents", "subscriptions"].contains(&name)
        || name.starts_with(super::rejects::REJECT_PREFIX)
}

/// A value as a cell would have it.
pub(super) fn scalar(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(true) => Some("true".into()),
        Value::Bool(false) => Some("false".into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
