//! What happened to a person's choices, page by page.

use consent::{EntryId, ProfileId};
use store::StoreError;

use super::history::{Change, Event, field_name};
use super::{Whom, WhomError};
use crate::{Actor, Page, Service};

/// Entries of a page.
pub const PAGE_MAX: usize = 1_000;

/// Whose, and which page.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The profile.
    pub profile: ProfileId,
    /// At most so many, up to [`PAGE_MAX`].
    pub limit: usize,
    /// Those older than this one.
    pub before: Option<EntryId>,
}

/// Entries, newest first; the cursor is the oldest one's id.
pub type Out = Page<Event>;

/// Why there are none.
pub type Error = WhomError;

/// Shows the entries about a person.
pub async fn timeline(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { profile, limit, before } = asked;
    let (store, workspace) = (&service.store, service.workspace);
    let nobody = || WhomError::Nobody(Whom::Id(profile));
    let view = store.profile(workspace, profile).await?.ok_or_else(nobody)?;
    let page = store.history(workspace, view.id, before, limit.clamp(1, PAGE_MAX)).await?;
    let given = store.reasons_given(workspace, page.entries.iter().map(|entry| entry.id).collect()).await?;
    let lists = store.lists(workspace).await?;
    let names = |list| lists.iter().find(|known| known.id == list).map(|known| known.name.clone());
    let next = page.entries.last().filter(|_| page.more).map(|entry| entry.id.0.to_string());
    let event = |entry: store::Entry| {
        let change = |set: &store::Applied| Change::of(set, field_name(set.target, &names));
        let changes = entry.applied.iter().map(change).collect();
        let reason = given.iter().find(|given| given.entry == entry.id).cloned();
        Event::of(entry, changes, reason)
    };
    Ok(Page { data: page.entries.into_iter().map(event).collect(), next })
}

/// The entry that a cursor names.
pub fn cursor(text: &str) -> Result<EntryId, StoreError> {
    let invalid = || StoreError::Invalid("the cursor isn't one of an answer of ours".to_owned());
    text.parse().map(EntryId).map_err(|_| invalid())
}
