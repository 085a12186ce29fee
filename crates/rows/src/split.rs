//! Splitting a record into its fields.

use std::ops::Range;

/// Splits records, with buffers that it keeps.
pub(crate) struct Splitter {
    delimiter: u8,
    /// Building one makes its tables, which takes longer than splitting a row: made once, reset for each.
    reader: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

/// The fields, and what is wrong with them: those that aren't UTF-8 are left empty.
type Fields<'s> = (Vec<&'s str>, Option<String>);

impl Splitter {
    pub(crate) fn new(delimiter: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { delimiter, reader, output: vec![0; 4096], ends: vec![0; 64] }
    }

    /// Splits a whole record.
    pub(crate) fn split(&mut self, record: &[u8]) -> Fields<'_> {
        if is_plain(record) {
            self.split_plain(record);
        } else {
            self.split_quoted(record);
        }
        whole(&self.output, &self.ends).unwrap_or_else(|| texts(&self.output, spans(&self.ends)))
    }

    /// Most records hold no quote: each delimiter ends a field.
    fn split_plain(&mut self, record: &[u8]) {
        self.output.clear();
        self.ends.clear();
        let mut start = 0;
        for end in memchr::memchr_iter(self.delimiter, record).chain([record.len()]) {
            self.output.extend_from_slice(&record[start..end]);
            self.ends.push(self.output.len());
            start = end + 1;
        }
    }

    fn split_quoted(&mut self, record: &[u8]) {
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
                // An empty input tells the reader that the record ends here.
                csv_core::ReadRecordResult::InputEmpty => {}
                _ => break,
            }
        }
        self.output.truncate(written);
        self.ends.truncate(ended);
    }

    /// Splits a line whose quotes are broken: a quote that isn't closed on the line is left out, and its field ends at
    /// the next delimiter. With `columns`, pieces too many are left out where the broken field stands, so that the
    /// fields after it are counted from the right.
    pub(crate) fn split_loosely(&mut self, line: &[u8], columns: Option<usize>) -> Fields<'_> {
        self.output.clear();
        self.ends.clear();
        let (mut at, mut broken) = (0, None);
        loop {
            let closed = quoted(&line[at..], self.delimiter);
            let used = if let Some(used) = closed {
                let mut rest = &line[at + 1..at + used - 1];
                while let Some(quote) = memchr::memchr(b'"', rest) {
                    self.output.extend_from_slice(&rest[..=quote]);
                    rest = &rest[(quote + 2).min(rest.len())..];
                }
                self.output.extend_from_slice(rest);
                used
            } else {
                let field = &line[at..];
                let used = memchr::memchr(self.delimiter, field).unwrap_or(field.len());
                let stray = field.first() == Some(&b'"');
                if stray {
                    broken.get_or_insert(self.ends.len());
                }
                self.output.extend_from_slice(&field[usize::from(stray)..used]);
                used
            };
            self.ends.push(self.output.len());
            at += used;
            if at >= line.len() {
                break;
            }
            // The delimiter.
            at += 1;
        }
        let mut spans = spans(&self.ends);
        if let (Some(columns), Some(broken)) = (columns, broken)
            && spans.len() > columns
            && broken < columns
        {
            let after = columns - 1 - broken;
            spans.drain(broken + 1..spans.len() - after);
        }
        texts(&self.output, spans)
    }
}

/// Whether a record can be split at its delimiters: it holds neither quotes nor ends of lines, and begins with no byte order mark.
fn is_plain(record: &[u8]) -> bool {
    !record.is_empty()
        && memchr::memchr3(b'"', b'\n', b'\r', record).is_none()
        && !record.starts_with(b"\xef\xbb\xbf")
}

/// How long a quoted field is that closes as it must, quotes included.
pub(crate) fn quoted(field: &[u8], delimiter: u8) -> Option<usize> {
    if field.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr::memchr(b'"', field.get(at..)?)? + 1;
        match field.get(at) {
            Some(b'"') => at += 1,
            Some(next) if *next != delimiter => return None,
            _ => return Some(at),
        }
    }
}

