//! Runs and what became of their messages.

use std::collections::BTreeMap;

use consent::{AddressId, Exclusion, ListId, ProfileId, RunId, Timestamp};

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
    /// The last profile claimed; the rest of the audience lies above.
    pub cursor: Option<ProfileId>,
    /// How far it is.
    pub state: RunState,
    /// When it started.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Holds a run for this process until it is dropped.
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

/// Id of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimId(pub i64);

/// A batch about to be handed over.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// The run.
    pub run: RunId,
    /// Who will be mailed, at which address.
    pub permitted: Vec<(ProfileId, AddressId)>,
    /// Who won't, and why.
    pub excluded: Vec<(ProfileId, Exclusion)>,
    /// The new cursor, for a batch from the audience; `None` for a batch of due messages.
    pub cursor: Option<ProfileId>,
    /// When.
    pub at: Timestamp,
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
    /// Refused for now; due again at a known time.
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
    /// The run.
    pub run: RunId,
    /// The claim.
    pub claim: ClaimId,
    /// Its messages.
    pub outcomes: Vec<Outcome>,
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
    },
    /// None was made.
    Excluded {
        /// Who.
        profile: ProfileId,
        /// Why.
        reason: Exclusion,
    },
}

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// In the audience.
    pub audience: u64,
    /// Messages per state.
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// Excluded per reason.
    pub excluded: BTreeMap<Exclusion, u64>,
}
