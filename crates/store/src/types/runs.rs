//! Runs and what became of their messages.

use std::collections::BTreeMap;

use consent::{AddressId, Channel, Deferral, Exclusion, ListId, Pace, ProfileId, RunId, Timestamp};

use super::ConfigurationId;

/// A run to start.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The campaign's name.
    pub campaign: String,
    /// The configuration that it sends with.
    pub configuration: ConfigurationId,
    /// The list that its messages are bound to.
    pub list: Option<ListId>,
    /// SHA-256 of all that decides what is sent, in hex: a resumed run must match it.
    pub fingerprint: String,
    /// What the pages need to know of the run (title, language, confirmation pages), JSON text.
    pub spec: String,
    /// Whom.
    pub audience: roaring::RoaringTreemap,
    /// When.
    pub created_at: Timestamp,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RunState {
    /// Being sent, or waiting to be resumed.
    Open = 1,
    /// Everything handed over or excluded; nothing waits.
    Finished = 2,
    /// Stopped for good by someone.
    Stopped = 3,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The campaign's name.
    pub campaign: String,
    /// The configuration that it sends with.
    pub configuration: ConfigurationId,
    /// The list that its messages are bound to.
    pub list: Option<ListId>,
    /// See [`NewRun::fingerprint`].
    pub fingerprint: String,
    /// See [`NewRun::spec`].
    pub spec: String,
    /// How many are in the audience.
    pub audience_size: u64,
    /// How far it is.
    pub state: RunState,
    /// When it started.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Holds a run, or a part of one, for this process until it is dropped.
pub struct RunGuard(#[allow(dead_code, reason = "held for its drop")] Box<dyn Send + Sync>);

impl RunGuard {
    /// Wraps whatever the engine holds the run by.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self(Box::new(held))
    }
}

impl std::fmt::Debug for RunGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunGuard")
    }
}

/// A contiguous piece of a run's audience, taken to be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number within the run, from 1.
    pub number: u32,
    /// How often it has been taken, this time included. Claims of an earlier generation are refused.
    pub generation: u32,
    /// Its members lie above this one; `None`: from the first.
    pub after: Option<ProfileId>,
    /// The last one that can be a member.
    pub until: ProfileId,
    /// The last profile claimed; the rest of the part lies above.
    pub cursor: Option<ProfileId>,
}

impl Part {
    /// What a claim names it by.
    pub const fn reference(&self) -> PartRef {
        PartRef { number: self.number, generation: self.generation }
    }

    /// Whether every member has been claimed.
    pub fn is_walked(&self) -> bool {
        self.cursor >= Some(self.until)
    }

    /// Everyone claimed so far and everyone outside lies at this one or below; 0 when there is nobody.
    pub fn position(&self) -> ProfileId {
        self.cursor.or(self.after).unwrap_or(ProfileId(0))
    }
}

/// A part as someone took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRef {
    /// See [`Part::number`].
    pub number: u32,
    /// See [`Part::generation`].
    pub generation: u32,
}

/// What there is to do in a run.
#[derive(Debug)]
pub enum Offer {
    /// This part, until the guard is dropped.
    Part {
        /// The part.
        part: Part,
        /// Holds it.
        guard: RunGuard,
    },
    /// Only messages refused for now are left, the soonest due then.
    Wait(Timestamp),
    /// Others work on all that is left.
    Busy,
    /// Nothing is left, or the run has ended.
    Done,
}

/// Leave to send at a limited speed, see [`Store::rate_turns`](crate::Store::rate_turns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateGrant {
    /// How many messages.
    pub turns: u32,
    /// When the first may go; each next one an interval later.
    pub at: Timestamp,
}

/// Id of a claim. Numbers aren't used again within their part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimId {
    /// The run.
    pub run: RunId,
    /// The part, see [`Part::number`].
    pub part: u32,
    /// The claim's number within the part, from 1.
    pub number: u32,
}

