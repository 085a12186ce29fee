//! What messages say: subject and bodies, as MiniJinja templates.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::campaign::check_name;
use crate::configuration::shaped;
use crate::error::InputError;
use crate::render::compile;

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

impl Content {
    /// Checks a document that stands by itself: its shape, and whether its templates compile. What it lacks for a channel
    /// shows in a campaign.
    pub fn check_document(document: &Value) -> Result<(), InputError> {
        let name = shaped::<ContentDocument>(document)?.name;
        check_name(name.as_deref().unwrap_or_default())?;
        let (content, fallback, _) = read(document, None)?;
        let errors = compile(&content, fallback.as_ref()).err().unwrap_or_default();
        match errors.into_iter().next() {
            Some(error) => {
                let told = format!("line {} of the template: {}", error.line, error.problem);
                Err(InputError { problem: told, ..InputError::new(&error.part, "") })
            }
            None => Ok(()),
        }
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_by_itself_is_for_mail_or_for_texts() {
        for fine in [
            json!({"name": "a", "subject": "s", "html": "<p>"}),
            json!({"name": "a", "text": "Shop: sale. STOP to opt out"}),
            json!({"name": "a", "subject": "s", "text": "t", "fallback": {"subject": "s", "html": "h"}}),
        ] {
            Content::check_document(&fine).unwrap();
        }
        for (wrong, pointer) in [
            (json!({"subject": "s", "text": "t"}), "/name"),
            (json!({"name": "a"}), "/text"),
            (json!({"name": "a", "html": "h"}), "/subject"),
            (json!({"name": "a", "subject": "s"}), "/html"),
            (json!({"name": "a", "text": "t", "language": "no such"}), "/language"),
            (json!({"name": "a", "text": "t", "fallback": {"html": "t"}}), "/fallback/html"),
            (
                json!({"name": "a", "subject": "s", "text": "t", "fallback": {"text": "x"}}),
                "/fallback/subject",
            ),
            (json!({"name": "a", "text": "t", "fallback": {"fallback": {}}}), "/fallback/fallback"),
            (json!({"name": "a", "text": "{% if %}"}), "/text"),
            (
                json!({"name": "a", "subject": "s", "text": "t", "fallback": {"subject": "{{", "text": "t"}}),
                "/fallback/subject",
            ),
            (json!({"name": "a", "text": 7}), "/text"),
            (json!({"name": "a", "texts": "t"}), "/texts"),
        ] {
            assert_eq!(Content::check_document(&wrong).unwrap_err().pointer, pointer, "{wrong}");
        }
    }
}
