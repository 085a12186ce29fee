//! CSV rows.

use std::io::BufRead;
use std::sync::Arc;

use consent::{Address, Timestamp};
use rows::{Table, trimmed, unguarded};

use super::columns::{self, Column};
use super::plan::{Plan, Planned};
use super::refusals::Refused;
use super::row::{Ready, RowBuilder};
use super::{ImportError, Parsed, Rows, cells};

pub(super) struct CsvRows<R> {
    table: Table<R>,
    plan: Arc<Plan>,
    /// The file is one of our rejects, in which cells are guarded against spreadsheets.
    guarded: bool,
    received_at: Timestamp,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn new(table: Table<R>, plan: Arc<Plan>, received_at: Timestamp) -> Self {
        let guarded = columns::are_rejects(table.header());
        Self { table, plan, guarded, received_at }
    }
}

impl<R: BufRead + Send> Rows for CsvRows<R> {
    fn header(&self) -> Option<&[String]> {
        Some(self.table.header())
    }

    fn delimiter(&self) -> u8 {
        self.table.delimiter()
    }

    fn next(&mut self) -> Option<Result<Parsed, ImportError>> {
        let plan = &self.plan;
        let row = match self.table.next_row(&mut |fields| stands_alone(&plan.columns, fields)) {
            Ok(row) => row?,
            Err(error) => return Some(Err(ImportError::Read { line: self.table.line() + 1, error })),
        };
        let fault = row.fault().map(str::to_owned);
        let rows::Row { line, raw, mut fields, .. } = row;
        for field in &mut fields {
            *field = if self.guarded { trimmed(unguarded(trimmed(field))) } else { trimmed(field) };
        }
        let (found, named) = (fields.len(), plan.columns.len());
        let fault = fault
            .or_else(|| (found != named).then(|| format!("{found} fields where the header has {named}")));
        Some(Ok(Parsed { line, row: build(plan, &fields, self.received_at, line, fault), raw }))
    }
}

/// Whether fields make a row by themselves: they name somebody, or say a choice, where the header says so.
fn stands_alone(columns: &[Planned], fields: &[&str]) -> bool {
    columns.iter().zip(fields).any(|(planned, field)| match &planned.column {
        Column::Email => Address::email(field).is_ok(),
        Column::Phone => Address::phone(field, None).is_ok(),
        Column::Consent(_, values) => {
            let cell = field.trim();
            !cell.is_empty() && values.read(cell).is_ok()
        }
        _ => false,
    })
}

/// Makes a row of the fields, which are trimmed. With a fault, or when one is found, all that is left of it are its refusals.
fn build(
    plan: &Plan,
    fields: &[&str],
    received_at: Timestamp,
    line: u64,
    fault: Option<String>,
) -> Result<Ready, Refused> {
    let mut row = RowBuilder::new(received_at);
    row.check(fault.map_or(Ok(()), Err));
    cells::read(&mut row, plan, || {
        let cells = fields.iter().copied().enumerate().take(plan.columns.len());
        cells.filter(|(_, cell)| !cell.is_empty())
    });
    row.note_line(&plan.source, line);
    row.finish()
}