/// A batch about to be handed over.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// The run.
    pub run: RunId,
    /// The part that everyone named is in.
    pub part: PartRef,
    /// Who will be mailed, at which address.
    pub permitted: Vec<(ProfileId, AddressId)>,
    /// Those of them who asked for fewer messages, where it is marketing.
    pub paced: Vec<PacedSend>,
    /// Who will be decided about again later.
    pub deferred: Vec<Deferred>,
    /// Who won't, and why.
    pub excluded: Vec<(ProfileId, Exclusion)>,
    /// The new cursor, for a batch from the audience: the last one in it, or the part's end when nobody is left above;
    /// `None` for a batch of due messages.
    pub cursor: Option<ProfileId>,
    /// When.
    pub at: Timestamp,
}

/// A marketing message to somebody who asked for fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacedSend {
    /// Who.
    pub profile: ProfileId,
    /// On which channel.
    pub channel: Channel,
    /// How often it may be.
    pub pace: Pace,
}

/// A message that waits because the decision says so, such as for the end of quiet hours. That is no attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// Who.
    pub profile: ProfileId,
    /// At which address.
    pub address: AddressId,
    /// Due again then, when it is decided anew.
    pub until: Timestamp,
    /// What it waits for.
    pub cause: Exclusion,
}

/// What became of a [`NewClaim`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: ClaimId,
    /// Who is excluded after all ([`consent::Reason::Capped`]), since another run got there first: mustn't be mailed.
    pub capped: Vec<ProfileId>,
}

/// A claim whose process died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// Who was about to be mailed.
    pub permitted: Vec<(ProfileId, AddressId)>,
}

/// State of one message. The codes stand on disk: never reassigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DeliveryState {
    /// The transport took it.
    Sent = 1,
    /// Refused for now, or held back by the decision ([`Deferred`]); due again at a known time.
    Deferred = 2,
    /// Refused for good.
    Rejected = 3,
    /// Handed over in part when the process or the connection died: nobody knows.
    InDoubt = 4,
    /// Refused for now too often; given up.
    GivenUp = 5,
}

/// What became of one message of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Who.
    pub profile: ProfileId,
    /// At which address.
    pub address: AddressId,
    /// What became of it.
    pub state: DeliveryState,
    /// When.
    pub at: Timestamp,
    /// The server's reply code, 0 without one.
    pub code: u16,
    /// The server's reply, at most 200 characters, for anything but [`DeliveryState::Sent`].
    pub detail: Option<String>,
    /// For [`DeliveryState::Deferred`]: when to try again.
    pub due_at: Option<Timestamp>,
}

/// What became of a claim.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The claim.
    pub claim: ClaimId,
    /// Its messages.
    pub outcomes: Vec<Outcome>,
    /// Whose permit ran out before hand-off and who are to wait now.
    pub deferred: Vec<Deferred>,
    /// Whose permit ran out before hand-off and who are excluded now.
    pub excluded: Vec<(ProfileId, Exclusion)>,
    /// When.
    pub at: Timestamp,
}

/// A message due for another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub profile: ProfileId,
    /// At which address.
    pub address: AddressId,
    /// Attempts made.
    pub attempts: u32,
    /// Since when it is due.
    pub due_at: Timestamp,
}

/// One message, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A message was made.
    Message {
        /// Who.
        profile: ProfileId,
        /// At which address.
        address: AddressId,
        /// Where it stands.
        state: DeliveryState,
        /// Attempts made.
        attempts: u32,
        /// Since when.
        at: Timestamp,
        /// The server's reply code, 0 without one.
        code: u16,
        /// The server's reply.
        detail: Option<String>,
        /// Until when and for what it waits, where the decision makes it wait.
        waits: Option<Deferral>,
    },
    /// None was made.
    Excluded {
        /// Who.
        profile: ProfileId,
        /// Why.
        reason: Exclusion,
    },
}

/// Who opted out through the messages of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptOuts {
    /// People, each once however often and by whatever ways.
    pub people: u64,
    /// The same people by the way that came first, as [`consent::Source`] names it.
    pub by_source: BTreeMap<String, u64>,
    /// Beside them, people who took all of it back by the same message.
    pub undone: u64,
}

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// In the audience.
    pub audience: u64,
    /// Messages per state.
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// Of those deferred, the ones that wait by our own decision, per cause.
    pub waiting: BTreeMap<Exclusion, u64>,
    /// Excluded per reason.
    pub excluded: BTreeMap<Exclusion, u64>,
}
