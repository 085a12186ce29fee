//! A file of rows: what its first record says, and the rows after it.

use std::io::BufRead;

use crate::lines::Lines;
use crate::records::{Record, Records, StandsAlone};
use crate::split::Splitter;
use crate::{delimiter, excerpt};

/// A row as it stands in the file.
#[derive(Debug)]
pub struct Row<'t> {
    /// Its first line.
    pub line: u64,
    /// Its bytes, without its end.
    pub raw: Vec<u8>,
    /// Its fields, as they stand there. Of a row that is broken what can be told of them: enough to find whom it names and
    /// what they refuse, never enough for a yes.
    pub fields: Vec<&'t str>,
    /// Why it can't be read to its end.
    pub broken: Option<String>,
    /// Why fields are left empty that hold something: they aren't UTF-8.
    pub not_text: Option<String>,
}

impl Row<'_> {
    /// What is wrong with it, if anything is.
    pub fn fault(&self) -> Option<&str> {
        self.broken.as_deref().or(self.not_text.as_deref())
    }
}

/// A file whose first record has been read.
pub struct Table<R> {
    records: Records<R>,
    delimiter: u8,
    splitter: Splitter,
    first: Option<Record>,
    header: Vec<String>,
}

impl<R: BufRead> Table<R> {
    /// Reads as far as the first record, which tells the delimiter unless a line `sep=;` before it does. `None` if the file
    /// is empty.
    pub fn open(mut lines: Lines<R>) -> std::io::Result<Option<Self>> {
        let mut told = None;
        let first = loop {
            let Some(line) = lines.next_line()? else { return Ok(None) };
            if line.bytes.is_empty() {
                continue;
            }
            match delimiter::told(&line.bytes) {
                Some(delimiter) if told.is_none() => told = Some(delimiter),
                _ => break line,
            }
        };
        // A header may have line ends inside of quotes: the lines up to there, for the count of delimiters.
        let delimiter = told.unwrap_or_else(|| delimiter::of(&first.bytes));
        lines.put_back(std::iter::once(first));
        let mut records = Records::new(lines, delimiter);
        let mut splitter = Splitter::new(delimiter);
        let Some(first) = records.next(&mut |_| false)? else { return Ok(None) };
        let (fields, _) = fields(&mut splitter, &first, None);
        let header: Vec<String> = fields.iter().map(|name| name.trim().to_owned()).collect();
        records.columns = Some(header.len());
        Ok(Some(Self { records, delimiter, splitter, first: Some(first), header }))
    }

    /// The fields of the first record, trimmed.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The first record's line, and what is wrong with it.
    pub fn header_fault(&mut self) -> Option<(u64, String)> {
        let first = self.first.as_ref()?;
        let (_, not_text) = fields(&mut self.splitter, first, None);
        first.fault.clone().or(not_text).map(|fault| (first.line, fault))
    }

    /// The first record is a header, and no row.
    pub fn skip_header(&mut self) {
        self.first = None;
    }

    /// The byte between fields.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Its name, for messages.
    pub fn delimiter_name(&self) -> &'static str {
        delimiter::name(self.delimiter)
    }

    /// What was found in the first record, for messages: `a, b (comma between fields)`.
    pub fn found(&self) -> String {
        let names: Vec<String> =
            self.header.iter().take(20).map(|name| format!("`{}`", excerpt(name))).collect();
        let more = if self.header.len() > 20 { ", …" } else { "" };
        format!("{}{more}; read with {} between fields", names.join(", "), self.delimiter_name())
    }

    /// The line that was read last.
    pub fn line(&self) -> u64 {
        self.records.lines.number()
    }

    /// Takes back the bytes of a row that nobody needs any more, for another.
    pub fn reuse(&mut self, bytes: Vec<u8>) {
        self.records.lines.reuse(bytes);
    }

    /// The next row; `None` at the end. `stands_alone` is asked of lines inside of a quoted field whether they make a row by
    /// themselves: then the quote was forgotten, not meant.
    pub fn next_row(&mut self, stands_alone: StandsAlone<'_>) -> std::io::Result<Option<Row<'_>>> {
        let record = match self.first.take() {
            Some(first) => first,
            None => match self.records.next(stands_alone)? {
                Some(record) => record,
                None => return Ok(None),
            },
        };
        let (fields, not_text) = fields(&mut self.splitter, &record, Some(self.header.len()));
        Ok(Some(Row { line: record.line, raw: record.bytes, fields, broken: record.fault, not_text }))
    }
}

/// A record's fields, and why some are left empty.
fn fields<'s>(
    splitter: &'s mut Splitter,
    record: &Record,
    columns: Option<usize>,
) -> (Vec<&'s str>, Option<String>) {
    match &record.fault {
        None => splitter.split(&record.bytes),
        Some(_) => splitter.split_loosely(&record.bytes, columns),
    }
}
