//! The header of a mail, as little of it as is compared.

/// The header fields of a mail in their order: names as they stand, values unfolded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head(Vec<(String, String)>);

impl Head {
    /// Reads up to the empty line. Bytes that aren't UTF-8 are replaced.
    pub fn of(mail: &[u8]) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in mail.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            let line = String::from_utf8_lossy(line);
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push_str(&line);
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim_end().to_owned(), value.to_owned()));
            }
        }
        for (_, value) in &mut fields {
            *value = value.trim().to_owned();
        }
        Self(fields)
    }

    /// The values of a field, from the top.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let named = move |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        self.0.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// The top one of a field's values.
    pub fn first<'h>(&'h self, name: &'h str) -> Option<&'h str> {
        self.all(name).next()
    }
}

/// The addresses in angle brackets of List-Unsubscribe and its like (RFC 2369 section 2): white space in them, which
/// folding leaves, counts for nothing.
pub fn uris(value: &str) -> Vec<String> {
    let bracketed = value.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
    bracketed.map(|uri| uri.split_whitespace().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_and_the_body_is_none_of_them() {
        let head = Head::of(
            b"From: a@b.example\r\nlist-unsubscribe:\r\n <mailto:u.x@b.example>,\r\n\t<https://b.example/u/\r\n y>\r\n\
              X: 1\nX: 2\n\nFrom: no\n",
        );
        assert_eq!(head.first("from"), Some("a@b.example"));
        assert_eq!(
            uris(head.first("List-Unsubscribe").unwrap()),
            ["mailto:u.x@b.example", "https://b.example/u/y"]
        );
        assert_eq!(head.all("x").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(head.first("subject"), None);
        assert_eq!(uris("no brackets, <https://unclosed"), Vec::<String>::new());
    }
}
