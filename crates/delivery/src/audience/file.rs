//! The addresses that a file names: a table with a column for them, or a list of nothing else.

use std::io::Read;
use std::sync::Arc;

use consent::{Address, Channel};
use rows::{Decoded, Table, decoded, excerpt, squash};

use super::{BATCH, Resolved};
use crate::error::InputError;
use crate::upload::RowsSource;

/// Largest address file in bytes.
const FILE_BYTES_MAX: u64 = 512 << 20;
/// Longest field that can be an address.
const FIELD_BYTES_MAX: usize = 1024;
/// Lines with malformed addresses that are named.
const LINES_NAMED_MAX: usize = 20;

/// Names of a column of email addresses, in lower case without signs and spaces; the first found counts.
const EMAIL_HEADERS: [&str; 15] = [
    "email",
    "emailaddress",
    "mail",
    "mailaddress",
    "emailadresse",
    "mailadresse",
    "adresseemail",
    "adressemail",
    "courriel",
    "correo",
    "correoelectronico",
    "correoelectrónico",
    "indirizzoemail",
    "emailadres",
    "eposta",
];
/// Names of a column of phone numbers.
const PHONE_HEADERS: [&str; 22] = [
    "phone",
    "phonenumber",
    "mobile",
    "mobilephone",
    "mobilenumber",
    "mobilephonenumber",
    "cell",
    "cellphone",
    "sms",
    "smsnumber",
    "msisdn",
    "tel",
    "telephone",
    "telefon",
    "telefonnummer",
    "mobil",
    "mobilnummer",
    "handy",
    "handynummer",
    "telefono",
    "teléfono",
    "téléphone",
];

/// Reads the file.
pub(super) struct Rows {
    /// Nothing of an empty file.
    table: Option<Table<Decoded<Box<dyn Read + Send>>>>,
    /// The file's name.
    name: Arc<str>,
    phone: bool,
    column: usize,
    /// The file names the column.
    named: bool,
    /// Rows that held an address.
    read: u64,
}

impl Rows {
    pub(super) fn open(source: &RowsSource, channel: Channel) -> Result<Self, InputError> {
        let name = Arc::clone(&source.name);
        let unreadable = |error: std::io::Error| refused(&name, &format!("can't be read: {}", error.kind()));
        // One byte more than it may have: a file that reaches it is refused where it ends.
        let file: Box<dyn Read + Send> =
            Box::new(source.open().map_err(unreadable)?.take(FILE_BYTES_MAX + 1));
        let lines =
            decoded(file, None).map_err(|error| refused(&name, &format!("can't be read: {error}")))?;
        let table = Table::open(lines).map_err(unreadable)?;
        let phone = channel != Channel::Email;
        let mut rows = Self { table, name, phone, column: 0, named: false, read: 0 };
        rows.find_column()?;
        Ok(rows)
    }

    /// Finds the column: the one with a name for it, or the only one.
    fn find_column(&mut self) -> Result<(), InputError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let headers: Vec<String> = table.header().iter().map(|name| squash(name)).collect();
        let names = if self.phone { &PHONE_HEADERS[..] } else { &EMAIL_HEADERS[..] };
        let column = names.iter().find_map(|name| headers.iter().position(|header| header == name));
        if let Some(at) = column {
            (self.column, self.named) = (at, true);
            if let Some((line, fault)) = table.header_fault() {
                let problem = format!("line {line}: the header row can't be read: {fault}");
                return Err(refused(&self.name, &problem));
            }
            table.skip_header();
        } else if headers.len() != 1 {
            let name = if self.phone { "phone" } else { "email" };
            let problem =
                format!("has no column `{name}`; name one so in the first line (found: {})", table.found());
            return Err(refused(&self.name, &problem));
        }
        Ok(())
    }

    /// The next well-formed addresses; none at the end.
    pub(super) fn next_batch(&mut self, resolved: &mut Resolved) -> Result<Vec<Address>, InputError> {
        let mut batch = Vec::with_capacity(BATCH);
        let Some(table) = &mut self.table else { return Ok(batch) };
        let (column, phone) = (self.column, self.phone);
        while batch.len() < BATCH {
            let row = table
                .next_row(&mut |fields| address(fields, column, phone).is_some())
                .map_err(|error| refused(&self.name, &format!("can't be read: {}", error.kind())))?;
            let Some(row) = row else { break };
            // What a broken row seems to say is no reason to write to anybody.
            if let Some(address) = address(&row.fields, column, phone).filter(|_| row.broken.is_none()) {
                batch.push(address);
                continue;
            }
            resolved.malformed += 1;
            if resolved.malformed_lines.len() < LINES_NAMED_MAX {
                resolved.malformed_lines.push(row.line);
            }
        }
        self.read += batch.len() as u64;
        Ok(batch)
    }

    /// A file that names nobody was meant otherwise.
    pub(super) fn check_any(&self, resolved: &Resolved) -> Result<(), InputError> {
        if self.read == 0 && resolved.malformed == 0 {
            let problem = match &self.table {
                Some(_) => "names nobody: it has a header row and no rows; name a file with people in it",
                None => "names nobody: it is empty; name a file with people in it",
            };
            return Err(refused(&self.name, problem));
        }
        let Some(table) = self.table.as_ref().filter(|_| self.read == 0 && resolved.malformed > 0) else {
            return Ok(());
        };
        let what = if self.phone { "phone number with `+` and its country code" } else { "email address" };
        let name = table.header().get(self.column).map_or("", String::as_str);
        let column =
            if self.named { format!("column `{}`", excerpt(name)) } else { "its only column".to_owned() };
        let lines = resolved.malformed_lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let problem = format!(
            "holds no well-formed {what} in {column}, read with {} between fields (lines {lines})",
            table.delimiter_name()
        );
        Err(refused(&self.name, &problem))
    }
}

