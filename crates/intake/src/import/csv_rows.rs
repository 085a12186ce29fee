//! CSV rows.

use std::io::BufRead;

use consent::{Address, Timestamp};
use rows::{Table, unguarded};
use store::{ProfileRow, RowConsent, RowTarget};

use super::columns::{self, Column};
use super::refusals::{Refused, choice};
use super::row::RowBuilder;
use super::{Context, ImportError, Options, Parsed, Rows};

pub(super) struct CsvRows<R> {
    table: Table<R>,
    columns: Vec<Column>,
    /// The file is one of our rejects, in which cells are guarded against spreadsheets.
    guarded: bool,
    received_at: Timestamp,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn new(table: Table<R>, options: &Options, context: &Context) -> Result<Self, ImportError> {
        let columns = columns::columns(&columns::names(table.header()), options, context)?;
        let guarded = columns::are_rejects(table.header());
        Ok(Self { table, columns, guarded, received_at: context.received_at })
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
        let columns = &self.columns;
        let row = match self.table.next_row(&mut |fields| stands_alone(columns, fields)) {
            Ok(row) => row?,
            Err(error) => return Some(Err(ImportError::Read { line: self.table.line() + 1, error })),
        };
        let fault = row.fault().map(str::to_owned);
        let rows::Row { line, raw, mut fields, .. } = row;
        if self.guarded {
            fields.iter_mut().for_each(|field| *field = unguarded(field.trim()));
        }
        let (found, named) = (fields.len(), columns.len());
        let fault = fault
            .or_else(|| (found != named).then(|| format!("{found} fields where the header has {named}")));
        Some(Ok(Parsed { line, row: build(columns, &fields, self.received_at, fault), raw }))
    }
}

/// Whether fields make a row by themselves: they name somebody, or say a choice, where the header says so.
fn stands_alone(columns: &[Column], fields: &[&str]) -> bool {
    columns.iter().zip(fields).any(|(column, field)| match column {
        Column::Email => Address::email(field).is_ok(),
        Column::Phone => Address::phone(field, None).is_ok(),
        Column::Consent(_) | Column::List(_) => !matches!(choice(field.trim()), Err((None, _))),
        _ => false,
    })
}

/// Makes a row of the fields. With a fault, or when one is found, all that is left of it are its refusals.
fn build(
    columns: &[Column],
    fields: &[&str],
    received_at: Timestamp,
    fault: Option<String>,
) -> Result<ProfileRow, Refused> {
    let mut row = RowBuilder::new(received_at);
    row.check(fault.map_or(Ok(()), Err));
    let cells =
        || columns.iter().zip(fields.iter().map(|field| field.trim())).filter(|(_, cell)| !cell.is_empty());
    let mut at = None;
    // Country and time first: they tell how phone numbers and consents are read.
    for (column, cell) in cells() {
        let outcome = match column {
            Column::Country => row.country(cell),
            Column::ConsentTime => Timestamp::parse(cell)
                .map(|time| at = Some(time))
                .map_err(|error| format!("consent_time: {error}")),
            _ => Ok(()),
        };
        row.check(outcome);
    }
    for (column, cell) in cells() {
        let outcome = match column {
            Column::Id => row.id(cell),
            Column::Email => row.email(cell),
            Column::Phone => row.phone(cell),
            Column::Locale => row.locale(cell),
            Column::TimeZone => row.time_zone(cell),
            Column::Consent(field) => consent(&mut row, RowTarget::Field(*field), cell, at)
                .map_err(|error| format!("consent.{field}: {error}")),
            Column::List(list) => {
                consent(&mut row, RowTarget::List(*list), cell, at).map_err(|error| format!("list: {error}"))
            }
            Column::Attribute(name) => {
                row.attribute(name, cell);
                Ok(())
            }
            Column::Country | Column::ConsentTime | Column::Skip => Ok(()),
        };
        row.check(outcome);
    }
    row.finish()
}

fn consent(row: &mut RowBuilder, target: RowTarget, cell: &str, at: Option<Timestamp>) -> Result<(), String> {
    let (choice, outcome) = match choice(cell) {
        Ok(choice) => (Some(choice), Ok(())),
        Err((choice, reason)) => (choice, Err(reason)),
    };
    if let Some(choice) = choice {
        row.consent(RowConsent { target, choice, at, reason: None });
    }
    outcome
}
