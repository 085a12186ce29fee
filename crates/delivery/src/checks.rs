//! What is looked at before a run starts.

use consent::{ListId, Sent};

use crate::audience::{self, Resolved};
use crate::campaign::Campaign;
use crate::deps::Deps;
use crate::error::{DeliveryError, InputError};
use crate::finding::{Finding, PublishError};
use crate::gate::person;
use crate::person::Person;
use crate::render::TemplateError;

/// People that the publish check renders for.
const SAMPLES: u64 = 25;

/// Refuses what the run's description has no room for.
pub(crate) fn room_for(resolved: &Resolved) -> Result<(), InputError> {
    if resolved.listed.fits() {
        return Ok(());
    }
    let problem = "the file names another address than the person's first one for too many people; split it";
    Err(InputError::new("audience", problem))
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
