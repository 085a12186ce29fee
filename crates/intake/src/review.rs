//! Deciding about a text message that may be a refusal: whoever reads it says whether it is one.

use consent::{Choice, ConsentChange, EntryId, Evidence, Level, Source, Subject, Timestamp, WorkspaceId};
use smallvec::smallvec;
use store::{Hold, HoldDecision, Store, StoreError, TextId};

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is a refusal.
    pub refused: bool,
    /// How far it reaches if it is one; a list, that of the last message, can't be meant here.
    pub level: Level,
    /// Who read it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The number may be sent marketing again, as far as this message goes.
    Released,
    /// The refusal is recorded, by this entry if it says anything new.
    Refused(Option<EntryId>),
    /// Somebody decided before.
    Before,
}

/// Decides. A refusal is recorded first, and the number blocks the sender that it wrote to: a process that dies in between
/// leaves the message held, and saying no twice is no harm.
pub async fn decide(
    store: &Store,
    workspace: WorkspaceId,
    id: TextId,
    verdict: Verdict,
) -> Result<Decided, StoreError> {
    let Some(hold) = store.hold(workspace, id).await? else {
        return Err(StoreError::Missing("no message of this id was held".to_owned()));
    };
    if hold.decision.is_some() {
        return Ok(Decided::Before);
    }
    let Verdict { refused, level, by, at } = verdict;
    let entry = if refused { record(store, workspace, &hold, level, &by, at).await? } else { None };
    let ended = store.decide_hold(workspace, id, HoldDecision { refused, by, at }).await?;
    Ok(match (ended, refused) {
        (false, _) => Decided::Before,
        (true, true) => Decided::Refused(entry),
        (true, false) => Decided::Released,
    })
}

async fn record(
    store: &Store,
    workspace: WorkspaceId,
    hold: &Hold,
    level: Level,
    by: &str,
    at: Timestamp,
) -> Result<Option<EntryId>, StoreError> {
    let text = &hold.text;
    let Some(target) = level.target(text.channel, None) else {
        return Err(StoreError::Invalid("a message that was held refuses no list".to_owned()));
    };
    let change = ConsentChange {
        subject: Subject::Address(text.address),
        sets: smallvec![(target, Choice::No)],
        // It held from when it was written: a yes said since is newer.
        occurred_at: Some(text.at.min(text.received_at)),
        received_at: at,
        source: Source::SMS,
        run: None,
        evidence: Evidence {
            raw: Some(text.text.clone()),
            actor: Some(by.to_owned()),
            ..Evidence::default()
        },
    };
    let recorded = store.record(workspace, vec![change]).await?;
    store.block(workspace, vec![(text.address, text.sender.clone())], at).await?;
    Ok(recorded.first().and_then(|recorded| recorded.entry))
}
