//! Rows that didn't go in, in the format of their file, with line number and reason, ready to be mended and read again.

use std::io::Write;

use super::ImportError;
use super::columns::REJECT_COLUMNS;

type Open<'a> = Box<dyn FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send + 'a>;

/// Writes rejected rows; nothing is opened before the first.
pub(super) struct Rejects<'a> {
    open: Option<Open<'a>>,
    output: Option<std::io::BufWriter<Box<dyn Write + Send>>>,
    header: Option<Vec<String>>,
    delimiter: u8,
}

impl<'a> Rejects<'a> {
    pub(super) fn new(
        open: impl FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send + 'a,
        header: Option<&[String]>,
        delimiter: u8,
    ) -> Self {
        Self { open: Some(Box::new(open)), output: None, header: header.map(<[String]>::to_vec), delimiter }
    }

    pub(super) fn write(&mut self, line: u64, reason: &str, raw: &[u8]) -> Result<(), ImportError> {
        self.try_write(line, reason, raw).map_err(ImportError::Rejects)
    }

    fn try_write(&mut self, line: u64, reason: &str, raw: &[u8]) -> std::io::Result<()> {
        if let Some(open) = self.open.take() {
            let mut output = std::io::BufWriter::new(open()?);
            if let Some(names) = &self.header {
                let mut fields: Vec<&str> = REJECT_COLUMNS.to_vec();
                fields.extend(names.iter().map(String::as_str));
                output.write_all(&record(&fields, self.delimiter)?)?;
            }
            self.output = Some(output);
        }
        let Some(output) = &mut self.output else { return Ok(()) };
        if self.header.is_some() {
            let mut prefix = record(&[&line.to_string(), reason], self.delimiter)?;
            // The row itself is copied as it stands, broken quotes and all.
            prefix.truncate(prefix.trim_ascii_end().len());
            prefix.push(self.delimiter);
            output.write_all(&prefix)?;
            output.write_all(raw)?;
            output.write_all(b"\n")
        } else {
            let row = String::from_utf8_lossy(raw);
            writeln!(output, "{}", serde_json::json!({ "line": line, "reason": reason, "row": row }))
        }
    }

    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        self.output.as_mut().map_or(Ok(()), Write::flush).map_err(ImportError::Rejects)
    }
}

fn record(fields: &[&str], delimiter: u8) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(fields)?;
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}
