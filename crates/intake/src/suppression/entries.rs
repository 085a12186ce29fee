//! The rows of a list's CSV file.

use std::io::BufRead;

use consent::Timestamp;
use store::SuppressionCategory;

use super::cells::unguarded;
use super::entry::{EntryType, Named};
use super::import::Target;
use super::note;
use crate::import::columns::{delimiter, split};
use crate::import::csv_rows::Splitter;
use crate::import::lines::{Lines, Record};
use crate::import::names::squash;
use crate::import::row::excerpt;
use crate::import::{COLUMNS_MAX, ImportError};

/// A row that didn't go in, or not as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its line in the file.
    pub line: u64,
    /// Its `TYPE`, as it stands there.
    pub kind: String,
    /// Its `VALUE`, as it stands there.
    pub value: String,
    /// Its `COMMENT`.
    pub comment: String,
    /// Why, with the line.
    pub reason: String,
}

/// A row.
pub(super) struct Row {
    /// What it names; nothing if that can't be read.
    pub(super) values: Vec<Named>,
    pub(super) comment: String,
    pub(super) category: Option<SuppressionCategory>,
    pub(super) expires_at: Option<Timestamp>,
    /// What is wrong with it.
    pub(super) failure: Option<Failure>,
}

/// Where the columns are that count.
struct Columns {
    kind: usize,
    value: usize,
    comment: Option<usize>,
    category: Option<usize>,
    expires: Option<usize>,
}

/// Reads rows.
pub(super) struct ListRows<R> {
    lines: Lines<R>,
    delimiter: u8,
    columns: Columns,
    target: Target,
    splitter: Splitter,
    /// Bytes of the rows read so far.
    pub(super) bytes: usize,
}

impl<R: BufRead> ListRows<R> {
    /// Reads the header row.
    pub(super) fn new(mut lines: Lines<R>, target: Target) -> Result<Self, ImportError> {
        let first = lines.next().map_err(|error| ImportError::Read { line: 1, error })?;
        let first = first.ok_or_else(|| {
            ImportError::Header("the file is empty; it needs a header row TYPE,VALUE,COMMENT".to_owned())
        })?;
        if first.bytes.contains(&b'\r') {
            return Err(ImportError::Header(
                "lines end in a lone CR; convert the file to LF or CRLF".to_owned(),
            ));
        }
        let delimiter = delimiter(&first.bytes);
        let columns = columns(&split(&first.bytes, delimiter)?)?;
        Ok(Self { lines, delimiter, columns, target, splitter: Splitter::new(delimiter), bytes: 0 })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Result<Row, ImportError>> {
        loop {
            let record = match self.lines.next_record(self.delimiter) {
                Ok(record) => record?,
                Err(error) => return Some(Err(ImportError::Read { line: self.lines.number() + 1, error })),
            };
            let (line, bytes, broken) = match record {
                Record::Whole { bytes, .. } if bytes.is_empty() => continue,
                Record::Whole { line, bytes } => (line, bytes, None),
                Record::Broken { line, bytes, reason } => (line, bytes, Some(reason)),
            };
            self.bytes += bytes.len();
            return Some(Ok(self.row(line, &bytes, broken)));
        }
    }

    /// Makes a row of a record; of one that breaks off, of the fields before.
    fn row(&mut self, line: u64, bytes: &[u8], broken: Option<String>) -> Row {
        let (fields, fault) = match self.splitter.split(bytes) {
            Ok((mut fields, fault)) => {
                if broken.is_some() {
                    fields.pop();
                }
                (fields, broken.or(fault))
            }
            Err(reason) => (Vec::new(), Some(reason)),
        };
        read(&self.columns, self.target, line, &fields, fault)
    }
}

fn columns(names: &[String]) -> Result<Columns, ImportError> {
    let refuse = |text: String| Err(ImportError::Header(text));
    if names.len() > COLUMNS_MAX {
        return refuse(format!("more than {COLUMNS_MAX} columns"));
    }
    let (mut kind, mut value, mut comment, mut category, mut expires) = (None, None, None, None, None);
    for (at, name) in names.iter().enumerate() {
        let place = match squash(name).as_str() {
            "type" => &mut kind,
            "value" => &mut value,
            // The error report says `comments`.
            "comment" | "comments" => &mut comment,
            "category" => &mut category,
            "expires" => &mut expires,
            _ => continue,
        };
        if place.replace(at).is_some() {
            return refuse(format!("two columns named `{}`", excerpt(name)));
        }
    }
    let (Some(kind), Some(value)) = (kind, value) else {
        let found = excerpt(&names.join(", "));
        return refuse(format!("the header row must name TYPE, VALUE and COMMENT (found: {found})"));
    };
    Ok(Columns { kind, value, comment, category, expires })
}

fn read(columns: &Columns, target: Target, line: u64, fields: &[&str], fault: Option<String>) -> Row {
    let cell = |at: Option<usize>| at.and_then(|at| fields.get(at)).map_or("", |field| field.trim());
    let (kind, comment) = (cell(Some(columns.kind)), unguarded(cell(columns.comment)));
    let value = unguarded(cell(Some(columns.value)));
    let entry_type = EntryType::parse(kind);
    let values = match &entry_type {
        Some(EntryType::Hash(_)) if target == Target::Allow => {
            Err(format!("Hashes can't be allowed (line {line}: the allow list names addresses)"))
        }
        Some(entry_type) => entry_type.read(value).map_err(|error| {
            let why = fault.clone().unwrap_or_else(|| error.to_string());
            format!("Invalid format for value: {} (line {line}: {why})", excerpt(value))
        }),
        None if fault.is_none() => Err(format!(
            "Unknown type: {} (line {line}: EMAIL, DOMAIN, PHONE, PUSH or SHA256)",
            excerpt(kind)
        )),
        None => Err(format!("Unreadable row (line {line}: {})", fault.unwrap_or_default())),
    };
    let (category, expires_at, remark) = details(cell(columns.category), cell(columns.expires));
    let reason = match (&values, remark) {
        (Err(reason), _) => Some(reason.clone()),
        (Ok(_), Some(remark)) => Some(format!("{remark} (line {line})")),
        (Ok(_), None) => None,
    };
    let failure = reason.map(|reason| Failure {
        line,
        kind: kind.to_owned(),
        value: value.to_owned(),
        comment: comment.to_owned(),
        reason,
    });
    Row { values: values.unwrap_or_default(), comment: note(comment), category, expires_at, failure }
}

/// Category and expiry, and a remark if they can't be read: the entry then counts as put there by hand, for good.
fn details(
    category: &str,
    expires: &str,
) -> (Option<SuppressionCategory>, Option<Timestamp>, Option<String>) {
    let named = SuppressionCategory::ALL.into_iter().find(|named| squash(category) == named.as_str());
    let expires_at = Some(expires).filter(|text| !text.is_empty()).map(Timestamp::parse);
    let remark = if named.is_none() && !category.is_empty() {
        Some(format!("Entered as manual: unknown category {}", excerpt(category)))
    } else if matches!(expires_at, Some(Err(_))) {
        Some(format!("Entered without an expiry: {} is not a date", excerpt(expires)))
    } else {
        None
    };
    (named, expires_at.and_then(Result::ok), remark)
}
