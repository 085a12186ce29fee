//! What is looked at before a run starts.

use consent::{ListId, Sent};
use serde_json::Value;

use crate::audience;
use crate::campaign::Campaign;
use crate::content::read_named;
use crate::deps::Deps;
use crate::error::{DeliveryError, InputError};
use crate::finding::{Finding, PublishError};
use crate::gate::person;
use crate::person::Person;
use crate::render::{TemplateError, compile};

/// People that the publish check renders for.
const SAMPLES: u64 = 25;

/// Checks a content's document that stands by itself: its shape, and whether its templates compile. What it lacks for a channel
/// shows in a campaign.
pub fn check_content_document(document: &Value) -> Result<(), InputError> {
    let (content, fallback, _) = read_named(document)?;
    let errors = compile(&content, fallback.as_ref()).err().unwrap_or_default();
    match errors.into_iter().next() {
        Some(error) => {
            let problem = format!("line {} of the template: {}", error.line, error.problem);
            Err(InputError { problem, ..InputError::new(&error.part, "") })
        }
        None => Ok(()),
    }
}

pub(crate) fn template_findings(errors: Vec<TemplateError>) -> PublishError {
    let finding = |error: TemplateError| Finding {
        part: error.part,
        problem: format!("line {}: {}", error.line, error.problem),
    };
    PublishError { findings: errors.into_iter().map(finding).collect() }
}

/// People spread over the audience, as far as they have an address.
pub(crate) async fn samples(
    deps: &Deps,
    campaign: &Campaign,
    list: Option<ListId>,
    audience: &roaring::RoaringTreemap,
) -> Result<Vec<Person>, DeliveryError> {
    let step = (audience.len() / SAMPLES).max(1);
    let picked = (0..SAMPLES).filter_map(|n| audience.select(n * step)).map(audience::profile).collect();
    let gate = deps.gate(campaign, list);
    let (readings, ..) = gate.read(picked, None, true).await?;
    Ok(readings.into_iter().filter_map(|reading| person(reading, gate.channel, Sent::Unknown)).collect())
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
            check_content_document(&fine).unwrap();
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
            assert_eq!(check_content_document(&wrong).unwrap_err().pointer, pointer, "{wrong}");
        }
    }
}
