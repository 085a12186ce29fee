//! CSV rows.

use std::io::BufRead;

use consent::Timestamp;
use store::{ProfileRow, RowConsent, RowTarget};

use super::columns::{self, Column};
use super::lines::{Lines, Record};
use super::refusals::{Refused, choice};
use super::row::RowBuilder;
use super::{Context, ImportError, Options, Parsed, Rows};

pub(super) struct CsvRows<R> {
    lines: Lines<R>,
    delimiter: u8,
    names: Vec<String>,
    columns: Vec<Column>,
    splitter: Splitter,
    received_at: Timestamp,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn new(
        mut lines: Lines<R>,
        options: &Options,
        context: &Context,
    ) -> Result<Self, ImportError> {
        let read = |error| ImportError::Read { line: 1, error };
        let Some(first) = lines.next().map_err(read)? else {
            return Err(ImportError::Header("the file is empty; it needs a header row".to_owned()));
        };
        if first.bytes.contains(&b'\r') {
            return Err(ImportError::Header(
                "lines end in a lone CR; convert the file to LF or CRLF".to_owned(),
            ));
        }
        let delimiter = columns::delimiter(&first.bytes);
        let names = columns::split(&first.bytes, delimiter)?;
        let columns = columns::columns(&names, options, context)?;
        let splitter = Splitter::new(delimiter);
        Ok(Self { lines, delimiter, names, columns, splitter, received_at: context.received_at })
    }

    fn row(&mut self, record: &[u8]) -> Result<ProfileRow, Refused> {
        let (fields, fault) = self.splitter.split(record).map_err(Refused::new)?;
        let (found, named) = (fields.len(), self.columns.len());
        let fault = fault
            .or_else(|| (found != named).then(|| format!("{found} fields where the header has {named}")));
        build(&self.columns, &fields, self.received_at, fault)
    }

    /// What can be told of a row that isn't whole: the fields before the one it breaks off in.
    fn broken(&mut self, bytes: &[u8], reason: String) -> Refused {
        let Ok((mut fields, _)) = self.splitter.split(bytes) else { return Refused::new(reason) };
        fields.pop();
        match build(&self.columns, &fields, self.received_at, Some(reason.clone())) {
            Err(refused) => refused,
            Ok(_) => Refused::new(reason),
        }
    }
}

impl<R: BufRead + Send> Rows for CsvRows<R> {
    fn header(&self) -> Option<&[String]> {
        Some(&self.names)
    }

    fn delimiter(&self) -> u8 {
        self.delimiter
    }

    fn next(&mut self) -> Option<Result<Parsed, ImportError>> {
        loop {
            let record = match self.lines.next_record(self.delimiter) {
                Ok(record) => record?,
                Err(error) => return Some(Err(ImportError::Read { line: self.lines.number() + 1, error })),
            };
            return Some(Ok(match record {
                Record::Whole { bytes, .. } if bytes.is_empty() => continue,
                Record::Whole { line, bytes } => Parsed { line, row: self.row(&bytes), raw: bytes },
                Record::Broken { line, bytes, reason } => {
                    Parsed { line, row: Err(self.broken(&bytes, reason)), raw: bytes }
                }
            }));
        }
    }
}

/// Splits a record into its fields, with buffers that it keeps.
pub(crate) struct Splitter {
    delimiter: u8,
    /// Building one makes its tables, which takes longer than splitting a row: made once, reset for each.
    reader: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    pub(crate) fn new(delimiter: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { delimiter, reader, output: vec![0; 4096], ends: vec![0; 64] }
    }

    /// The fields, and what is wrong with them: those that aren't UTF-8 are left empty.
    pub(crate) fn split(&mut self, record: &[u8]) -> Result<(Vec<&str>, Option<String>), String> {
        self.output.resize(self.output.len().max(record.len() + 1), 0);
        let delimiters = memchr::memchr_iter(self.delimiter, record).count();
        self.ends.resize(self.ends.len().max(delimiters + 2), 0);
        self.reader.reset();
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            let (result, input, output, ends) = self.reader.read_record(
                &record[read..],
                &mut self.output[written..],
                &mut self.ends[ended..],
            );
            (read, written, ended) = (read + input, written + output, ended + ends);
            match result {
                csv_core::ReadRecordResult::Record | csv_core::ReadRecordResult::End => break,
                // An empty input tells the reader that the record ends here.
                csv_core::ReadRecordResult::InputEmpty => {}
                _ => return Err("the row can't be split into fields".to_owned()),
            }
        }
        let output = &self.output[..written];
        let mut start = 0;
        let spans: Vec<_> =
            self.ends[..ended].iter().map(|end| std::mem::replace(&mut start, *end)..*end).collect();
        // Pieces of a character on both sides of a delimiter are UTF-8 together, and none by themselves.
        let text = std::str::from_utf8(output);
        if let Ok(text) = text
            && let Some(fields) = spans.iter().map(|span| text.get(span.clone())).collect()
        {
            return Ok((fields, None));
        }
        let fields = spans.into_iter().map(|span| std::str::from_utf8(&output[span]).unwrap_or_default());
        let after = text.err().map_or(0, |error| error.valid_up_to());
        let reason =
            format!("not UTF-8 after {after} bytes of text; name the file's encoding with --encoding");
        Ok((fields.collect(), Some(reason)))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_a_delimiter_tears_apart_is_no_text() {
        let mut splitter = Splitter::new(b',');
        let (fields, problem) = splitter.split(b"a\xef\xbb,\xbfb,c").unwrap();
        assert_eq!(fields, ["", "", "c"]);
        assert!(problem.is_some_and(|problem| problem.contains("UTF-8")));
    }
}
