//! What a server refused for good, or until the retry period was over, is kept as a bounce that comes back later is: it says
//! the same of the address, and suppresses by the same rules.

use consent::Address;
use sha2::{Digest, Sha256};
use store::{DeliveryState, Feedback, FeedbackId, FeedbackKind, Outcome, Settlement, StoreError};

use crate::pipeline::Pipeline;

/// Keeps the refusals of a settlement, each once however often it is asked. Comes before the settlement is written: after
/// a crash in between the messages are in doubt, and what is known of the addresses isn't lost.
pub(crate) async fn keep(pipeline: &Pipeline, settlement: &Settlement) -> Result<(), StoreError> {
    let gate = &pipeline.gate;
    let mut feedback = Vec::new();
    for outcome in &settlement.outcomes {
        let Some(kind) = kind(pipeline, outcome) else { continue };
        let Some(owner) = gate.store.owner(gate.workspace, outcome.address).await? else { continue };
        feedback.push(Feedback {
            id: id(pipeline, outcome),
            kind,
            address: Address::parse(&owner.namespace, &owner.raw, None).ok(),
            owner: Some((owner.profile, owner.address)),
            run: Some(pipeline.run),
            at: outcome.at,
            received_at: outcome.at,
            source: "smtp".to_owned(),
            detail: reply(outcome),
        });
    }
    feedback.retain(|feedback| feedback.address.is_some());
    if feedback.is_empty() {
        return Ok(());
    }
    gate.store.take_feedback(gate.workspace, feedback).await.map(drop)
}

/// A refusal for now says nothing yet; nor does a server that couldn't be reached, or a reply that nobody understands.
fn kind(pipeline: &Pipeline, outcome: &Outcome) -> Option<FeedbackKind> {
    let last = matches!(outcome.state, DeliveryState::Rejected | DeliveryState::GivenUp);
    if !last || outcome.code == 0 {
        return None;
    }
    let (reason, hard) = (pipeline.judge)(&reply(outcome))?;
    Some(FeedbackKind::Bounced { reason, hard: hard && outcome.state == DeliveryState::Rejected })
}

fn reply(outcome: &Outcome) -> String {
    format!("{} {}", outcome.code, outcome.detail.as_deref().unwrap_or_default())
}

fn id(pipeline: &Pipeline, outcome: &Outcome) -> FeedbackId {
    let mut hash = Sha256::new();
    hash.update(b"smtp");
    for number in [pipeline.run.0, outcome.profile.0, outcome.at.0] {
        hash.update(number.to_be_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    FeedbackId(id)
}
