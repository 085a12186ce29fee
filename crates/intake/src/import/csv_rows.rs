//! CSV rows.

use std::io::BufRead;

use consent::{Choice, Timestamp};
use store::{ProfileRow, RowConsent, RowTarget};

use super::columns::{self, Column};
use super::lines::{Lines, Record};
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

    fn row(&mut self, record: &[u8]) -> Result<ProfileRow, String> {
        let fields = self.splitter.split(record)?;
        if fields.len() != self.columns.len() {
            return Err(format!("{} fields where the header has {}", fields.len(), self.columns.len()));
        }
        build(&self.columns, &fields, self.received_at)
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
                Record::Broken { line, bytes, reason } => Parsed { line, raw: bytes, row: Err(reason) },
            }));
        }
    }
}

/// Splits a record into its fields, with buffers that it keeps.
struct Splitter {
    delimiter: u8,
    /// Building one makes its tables, which takes longer than splitting a row: made once, reset for each.
    reader: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { delimiter, reader, output: vec![0; 4096], ends: vec![0; 64] }
    }

    fn split(&mut self, record: &[u8]) -> Result<Vec<&str>, String> {
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
        let text = std::str::from_utf8(&self.output[..written]).map_err(|error| {
            format!(
                "not UTF-8 after {} bytes of text; name the file's encoding with --encoding",
                error.valid_up_to()
            )
        })?;
        let mut start = 0;
        Ok(self.ends[..ended].iter().map(|end| &text[std::mem::replace(&mut start, *end)..*end]).collect())
    }
}

fn build(columns: &[Column], fields: &[&str], received_at: Timestamp) -> Result<ProfileRow, String> {
    let mut row = RowBuilder::new(received_at);
    let cells =
        || columns.iter().zip(fields.iter().map(|field| field.trim())).filter(|(_, cell)| !cell.is_empty());
    let mut at = None;
    // Country and time first: they tell how phone numbers and consents are read.
    for (column, cell) in cells() {
        match column {
            Column::Country => row.country(cell)?,
            Column::ConsentTime => {
                at = Some(Timestamp::parse(cell).map_err(|error| format!("consent_time: {error}"))?);
            }
            _ => {}
        }
    }
    for (column, cell) in cells() {
        match column {
            Column::Id => row.id(cell)?,
            Column::Email => row.email(cell)?,
            Column::Phone => row.phone(cell)?,
            Column::Locale => row.locale(cell)?,
            Column::TimeZone => row.time_zone(cell)?,
            Column::Consent(field) => {
                let choice = choice(cell).map_err(|error| format!("consent.{field}: {error}"))?;
                row.consent(RowConsent { target: RowTarget::Field(*field), choice, at, reason: None });
            }
            Column::List(list) => {
                let choice = choice(cell).map_err(|error| format!("list: {error}"))?;
                row.consent(RowConsent { target: RowTarget::List(*list), choice, at, reason: None });
            }
            Column::Attribute(name) => row.attribute(name, cell),
            Column::Country | Column::ConsentTime | Column::Skip => {}
        }
    }
    row.finish()
}

fn choice(cell: &str) -> Result<Choice, String> {
    cell.parse().map_err(|error| format!("\"{}\" is {error}", super::row::excerpt(cell)))
}
