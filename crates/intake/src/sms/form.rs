//! Forms (`application/x-www-form-urlencoded`) in bodies and queries.

use serde_json::Value;

use crate::unsubscribe::percent_decode;
use crate::webhook::event::{code, parse};
use crate::webhook::{Refusal, Request};

/// The media type.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// The other one that providers send.
pub(super) const JSON: &str = "application/json";
/// Most fields; providers send a few dozen.
const FIELDS_MAX: usize = 500;

/// The fields of a form or of a flat JSON object, in order.
#[derive(Debug, Default)]
pub(super) struct Form(pub Vec<(String, String)>);

impl Form {
    /// Reads a form.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let mut fields = Vec::new();
        for pair in pairs {
            if fields.len() == FIELDS_MAX {
                return Err(Refusal::TooLarge);
            }
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
            let (Some(name), Some(value)) = (percent_decode(name), percent_decode(value)) else {
                return Err(Refusal::Malformed("the form isn't percent-encoded UTF-8".to_owned()));
            };
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The texts and numbers of a JSON object's own members.
    pub fn of_json(value: &Value) -> Self {
        let members = value.as_object().into_iter().flatten();
        let flat = members.filter_map(|(name, value)| {
            Some((name.clone(), value.as_str().map(str::to_owned).or_else(|| scalar(value))?))
        });
        Self(flat.take(FIELDS_MAX).collect())
    }

    /// The body, whichever of the two it is; the JSON besides.
    pub fn of_body(request: &Request<'_>) -> Result<(Self, Option<Value>), Refusal> {
        if request.content_type() == JSON {
            let value = parse(request.body)?;
            return Ok((Self::of_json(&value), Some(value)));
        }
        Ok((Self::parse(request.body)?, None))
    }

    /// The first field of this name; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Whether there is a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }
}

fn scalar(value: &Value) -> Option<String> {
    let text = code(value, "");
    (!text.is_empty()).then_some(text)
}

/// A parameter of the query; empty if it isn't there.
pub(super) fn parameter(request: &Request<'_>, name: &str) -> String {
    let pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
    let value =
        pairs.filter(|(field, _)| *field == name).find_map(|(_, value)| percent_decode(value.as_bytes()));
    value.unwrap_or_default()
}
