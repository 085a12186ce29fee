//! The rows that didn't go in, as a file that can be mended and imported again.

use std::io::{self, Write};

use rows::{Overhead, guarded};

use super::entries::Failure;

/// The columns that Journey Optimizer's error report has. The import reads them too, the last aside.
const HEADER: [&str; 4] = ["type", "value", "comments", "failureReason"];

/// In place of reasons that would take more room than the rows.
const WITHOUT_REASON: &str = "";

type Open<'a> = Box<dyn FnOnce() -> io::Result<Box<dyn Write + Send>> + Send + 'a>;

/// Writes failures as CSV: `type,value,comments,failureReason`. Nothing is opened before the first.
pub struct FailureReport<'a> {
    open: Option<Open<'a>>,
    output: Option<csv::Writer<Box<dyn Write + Send>>>,
    overhead: Overhead,
}

impl<'a> FailureReport<'a> {
    /// Writes to what `open` opens.
    pub fn new(open: impl FnOnce() -> io::Result<Box<dyn Write + Send>> + Send + 'a) -> Self {
        Self { open: Some(Box::new(open)), output: None, overhead: Overhead::default() }
    }

    /// Adds a row.
    pub fn write(&mut self, failure: &Failure) -> io::Result<()> {
        if let Some(open) = self.open.take() {
            let mut output = csv::Writer::from_writer(open()?);
            output.write_record(HEADER)?;
            self.output = Some(output);
        }
        let Failure { kind, value, comment, reason, .. } = failure;
        let Some(output) = &mut self.output else { return Ok(()) };
        let row = kind.len() + value.len() + comment.len();
        let reason = if self.overhead.allows(reason.len() + 16, row) { reason } else { WITHOUT_REASON };
        Ok(output.write_record([kind, value, comment, reason].map(|cell| guarded(cell).into_owned()))?)
    }

    /// Writes out what is still in memory.
    pub fn finish(mut self) -> io::Result<()> {
        self.output.as_mut().map_or(Ok(()), csv::Writer::flush)
    }
}
