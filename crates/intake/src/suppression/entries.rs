//! The rows of a list's CSV file.

use std::io::Read;

use consent::Timestamp;
use rows::{Decoded, Lines, Table, excerpt, squash, unguarded};
use store::SuppressionCategory;

use super::entry::{EntryType, Named, ValueError};
use super::target::Target;
use crate::import::lines::{table, take_header};
use crate::import::{COLUMNS_MAX, ImportError};
use crate::note::note;

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
pub(super) struct ListRows<R: Read> {
    table: Table<Decoded<R>>,
    columns: Columns,
    target: Target,
    /// Bytes of the rows read so far.
    pub(super) bytes: usize,
}

impl<R: Read> ListRows<R> {
    /// Reads the header row.
    pub(super) fn new(lines: Lines<Decoded<R>>, target: Target) -> Result<Self, ImportError> {
        let mut table = table(lines, "it needs a header row TYPE,VALUE,COMMENT")?;
        take_header(&mut table)?;
        let columns = columns(table.header())?;
        Ok(Self { table, columns, target, bytes: 0 })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Result<Row, ImportError>> {
        let columns = &self.columns;
        let row = match self.table.next_row(&mut |fields| names_somebody(columns, fields)) {
            Ok(row) => row?,
            Err(error) => return Some(Err(ImportError::Read { line: self.table.line() + 1, error })),
        };
        self.bytes += row.raw.len();
        Some(Ok(read(columns, self.target, &row)))
    }
}

fn read_value(entry_type: &EntryType, value: &str, target: Target) -> Result<Vec<Named>, ValueError> {
    match target {
        Target::Suppression => entry_type.read_refused(value),
        Target::Allow => entry_type.read(value),
    }
}

/// Whether fields make a row by themselves.
fn names_somebody(columns: &Columns, fields: &[&str]) -> bool {
    let (kind, value) = (cell(fields, Some(columns.kind)), cell(fields, Some(columns.value)));
    EntryType::parse(kind).is_some_and(|kind| kind.read(unguarded(value)).is_ok())
}

fn cell<'f>(fields: &[&'f str], at: Option<usize>) -> &'f str {
    at.and_then(|at| fields.get(at)).map_or("", |field| field.trim())
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

fn read(columns: &Columns, target: Target, row: &rows::Row<'_>) -> Row {
    let rows::Row { line, fields, broken, .. } = row;
    let cell = |at: Option<usize>| cell(fields, at);
    let (kind, comment) = (cell(Some(columns.kind)), unguarded(cell(columns.comment)));
    let value = unguarded(cell(Some(columns.value)));
    let (values, remark) = match values(kind, value, target, row) {
        Ok(values) => (values, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    let (category, expires_at, details) = details(cell(columns.category), cell(columns.expires));
    let entered = broken.as_ref().map(|fault| format!("Entered, but the row is broken: {fault}"));
    let entered = entered.or(details).map(|remark| format!("{remark} (line {line})"));
    let failure = remark.or(entered).map(|reason| Failure {
        line: *line,
        kind: kind.to_owned(),
        value: value.to_owned(),
        comment: comment.to_owned(),
        reason,
    });
    Row { values, comment: note(comment), category, expires_at, failure }
}

/// What a row names, or why that can't be said.
fn values(kind: &str, value: &str, target: Target, row: &rows::Row<'_>) -> Result<Vec<Named>, String> {
    let (line, fault) = (row.line, row.fault());
    let invalid =
        |why: &str| Err(format!("Invalid format for value: {} (line {line}: {why})", excerpt(value)));
    match EntryType::parse(kind) {
        Some(EntryType::Hash(_)) if target == Target::Allow => {
            Err(format!("Hashes can't be allowed (line {line}: the allow list names addresses)"))
        }
        // What a broken row seems to say is enough to suppress somebody, and not to allow anybody.
        Some(_) if target == Target::Allow && row.broken.is_some() => invalid(fault.unwrap_or_default()),
        Some(entry_type) => read_value(&entry_type, value, target).or_else(|error| match fault {
            Some(fault) => invalid(fault),
            None => invalid(&error.to_string()),
        }),
        None if fault.is_none() => {
            let kind = excerpt(kind);
            Err(format!("Unknown type: {kind} (line {line}: EMAIL, DOMAIN, PHONE, PUSH or SHA256)"))
        }
        None => Err(format!("Unreadable row (line {line}: {})", fault.unwrap_or_default())),
    }
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
