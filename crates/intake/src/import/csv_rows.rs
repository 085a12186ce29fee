//! CSV rows.

use std::io::BufRead;
use std::sync::Arc;

use consent::Timestamp;

use super::lines::{Lines, Record};
use super::plan::Plan;
use super::refusals::Refused;
use super::row::{Ready, RowBuilder};
use super::{ImportError, Parsed, Rows, cells, columns};

/// A file of rows under a header.
pub(super) struct Table<R> {
    lines: Lines<R>,
    delimiter: u8,
    names: Vec<String>,
    splitter: Splitter,
}

impl<R: BufRead> Table<R> {
    /// Reads the header row.
    pub(super) fn open(mut lines: Lines<R>) -> Result<Self, ImportError> {
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
        Ok(Self { lines, delimiter, names, splitter: Splitter::new(delimiter) })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The next record that isn't empty.
    pub(super) fn next_record(&mut self) -> Result<Option<Record>, ImportError> {
        loop {
            let read = self.lines.next_record(self.delimiter);
            match read.map_err(|error| ImportError::Read { line: self.lines.number() + 1, error })? {
                Some(record) if record.bytes().is_empty() => {}
                record => return Ok(record),
            }
        }
    }

    /// The fields of a record, and what is wrong with them.
    pub(super) fn split(&mut self, record: &[u8]) -> Result<(Vec<&str>, Option<String>), String> {
        self.splitter.split(record)
    }
}

pub(super) struct CsvRows<R> {
    table: Table<R>,
    plan: Arc<Plan>,
    received_at: Timestamp,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn new(table: Table<R>, plan: Arc<Plan>, received_at: Timestamp) -> Self {
        Self { table, plan, received_at }
    }

    fn row(&mut self, line: u64, record: &[u8]) -> Result<Ready, Refused> {
        let (fields, fault) = self.table.splitter.split(record).map_err(Refused::new)?;
        let (found, named) = (fields.len(), self.plan.columns.len());
        let fault = fault
            .or_else(|| (found != named).then(|| format!("{found} fields where the header has {named}")));
        build(&self.plan, &fields, self.received_at, line, fault)
    }

    /// What can be told of a row that isn't whole: the fields before the one it breaks off in.
    fn broken(&mut self, line: u64, bytes: &[u8], reason: String) -> Refused {
        let Ok((mut fields, _)) = self.table.splitter.split(bytes) else { return Refused::new(reason) };
        fields.pop();
        match build(&self.plan, &fields, self.received_at, line, Some(reason.clone())) {
            Err(refused) => refused,
            Ok(_) => Refused::new(reason),
        }
    }
}

impl<R: BufRead + Send> Rows for CsvRows<R> {
    fn header(&self) -> Option<&[String]> {
        Some(&self.table.names)
    }

    fn delimiter(&self) -> u8 {
        self.table.delimiter
    }

    fn next(&mut self) -> Option<Result<Parsed, ImportError>> {
        Some(match self.table.next_record() {
            Err(error) => Err(error),
            Ok(None) => return None,
            Ok(Some(Record::Whole { line, bytes })) => {
                Ok(Parsed { line, row: self.row(line, &bytes), raw: bytes })
            }
            Ok(Some(Record::Broken { line, bytes, reason })) => {
                Ok(Parsed { line, row: Err(self.broken(line, &bytes, reason)), raw: bytes })
            }
        })
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
    plan: &Plan,
    fields: &[&str],
    received_at: Timestamp,
    line: u64,
    fault: Option<String>,
) -> Result<Ready, Refused> {
    let mut row = RowBuilder::new(received_at);
    row.check(fault.map_or(Ok(()), Err));
    cells::read(&mut row, plan, || {
        let cells = fields.iter().map(|field| field.trim()).enumerate().take(plan.columns.len());
        cells.filter(|(_, cell)| !cell.is_empty())
    });
    row.note_line(&plan.source, line);
    row.finish()
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
