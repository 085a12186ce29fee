//! Single messages, and what is known of any message by its id.

use consent::{
    AddressId, Category, Channel, Deferral, Exclusion, ProfileId, RunId, SendId, SendOrigin, Timestamp,
    WorkspaceId,
};

use super::DeliveryState;

/// A message that is about to be decided about and handed over, and that belongs to no run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSend {
    /// Why it is sent.
    pub origin: SendOrigin,
    /// What tells it from all other messages of that origin, 1 to 255 bytes: the same intent is never handed over twice
    /// (I10). It holds no address.
    pub intent: String,
    /// Whom it goes to, if they are known.
    pub profile: Option<ProfileId>,
    /// At which address, if it is known.
    pub address: Option<AddressId>,
    /// What it goes out on.
    pub channel: Channel,
    /// What it is for.
    pub category: Category,
    /// Now.
    pub at: Timestamp,
}

impl NewSend {
    /// The id that the intent has.
    pub fn id(&self, workspace: WorkspaceId) -> SendId {
        SendId::of_intent(workspace, self.origin, &self.intent)
    }
}

/// Whether a single message may be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Yes. Until it is settled it is in doubt: should the process die, it stays so, and nobody sends it again.
    Go(SendId),
    /// No: this is what became of the same intent before.
    Over(SendId, SendState),
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It was handed over, or was to be.
    Message(DeliveryState),
    /// The decision excluded it.
    Excluded(Exclusion),
}

/// What became of a single message, after an attempt or a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// An attempt was made.
    Attempted {
        /// What came of it.
        state: DeliveryState,
        /// The server's code, 0 without one.
        code: u16,
        /// What the server said, cut at 200 characters; of anything but [`DeliveryState::Sent`].
        detail: Option<String>,
    },
    /// The decision excluded it.
    Excluded(Exclusion),
    /// It was neither handed over nor excluded, and will be tried again: whoever asked for it knows when.
    Waits(Option<Deferral>),
}

/// Where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentBy {
    /// A run of a campaign.
    Run(RunId),
    /// Anything else, with the intent.
    Single(SendOrigin, String),
}

/// All that is known of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendView {
    /// Its id.
    pub id: SendId,
    /// Where it comes from.
    pub by: SentBy,
    /// Whom it went to; `None` for an address that nobody has.
    pub profile: Option<ProfileId>,
    /// At which address; `None` where it was excluded, or nobody has it.
    pub address: Option<AddressId>,
    /// What it goes out on and what it is for; `None` of a run's, whose configuration says so.
    pub kind: Option<(Channel, Category)>,
    /// What became of it; `None`: nothing yet, the run hasn't come to it.
    pub state: Option<SendState>,
    /// What it waits for by decision.
    pub waits: Option<Deferral>,
    /// Attempts made.
    pub attempts: u32,
    /// When that was.
    pub at: Option<Timestamp>,
    /// The server's code, 0 without one.
    pub code: u16,
    /// What the server said.
    pub detail: Option<String>,
}
