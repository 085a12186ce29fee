//! What a decision reads: about the recipient, the message, and the workspace.

use super::Detail;
use crate::jurisdiction::Country;
use crate::{Category, Channel, Choice, ConsentWord, Field, Timestamp};

/// Whether there is an address to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A well-formed address of the channel; for push, a live token.
    Reachable,
    /// None at all.
    Missing,
    /// One that no message can be sent to.
    Malformed,
    /// A push token that the provider called dead.
    TokenDead,
}

/// What the suppression list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suppressed {
    /// Neither address nor domain.
    No,
    /// The address.
    Address,
    /// The address's domain.
    Domain,
    /// The address, and for no other reason than that its owner reported a message as spam.
    Complaint,
}

/// What the allow list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allow {
    /// It isn't active.
    Off,
    /// It is active and holds the address or its domain.
    Listed,
    /// It is active and holds neither. Active and empty is the emergency brake.
    NotListed,
}

/// Whether a limit on how much or when holds a message back. Which limit it is stands in the [`Detail`].
///
/// A transactional message meets only the limits whose rule names transactional messages: for the others the fact is
/// [`Limit::Within`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// None does.
    Within,
    /// It waits until then.
    Until(Timestamp, Detail),
    /// It is left out.
    Over(Detail),
}

/// All that the decision reads about one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts that don't depend on each other, each read by a row of its own"
)]
pub struct Recipient {
    /// Row 1.
    pub reach: Reach,
    /// Row 2.
    pub suppressed: Suppressed,
    /// Row 3.
    pub allow: Allow,
    /// Row 4: this recipient has blocked the message's sender.
    pub sender_blocked: bool,
    /// Row 8: a reply from this address may be a refusal, and waits for a person to read it.
    pub held: bool,
    /// The profile's choices.
    pub profile: ConsentWord,
    /// The choices of this one address (XDM `idSpecific`).
    pub identity: ConsentWord,
    /// The profile's value for the list that the message is bound to.
    pub subscription: Choice,
    /// The profile's country, for the jurisdiction pack.
    pub country: Option<Country>,
    /// Row 13: the person has asked for a pause, which isn't over.
    pub paused: bool,
    /// Row 13: on this channel the person has lately had as many messages as it asked for ([`crate::Pace`]).
    pub paced: bool,
    /// Row 12: the policy that refuses the message, where one does.
    pub policy: Option<Detail>,
    /// Row 14: the workspace's frequency caps.
    pub cap: Limit,
    /// Row 15: quiet hours.
    pub quiet: Limit,
}

impl Recipient {
    /// Somebody reachable whom the brand knows, and of whom nothing else is known.
    pub const UNKNOWN: Self = Self {
        reach: Reach::Reachable,
        suppressed: Suppressed::No,
        allow: Allow::Off,
        sender_blocked: false,
        held: false,
        profile: ConsentWord::EMPTY,
        identity: ConsentWord::EMPTY,
        subscription: Choice::Unset,
        country: None,
        paused: false,
        paced: false,
        policy: None,
        cap: Limit::Within,
        quiet: Limit::Within,
    };

    /// Whether content may be personalised: neither profile nor address refuses `personalize.content`.
    pub fn personalization_allowed(&self) -> bool {
        !self.profile.get(Field::PersonalizeContent).is_no()
            && !self.identity.get(Field::PersonalizeContent).is_no()
    }
}

/// The state of the list that a message is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Its start lies ahead.
    NotStarted,
    /// In use.
    Live,
    /// Its end has passed.
    Expired,
}

/// All that the decision reads about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The channel it goes out on.
    pub channel: Channel,
    /// Marketing or transactional.
    pub category: Category,
    /// The list that it is bound to, if any.
    pub list: Option<ListState>,
    /// Whether a transactional message goes to somebody who reported a message as spam, as its configuration says. Marketing
    /// never does.
    pub after_complaint: bool,
}

/// The workspace's settings that decisions read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What an empty choice means, per channel, by [`Channel`] code - 1. Unset is the product's default: consent.
    pub defaults: [Choice; 8],
    /// Whether `LI CT CP VI PI` permit.
    pub named_basis_permits: bool,
    /// Whether opt-in places want an express yes or a named basis.
    pub jurisdiction_pack: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { defaults: [Choice::Unset; 8], named_basis_permits: true, jurisdiction_pack: false }
    }
}

impl Rules {
    /// What an empty choice means on a channel.
    pub fn default_for(&self, channel: Channel) -> Choice {
        self.defaults[channel as usize - 1]
    }
}
