//! Links in messages: whose choice a token is about, opting out through it, and taking that back.
//!
//! No HTTP here: [`parse_post`] tells what a body asks for, [`open`] whom the token names, [`look`] what a page shows,
//! [`act`], [`choose`], [`prefer`], [`refuse_sharing`], [`give_reason`] and [`undo`] record. What they answer is durable (I2); nothing else in this module writes (I4).

mod centre;
mod page;
mod post;
mod said;
#[cfg(test)]
mod tests;

pub use centre::{Centre, ListRow, centre};
pub(crate) use page::held;
pub use page::{About, Known, PageSpec, Row, look, value};
pub(crate) use post::percent_decode;
pub use post::{Action, BODY_BYTES_MAX, Fields, Post, parse_post};
pub use said::{Wishes, give_reason, prefer, refuse_sharing};

use consent::{
    Channel, Choice, ConsentChange, EntryId, Evidence, Level, ListId, Purpose, Reference, RunId, Source,
    Subject, Target, Timestamp, Token, TokenError,
};
use store::{AddressOwner, Recorded, Store, StoreError};

use crate::selftest;

/// Why a link can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Cut off or mangled.
    #[error("the link is incomplete")]
    Malformed,
    /// Not signed by a key of ours.
    #[error("the link's signature isn't ours")]
    Forged,
    /// Signed by us, but what it names is gone.
    #[error("what the link names isn't known here")]
    Unknown,
    /// Made for something else.
    #[error("the link is made for something else")]
    OtherPurpose,
    /// The store couldn't answer, or couldn't make the change durable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TokenError> for LinkError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Malformed => Self::Malformed,
            TokenError::UnknownKey | TokenError::Forged | TokenError::TooLarge | TokenError::NoKey => {
                Self::Forged
            }
        }
    }
}

/// A token that verified, and whose address it names.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The token.
    pub token: Token,
    /// The address that the message went to, and its owner.
    pub owner: AddressOwner,
}

impl Opened {
    /// The channel that the link is about; `None` for addresses of a brand's own namespace.
    pub fn channel(&self) -> Option<Channel> {
        self.owner.namespace.main_channel()
    }

    /// Whether the person has deliberately subscribed again since the message was sent.
    pub fn is_outdated(&self) -> bool {
        self.token.epoch < self.owner.epoch
    }

    /// The list that the message was bound to.
    pub fn list(&self) -> Option<ListId> {
        (self.token.list.0 != 0).then_some(self.token.list)
    }

    /// The run that sent the message.
    pub fn run(&self) -> Option<RunId> {
        self.token.sent().run()
    }

    /// The value that a level means here. A level that needs what the link lacks falls back to the wider one: someone
    /// who wants out gets out.
    pub fn target(&self, level: Level) -> Target {
        let any = Target::Field(consent::Field::Any);
        let Some(channel) = self.channel() else {
            return if level == Level::Subscription { self.list().map_or(any, Target::List) } else { any };
        };
        level.target(channel, self.list()).unwrap_or(Target::Field(channel.field()))
    }
}

/// Reads a token and finds the address that it names. One read of the store.
pub async fn open(store: &Store, token_text: &str) -> Result<Opened, LinkError> {
    let token = store.key_ring().read_link(token_text)?;
    let owner = store.owner(token.workspace, token.address).await?.ok_or(LinkError::Unknown)?;
    Ok(Opened { token, owner })
}

/// What became of an opt-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The ledger entry; `None` if there was nothing to record.
    pub recorded: Option<EntryId>,
    /// Whether the person had opted out before.
    pub already: bool,
}

/// Opts out at the token's level. Durable once it answers (I2).
pub async fn act(
    store: &Store,
    opened: &Opened,
    source: Source,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Acted, LinkError> {
    if opened.token.purpose != Purpose::Unsubscribe {
        return Err(LinkError::OtherPurpose);
    }
    let target = opened.target(opened.token.level);
    let recorded = choose(store, opened, vec![(target, Choice::No, evidence)], source, now).await?;
    let first = recorded.first();
    let fresh = first.is_some_and(|recorded| recorded.applied.iter().any(|applied| !applied.old.is_no()));
    Ok(Acted { recorded: first.and_then(|recorded| recorded.entry), already: !fresh })
}

/// What became of a one-click post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneClick {
    /// The opt-out is recorded, now or before.
    Acted,
    /// The link is from before a later subscription: nothing was recorded.
    Outdated,
}

