//! Rows that didn't go in, in the format of their file, with line number and reason, ready to be mended and read again.

use std::borrow::Cow;
use std::io::Write;

use rows::{Overhead, guarded, rejected_row};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::ImportError;
use super::columns::{REJECT_COLUMNS, are_rejects};
use super::salvage;

/// What the members begin with that are added to a rejected JSON object; they are left out when it is read again.
pub(super) const REJECT_PREFIX: &str = "reject.";

type Open<'a> = Box<dyn FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send + 'a>;

/// Said in place of a reason once, where reasons end.
const WITHOUT_REASONS: &str = "from here on rows come without their reasons, which would take more room than the rows; mend these first";

/// Writes rejected rows; nothing is opened before the first.
pub(super) struct Rejects<'a> {
    open: Option<Open<'a>>,
    output: Option<std::io::BufWriter<Box<dyn Write + Send>>>,
    header: Option<Vec<String>>,
    delimiter: u8,
    /// The file is one of our rejects itself: how many columns in front rejecting has added.
    again: Option<usize>,
    overhead: Overhead,
    out_of_room: bool,
}

impl<'a> Rejects<'a> {
    pub(super) fn new(
        open: impl FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send + 'a,
        header: Option<&[String]>,
        delimiter: u8,
    ) -> Self {
        let in_front = |names: &[String]| names.starts_with(&REJECT_COLUMNS.map(str::to_owned));
        Self {
            open: Some(Box::new(open)),
            output: None,
            header: header.map(<[String]>::to_vec),
            delimiter,
            again: header.filter(|names| are_rejects(names)).map(|names| if in_front(names) { 2 } else { 0 }),
            overhead: Overhead::default(),
            out_of_room: false,
        }
    }

    pub(super) fn write(&mut self, line: u64, reason: &str, raw: &[u8]) -> Result<(), ImportError> {
        self.try_write(line, reason, raw).map_err(ImportError::Rejects)
    }

    fn try_write(&mut self, line: u64, reason: &str, raw: &[u8]) -> std::io::Result<()> {
        if let Some(open) = self.open.take() {
            let mut output = std::io::BufWriter::new(open()?);
            if let Some(names) = &self.header {
                let mut fields: Vec<Cow<'_, str>> = REJECT_COLUMNS.map(Cow::Borrowed).to_vec();
                let names = names.iter().skip(self.again.unwrap_or(0));
                fields
                    .extend(names.map(|name| if self.again.is_some() { name.into() } else { guarded(name) }));
                output.write_all(&record(&fields, self.delimiter)?)?;
            }
            self.output = Some(output);
        }
        let Some(output) = &mut self.output else { return Ok(()) };
        let said = if self.overhead.allows(reason.len() + 16, raw.len()) {
            Some((line, reason))
        } else if std::mem::replace(&mut self.out_of_room, true) {
            None
        } else {
            Some((line, WITHOUT_REASONS))
        };
        if self.header.is_some() {
            let (line, reason) =
                said.map_or((String::new(), ""), |(line, reason)| (line.to_string(), reason));
            let mut prefix = record(&[line.into(), guarded(reason)], self.delimiter)?;
            prefix.pop_if(|end| *end == b'\n');
            prefix.push(self.delimiter);
            output.write_all(&prefix)?;
            output.write_all(&rejected_row(raw, self.delimiter, self.again))?;
        } else if let Some((line, reason)) = said {
            output.write_all(json_line(line, reason, raw).as_bytes())?;
        } else {
            output.write_all(raw)?;
        }
        output.write_all(b"\n")
    }

    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        self.output.as_mut().map_or(Ok(()), Write::flush).map_err(ImportError::Rejects)
    }
}

fn record(fields: &[Cow<'_, str>], delimiter: u8) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(fields.iter().map(|field| field.as_bytes()))?;
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}

/// A rejected JSON line: the object with line and reason in it; or, if it is none, both with its text.
fn json_line(line: u64, reason: &str, raw: &[u8]) -> String {
    let wrapped = || {
        let row = String::from_utf8_lossy(raw);
        json!({ "line": line, "reason": reason, "row": row }).to_string()
    };
    let Some(text) = std::str::from_utf8(raw).ok().map(str::trim_ascii) else { return wrapped() };
    let Some(members) = salvage::members(text) else { return wrapped() };
    let added = members.iter().filter(|(name, _)| name.starts_with(REJECT_PREFIX)).count();
    // The text itself is copied: numbers stay as they were written, and members that stand twice can be seen.
    let rest = match (added, rest_after_ours(text)) {
        (0, _) => text[1..].to_owned(),
        (2, Some(rest)) => rest.to_owned(),
        _ => {
            let Ok(Value::Object(mut object)) = consent::xdm::read_value(text) else { return wrapped() };
            object.retain(|name, _| !name.starts_with(REJECT_PREFIX));
            Value::Object(object).to_string()[1..].to_owned()
        }
    };
    let rest = rest.trim_ascii_start();
    let comma = if rest == "}" { "" } else { "," };
    format!("{{\"reject.line\":{line},\"reject.reason\":{}{comma}{rest}", Value::from(reason))
}

/// What comes after line and reason in an object that was rejected before, if they stand as they were written.
fn rest_after_ours(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("{\"reject.line\":")?.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(",\"reject.reason\":")?;
    let mut reason = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    reason.next()?.ok()?;
    let rest = &rest[reason.byte_offset()..];
    Some(rest.strip_prefix(',').unwrap_or(rest))
}