/// The file can't be an audience.
fn refused(name: &str, problem: &str) -> InputError {
    InputError::new("audience", format!("{name} {problem}"))
}

fn address(fields: &[&str], column: usize, phone: bool) -> Option<Address> {
    let text = fields.get(column).filter(|field| field.len() <= FIELD_BYTES_MAX)?;
    let text = text.trim_start_matches('\u{feff}');
    if phone { Address::phone(text, None).ok() } else { Address::email(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(Vec<String>, u64, Vec<u64>), InputError> {
        let bytes = bytes.to_vec();
        let source = RowsSource::new("a.csv", move || Ok(Box::new(std::io::Cursor::new(bytes.clone()))));
        let mut rows = Rows::open(&source, Channel::Email)?;
        let mut resolved = Resolved::default();
        let batch = rows.next_batch(&mut resolved)?;
        assert!(rows.next_batch(&mut resolved)?.is_empty());
        rows.check_any(&resolved)?;
        Ok((
            batch.iter().map(|address| address.raw().to_owned()).collect(),
            resolved.malformed,
            resolved.malformed_lines,
        ))
    }

    #[test]
    fn reads_one_column_or_the_one_called_email() {
        let two = vec!["a@x.example".to_owned(), "b@x.example".to_owned()];
        for text in [
            "a@x.example\nb@x.example\n",
            "\u{feff}email\r\na@x.example\r\nb@x.example",
            "\u{feff}a@x.example\nb@x.example",
            "name,EMAIL\nA,a@x.example\n\"B, C\",b@x.example\n",
            "\"email\",x\n\"a@x.example\",1\nb@x.example\n",
            "E-Mail;name\na@x.example;A\nb@x.example;B\n",
            "name\tEmail Address\rA\ta@x.example\rB\tb@x.example\r",
            "name|e_mail\r\nA|a@x.example\nB|b@x.example",
            "sep=;\nCourriel;nom\na@x.example;A\nb@x.example;B\n",
            "email,note\na@x.example,\"two\nlines\"\nb@x.example,\n",
        ] {
            let expected = (two.clone(), 0, Vec::new());
            assert_eq!(read(text.as_bytes()).unwrap(), expected, "{text:?}");
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(read(&wide).unwrap(), expected, "{text:?}");
        }
        let error = read(b"name;post\nA;a@x.example\n").unwrap_err().to_string();
        assert!(error.contains("no column `email`") && error.contains("semicolon"), "{error}");
        for (text, what) in [
            (&b"email\n"[..], "no rows"),
            (b"email", "no rows"),
            (b"name;email\r\n\r\n", "no rows"),
            (b"", "empty"),
            (b"\n\n", "empty"),
            (b"\xef\xbb\xbf", "empty"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains("a.csv") && error.contains("names nobody") && error.contains(what),
                "{error}"
            );
        }
    }

    #[test]
    fn malformed_rows_are_counted_with_their_lines() {
        let (good, malformed, lines) =
            read(b"email\nnot one\na@x.example\n\xff\xfe@x.example\nA,\n").unwrap();
        assert_eq!((good.len(), malformed, lines), (1, 3, vec![2, 4, 5]));
        // A quote that is left open costs its row, and nobody is mailed for what it seems to say.
        let (good, malformed, lines) =
            read(b"email,note\na@x.example,\"open\nb@x.example,\"\"\nc@x.example,1\n").unwrap();
        assert_eq!(
            (good, malformed, lines),
            (vec!["b@x.example".to_owned(), "c@x.example".to_owned()], 1, vec![2])
        );
    }

    #[test]
    fn rows_without_any_address_are_an_error() {
        for (text, parts) in [
            ("email;name\nnobody;A\n,\n", ["`email`", "semicolon", "lines 2, 3"]),
            ("email\na@x.example;A\nb@x.example;B\n", ["`email`", "comma", "lines 2, 3"]),
            ("nobody\n", ["its only column", "comma", "lines 1"]),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
