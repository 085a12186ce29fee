//! The bodies of forms that anybody may post: ours, and those on a brand's own site.

use axum::http::HeaderMap;

use crate::http::head::content_type;

/// Most fields in a body.
const FIELDS_MAX: usize = 32;

/// The fields of a form, in order, decoded. Its size is limited where the body is read.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body; `None` if it isn't `application/x-www-form-urlencoded`, or has too many fields.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let essence = content_type(headers).split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        Self::parse(body)
    }

    /// The fields of a query.
    pub fn of_query(query: Option<&str>) -> Self {
        query.and_then(|query| Self::parse(query.as_bytes())).unwrap_or(Self(Vec::new()))
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(text).ok()?;
        (fields.len() <= FIELDS_MAX).then_some(Self(fields))
    }

    /// The value of a field that is there once; `None` if it is missing or there twice.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(field, _)| field == name);
        let value = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() { None } else { value }
    }

    /// Whether a field has a value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}
