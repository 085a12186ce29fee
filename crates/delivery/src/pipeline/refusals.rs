//! What a server refused for good, or until the retry period was over, is kept as a bounce that comes back later is: it says
//! the same of the address, and suppresses by the same rules.

use consent::{Address, Choice, ConsentChange, Evidence, Source, Subject, Target};
use sha2::{Digest, Sha256};
use smallvec::smallvec;
use store::{DeliveryState, Feedback, FeedbackId, FeedbackKind, Outcome, Settlement, StoreError};

use super::Pipeline;
use crate::transport::Refusal;

/// Keeps the refusals of a settlement, each once however often it is asked. Comes before the settlement is written: after
/// a crash in between the messages are in doubt, and what is known of the addresses isn't lost.
pub(crate) async fn keep(pipeline: &Pipeline, settlement: &Settlement) -> Result<(), StoreError> {
    let gate = &pipeline.gate;
    let mut feedback = Vec::new();
    let mut opted_out = Vec::new();
    for outcome in &settlement.outcomes {
        let Some(kind) = kind(pipeline, outcome) else { continue };
        let Some(owner) = gate.store.owner(gate.workspace, outcome.address).await? else { continue };
        if kind == FeedbackKind::Unsubscribed {
            opted_out.push(outcome);
        }
        feedback.push(Feedback {
            id: id(pipeline, outcome),
            kind,
            address: Address::parse(&owner.namespace, &owner.raw, None).ok(),
            owner: Some((owner.profile, owner.address)),
            run: Some(pipeline.run),
            at: outcome.at,
            received_at: outcome.at,
            source: pipeline.route.source().to_owned(),
            detail: reply(outcome),
        });
    }
    opt_out(pipeline, &opted_out).await?;
    feedback.retain(|feedback| feedback.address.is_some());
    if feedback.is_empty() {
        return Ok(());
    }
    gate.store.take_feedback(gate.workspace, feedback).await.map(drop)
}

/// Who has opted out with the provider has opted out: of the channel, and of this sender altogether.
async fn opt_out(pipeline: &Pipeline, outcomes: &[&Outcome]) -> Result<(), StoreError> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let gate = &pipeline.gate;
    let change = |outcome: &&Outcome| ConsentChange {
        subject: Subject::Address(outcome.address),
        sets: smallvec![(Target::Field(gate.channel.field()), Choice::No)],
        occurred_at: Some(outcome.at),
        received_at: outcome.at,
        source: Source::PROVIDER,
        run: Some(pipeline.run),
        evidence: Evidence { raw: Some(reply(outcome)), ..Evidence::default() },
    };
    gate.store.record(gate.workspace, outcomes.iter().map(change).collect()).await?;
    let Some(sender) = &gate.sender else { return Ok(()) };
    let pairs = outcomes.iter().map(|outcome| (outcome.address, sender.clone())).collect();
    gate.store.block(gate.workspace, pairs, gate.clock.now()).await
}

/// A refusal for now says nothing yet; nor does a server that couldn't be reached, or a reply that nobody understands.
fn kind(pipeline: &Pipeline, outcome: &Outcome) -> Option<FeedbackKind> {
    let last = matches!(outcome.state, DeliveryState::Rejected | DeliveryState::GivenUp);
    if !last || outcome.code == 0 {
        return None;
    }
    let text = outcome.detail.as_deref().unwrap_or_default();
    let rejected = outcome.state == DeliveryState::Rejected;
    pipeline.route.meaning(&Refusal { code: outcome.code, text, rejected, judge: pipeline.judge })
}

fn reply(outcome: &Outcome) -> String {
    format!("{} {}", outcome.code, outcome.detail.as_deref().unwrap_or_default())
}

fn id(pipeline: &Pipeline, outcome: &Outcome) -> FeedbackId {
    let mut hash = Sha256::new();
    hash.update(pipeline.route.source());
    for number in [pipeline.run.0, outcome.profile.0, outcome.at.0] {
        hash.update(number.to_be_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    FeedbackId(id)
}