/// The one-click of RFC 8058: reads the token and opts out at its level, in one step of the store. Durable once it
/// answers (I2).
pub async fn one_click(
    store: &Store,
    token_text: &str,
    evidence: Evidence,
    now: Timestamp,
) -> Result<OneClick, LinkError> {
    let token = store.key_ring().read_link(token_text)?;
    if token.purpose != Purpose::Unsubscribe {
        return Err(LinkError::OtherPurpose);
    }
    let source = selftest::source(&store.key_ring(), token.address, &evidence, Source::ONE_CLICK);
    let make = move |owner: &AddressOwner| {
        let opened = Opened { token, owner: owner.clone() };
        let target = opened.target(token.level);
        (!opened.is_outdated())
            .then(|| change(&opened, (target, Choice::No, evidence.clone()), source.clone(), now))
    };
    match store.record_for(token.workspace, token.address, Box::new(make)).await {
        Ok(Some(_)) => Ok(OneClick::Acted),
        Ok(None) => Ok(OneClick::Outdated),
        Err(StoreError::Missing(_)) => Err(LinkError::Unknown),
        Err(error) => Err(error.into()),
    }
}

/// Records choices that the person made on a page, each with its own evidence, all or none.
pub async fn choose(
    store: &Store,
    opened: &Opened,
    choices: Vec<(Target, Choice, Evidence)>,
    source: Source,
    now: Timestamp,
) -> Result<Vec<Recorded>, LinkError> {
    let ring = store.key_ring();
    let made = |choice: (Target, Choice, Evidence)| {
        let source = selftest::source(&ring, opened.owner.address, &choice.2, source.clone());
        change(opened, choice, source, now)
    };
    let changes = choices.into_iter().map(made).collect();
    Ok(store.record(opened.token.workspace, changes).await?)
}

fn change(
    opened: &Opened,
    (target, choice, evidence): (Target, Choice, Evidence),
    source: Source,
    now: Timestamp,
) -> ConsentChange {
    ConsentChange {
        subject: Subject::Address(opened.owner.address),
        sets: std::iter::once((target, choice)).collect(),
        occurred_at: Some(now),
        received_at: now,
        source,
        run: opened.run(),
        evidence,
    }
}

/// What became of an undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The value is again what it was.
    Restored,
    /// It was already, by an earlier press of the same button.
    Already,
    /// Something newer has been recorded since and stands.
    Superseded,
}

/// The signed link that takes back what `entry` recorded. Only who opted out through a link is shown it.
pub fn undo_link(store: &Store, opened: &Opened, entry: EntryId) -> Result<String, LinkError> {
    relink(store, &Token { purpose: Purpose::Undo, reference: Reference::Entry(entry), ..opened.token })
}

/// The link to the page of choices for the same address.
pub fn preferences_link(store: &Store, opened: &Opened) -> Result<String, LinkError> {
    let reference = Reference::Message(opened.token.sent());
    relink(store, &Token { purpose: Purpose::Preferences, reference, ..opened.token })
}

/// The link that opts out again at the same level, from now on.
pub fn unsubscribe_link(store: &Store, opened: &Opened) -> Result<String, LinkError> {
    let (reference, epoch) = (Reference::Message(opened.token.sent()), opened.owner.epoch);
    relink(store, &Token { purpose: Purpose::Unsubscribe, reference, epoch, ..opened.token })
}

fn relink(store: &Store, token: &Token) -> Result<String, LinkError> {
    Ok(store.key_ring().sign(token)?.to_url())
}

/// Takes back the opt-out that an undo link names.
pub async fn undo(
    store: &Store,
    opened: &Opened,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Undone, LinkError> {
    let (workspace, entry) = (opened.token.workspace, opened.token.entry().ok_or(LinkError::OtherPurpose)?);
    match store.undo(workspace, entry, now, evidence).await {
        Ok(recorded) if recorded.applied.is_empty() => repeated(store, opened, entry).await,
        Ok(_) => Ok(Undone::Restored),
        Err(StoreError::Superseded) => repeated(store, opened, entry).await,
        Err(StoreError::Missing(_)) => Err(LinkError::Unknown),
        Err(error) => Err(error.into()),
    }
}

/// Tells a second press of the button from a newer choice: what stands was set by an undo, and is what was before.
async fn repeated(store: &Store, opened: &Opened, entry: EntryId) -> Result<Undone, LinkError> {
    let workspace = opened.token.workspace;
    let Some(entry) = store.entry(workspace, entry).await? else { return Err(LinkError::Unknown) };
    let Some(profile) = store.profile(workspace, opened.owner.profile).await? else {
        return Err(LinkError::Unknown);
    };
    for applied in &entry.applied {
        let held = page::held(&profile, opened.owner.address, applied.target);
        let restored = match held {
            None => applied.old == Choice::Unset,
            Some(held) if held.choice == applied.old => {
                store.entry(workspace, held.entry).await?.is_some_and(|entry| entry.source == Source::UNDO)
            }
            Some(_) => false,
        };
        if !restored {
            return Ok(Undone::Superseded);
        }
    }
    Ok(Undone::Already)
}
