//! What messages say: subject and bodies, as MiniJinja templates.

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::configuration::shaped;
use crate::error::InputError;

/// Largest template in bytes.
const TEMPLATE_BYTES_MAX: usize = 4 << 20;

/// Subject and bodies, as MiniJinja templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Subject, not escaped.
    pub subject: String,
    /// HTML body, escaped.
    pub html: Option<String>,
    /// Text body; made from the HTML if absent.
    pub text: Option<String>,
}

/// What messages say, as MiniJinja templates.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentDocument {
    /// Its name; not where it stands in a campaign.
    name: Option<String>,
    /// The subject; not of texts.
    subject: Option<String>,
    /// The HTML body; not of texts.
    html: Option<String>,
    /// The text body, the whole of a text message; made from the HTML if absent.
    text: Option<String>,
    /// BCP 47 tag of the pages behind the links; the person's own if absent.
    language: Option<String>,
    /// What people get who refuse personalization; the same without any attribute, if absent.
    fallback: Option<FallbackDocument>,
}

/// What people get who refuse personalization.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FallbackDocument {
    /// The subject; not of texts.
    subject: Option<String>,
    /// The HTML body; not of texts.
    html: Option<String>,
    /// The text body.
    text: Option<String>,
}

/// Content, fallback, language.
pub(crate) type Read = (Content, Option<Content>, Option<String>);

/// Names that people give: on one line, and not too long.
pub(crate) fn check_name(name: &str) -> Result<(), InputError> {
    if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        return Err(InputError::new("name", "use 1 to 200 characters on one line"));
    }
    Ok(())
}

/// The JSON Schema of a content's name, or of a document that stands there.
pub(crate) fn content_or_name(generator: &mut SchemaGenerator) -> Schema {
    let there = generator.subschema_for::<ContentDocument>();
    json_schema!({ "anyOf": [{ "type": "string" }, there] })
}

/// Reads a document that stands by itself, with its name.
pub(crate) fn read_named(document: &Value) -> Result<Read, InputError> {
    let name = shaped::<ContentDocument>(document)?.name;
    check_name(name.as_deref().unwrap_or_default())?;
    read(document, None)
}

/// Whether it can be a BCP 47 tag.
fn is_language_tag(tag: &str) -> bool {
    (1..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Reads a document, for texts, for mail, or for whichever it can be.
pub(crate) fn read(document: &Value, for_texts: Option<bool>) -> Result<Read, InputError> {
    let ContentDocument { name: _, subject, html, text, language, fallback } = shaped(document)?;
    if language.as_deref().is_some_and(|tag| !is_language_tag(tag)) {
        return Err(InputError::new("language", "use a BCP 47 tag, e.g. de-AT"));
    }
    let for_texts = for_texts.unwrap_or(subject.is_none() && html.is_none());
    let fallback = fallback.map(|FallbackDocument { subject, html, text }| {
        content(subject, html, text, for_texts).map_err(|error| error.under("fallback"))
    });
    Ok((content(subject, html, text, for_texts)?, fallback.transpose()?, language))
}

fn content(
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
    for_texts: bool,
) -> Result<Content, InputError> {
    let given = [("subject", &subject), ("html", &html), ("text", &text)];
    let long = |part: &Option<String>| part.as_ref().is_some_and(|text| text.len() > TEMPLATE_BYTES_MAX);
    if let Some((name, _)) = given.iter().find(|(_, part)| long(part)) {
        return Err(InputError::new(name, "is larger than 4 MiB"));
    }
    if for_texts {
        if let Some((name, _)) = given[..2].iter().find(|(_, part)| part.is_some()) {
            return Err(InputError::new(name, "is for email; a text has `text` or `text_file` alone"));
        }
        if text.is_none() {
            return Err(InputError::new("text", "is missing; name text or text_file"));
        }
        return Ok(Content { subject: String::new(), html, text });
    }
    if html.is_none() && text.is_none() {
        return Err(InputError::new("html", "there is no body; name html, html_file, text or text_file"));
    }
    let subject = subject.ok_or_else(|| InputError::new("subject", "is missing"))?;
    Ok(Content { subject, html, text })
}
