//! What programs tell of people's choices, as Adobe Journey Optimizer's consent interface takes it.
//!
//! No HTTP here: [`Said::parse`] reads a body, [`open`] and [`open_mail`] find whom a link to the brand's own page or
//! address is about, [`tell`] and [`opt_in`] record. What they answer is durable (I2).
//!
//! Refusals are never lost over the rest of a body: where one of its choices can't be kept, its refusals are recorded all
//! the same, and the caller is told what was not.

mod body;
mod opt_in;
mod targets;
mod teller;
#[cfg(test)]
mod tests;

pub use body::{Said, Scope, Statement};
pub use opt_in::{OptIn, OptInError, opt_in};
pub use teller::Teller;

use std::time::Duration;

use consent::{
    AddressId, Choice, ConsentChange, EntryId, Evidence, Field, Level, Purpose, RunId, Source, Subject,
    Target, Timestamp, WorkspaceId,
};
use store::{ProfileView, Store, StoreError};

use crate::unsubscribe::{self, LinkError, Opened};
use targets::{ByTarget, Wishes};

/// How far the caller's clock and ours may be apart: a choice that seems this much older than another isn't called older.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// A body that can't be read. The text is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("the body can't be read: {error}"))
    }
}

/// What became of what was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What couldn't be kept, a sentence each; where there is any, only refusals were recorded.
    pub problems: Vec<String>,
    /// Whether there were refusals among what was recorded.
    pub refused: bool,
}

impl Told {
    fn of(wishes: &Wishes) -> Self {
        let refused = wishes.by_target.values().any(|(choice, _)| choice.is_no());
        Self { problems: wishes.problems.clone(), refused }
    }
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The link is from before a later, deliberate subscription, and nobody says that the choice is from after it.
    #[error(
        "the person has subscribed again since that message was sent; say in `timestamp` when they chose this"
    )]
    Outdated,
    /// The link or the store.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl From<StoreError> for TellError {
    fn from(error: StoreError) -> Self {
        Self::Link(match error {
            StoreError::Missing(_) => LinkError::Unknown,
            error => error.into(),
        })
    }
}

/// Reads the parameters of a link to the brand's own page or address, in this workspace.
pub async fn open(
    store: &Store,
    workspace: WorkspaceId,
    params: &str,
    pid: &str,
    sig: Option<&str>,
) -> Result<Opened, LinkError> {
    found(store, workspace, store.key_ring().read_external(params, pid, sig)?).await
}

/// Reads the parameters that came by mail.
pub async fn open_mail(store: &Store, workspace: WorkspaceId, text: &str) -> Result<Opened, LinkError> {
    found(store, workspace, store.key_ring().read_mail(text)?).await
}

async fn found(store: &Store, workspace: WorkspaceId, token: consent::Token) -> Result<Opened, LinkError> {
    // One key signs for all workspaces: another's link is as good as forged.
    if token.workspace != workspace {
        return Err(LinkError::Forged);
    }
    let owner = store.owner(workspace, token.address).await?.ok_or(LinkError::Unknown)?;
    Ok(Opened { token, owner })
}

/// Records what a body says of the person that a link is about. One that says nothing opts out of email, and of the
/// channel that the message came by.
///
/// An outdated link's choices count where somebody pressed a button for them on the brand's page, as they do on ours. Those
/// of a header, which programs post by themselves, are [`TellError::Outdated`] unless they are said to be from after the
/// newer subscription; and a choice that is said to be from before it is left.
pub async fn tell(
    store: &Store,
    opened: &Opened,
    said: &Said,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Told, TellError> {
    let (workspace, address) = (opened.token.workspace, opened.owner.address);
    let mut wishes = Wishes::of(said, &opened.owner.namespace);
    if said.is_empty() {
        wishes.add(Target::Field(Field::Email), (Choice::No, None));
        wishes.add(opened.target(Level::Channel), (Choice::No, None));
    }
    wishes.salvage();
    let profile = store.profile(workspace, opened.owner.profile).await?.ok_or(LinkError::Unknown)?;
    if opened.is_outdated() {
        let undated = wishes.by_target.values().any(|(_, made_at)| made_at.is_none());
        if undated && opened.token.purpose == Purpose::ExternalHeader {
            return Err(TellError::Outdated);
        }
        let renewed_at = renewed_at(&profile, address);
        let later = |made_at: Timestamp| made_at.plus(CLOCK_SKEW) >= renewed_at;
        wishes.by_target.retain(|_, (_, made_at)| made_at.is_none_or(later));
    }
    let told = Told::of(&wishes);
    let before = teller::told_before(store, workspace, profile.id, &evidence).await?;
    let fresh = fresh(wishes.by_target, &profile, address, &before);
    let desk = Desk { store, workspace, run: opened.run(), evidence, now };
    desk.record(vec![(Subject::Address(address), fresh)]).await?;
    Ok(told)
}

/// When the yes was said by which the person subscribed again.
fn renewed_at(profile: &ProfileView, address: AddressId) -> Timestamp {
    let own = profile.addresses.iter().filter(|view| view.id == address).flat_map(|view| &view.values);
    let marketing = |field: &Field| *field == Field::Any || field.channel().is_some();
    let yes =
        profile.values.iter().chain(own).filter(|(field, held)| marketing(field) && held.choice.is_yes());
    yes.map(|(_, held)| held.at).max().unwrap_or(Timestamp::UNDATED)
}

/// What isn't said already: a caller that tries again leaves no second entry. `before` are the entries of the same request.
/// A refusal is left out only where one of them still stands: one that is said anew counts from now, and may have to
/// outdate an older yes that is still to come.
fn fresh(mut by_target: ByTarget, profile: &ProfileView, address: AddressId, before: &[EntryId]) -> ByTarget {
    by_target.retain(|target, (choice, made_at)| {
        if made_at.is_some() {
            return true;
        }
        let held = unsubscribe::held(profile, address, *target).filter(|held| held.choice == *choice);
        if choice.is_no() {
            !held.is_some_and(|held| before.contains(&held.entry))
        } else {
            held.is_none() && before.is_empty()
        }
    });
    by_target
}

/// Where, when and on what proof choices are recorded.
struct Desk<'s> {
    store: &'s Store,
    workspace: WorkspaceId,
    run: Option<RunId>,
    evidence: Evidence,
    now: Timestamp,
}

impl Desk<'_> {
    /// All or none.
    async fn record(&self, whose: Vec<(Subject, ByTarget)>) -> Result<(), StoreError> {
        let changes: Vec<_> =
            whose.into_iter().flat_map(|(subject, by_target)| self.changes(&subject, by_target)).collect();
        if !changes.is_empty() {
            self.store.record(self.workspace, changes).await?;
        }
        Ok(())
    }

    /// One change per moment. A time in the future is now.
    fn changes(&self, subject: &Subject, by_target: ByTarget) -> Vec<ConsentChange> {
        let mut changes: Vec<ConsentChange> = Vec::new();
        for (target, (choice, made_at)) in by_target {
            let occurred_at = Some(made_at.map_or(self.now, |at| at.min(self.now)));
            match changes.iter_mut().find(|change| change.occurred_at == occurred_at) {
                Some(change) => change.sets.push((target, choice)),
                None => changes.push(ConsentChange {
                    subject: subject.clone(),
                    sets: std::iter::once((target, choice)).collect(),
                    occurred_at,
                    received_at: self.now,
                    source: Source::API,
                    run: self.run,
                    evidence: self.evidence.clone(),
                }),
            }
        }
        changes
    }
}