fn spans(ends: &[usize]) -> Vec<Range<usize>> {
    let mut start = 0;
    ends.iter().map(|end| std::mem::replace(&mut start, *end)..*end).collect()
}

/// The fields of a record that is UTF-8 throughout, as nearly all are.
fn whole<'s>(output: &'s [u8], ends: &[usize]) -> Option<Fields<'s>> {
    let text = std::str::from_utf8(output).ok()?;
    let (mut fields, mut start) = (Vec::with_capacity(ends.len()), 0);
    for end in ends {
        fields.push(text.get(start..*end)?);
        start = *end;
    }
    Some((fields, None))
}

fn texts(output: &[u8], spans: Vec<Range<usize>>) -> Fields<'_> {
    // Pieces of a character on both sides of a delimiter are UTF-8 together, and none by themselves.
    let text = std::str::from_utf8(output);
    if let Ok(text) = text
        && let Some(fields) = spans.iter().map(|span| text.get(span.clone())).collect()
    {
        return (fields, None);
    }
    let fields = spans.into_iter().map(|span| std::str::from_utf8(&output[span]).unwrap_or_default());
    let after = text.err().map_or(0, |error| error.valid_up_to());
    let reason = format!("not UTF-8 after {after} bytes of text; name the file's encoding with --encoding");
    (fields.collect(), Some(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_a_delimiter_tears_apart_is_no_text() {
        let mut splitter = Splitter::new(b',');
        for (fields, problem) in [
            splitter.split(b"a\xef\xbb,\xbfb,c"),
            Splitter::new(b',').split_loosely(b"a\xef\xbb,\xbfb,c", None),
        ] {
            assert_eq!(fields, ["", "", "c"]);
            assert!(problem.is_some_and(|problem| problem.contains("UTF-8")));
        }
    }

    #[test]
    fn a_record_without_quotes_is_split_as_any_other() {
        let pieces = ["a", "é", ",", ";", "\t", " ", "'", "\u{feff}", "0", "=", "\\", "\0", ",,"];
        for delimiter in [b',', b';', b'\t'] {
            let (mut one, mut other) = (Splitter::new(delimiter), Splitter::new(delimiter));
            for mut seed in 0..pieces.len().pow(4) {
                let mut record = String::new();
                while seed > 0 {
                    record.push_str(pieces[seed % pieces.len()]);
                    seed /= pieces.len();
                }
                if is_plain(record.as_bytes()) {
                    one.split_plain(record.as_bytes());
                    other.split_quoted(record.as_bytes());
                    assert_eq!((&one.output, &one.ends), (&other.output, &other.ends), "{record:?}");
                }
            }
        }
    }

    #[test]
    fn broken_quotes_cost_their_field() {
        let mut splitter = Splitter::new(b',');
        for (line, columns, fields) in [
            (r#"a@x,"{""k"": true},n"#, Some(3), vec!["a@x", r#"{""k"": true}"#, "n"]),
            (r#"a@x,"{""k"": 1, ""l"": 2},n"#, Some(3), vec!["a@x", r#"{""k"": 1"#, "n"]),
            (r#""Smith, Ann,a@x,n"#, Some(3), vec!["Smith", "a@x", "n"]),
            (r#""a@x,n"#, Some(2), vec!["a@x", "n"]),
            (r#""a ""b"", c","d"e,f"#, Some(3), vec![r#"a "b", c"#, r#"d"e"#, "f"]),
            (r#"a,""#, Some(2), vec!["a", ""]),
            ("a,", None, vec!["a", ""]),
            ("", None, vec![""]),
            (r#"""",""""#, None, vec![r#"",""#]),
        ] {
            assert_eq!(splitter.split_loosely(line.as_bytes(), columns).0, fields, "{line}");
        }
    }
}
