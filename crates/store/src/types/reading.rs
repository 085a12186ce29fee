//! What decisions and rendering read.

use consent::{AddressId, Channel, ListId, Pace, ProfileId, Recipient, RunId, Timestamp};

/// Most profiles in one [`ReadingQuery`].
pub const READ_MAX: usize = 4096;

/// What [`crate::Store::read`] is asked for.
#[derive(Clone, Debug)]
pub struct ReadingQuery {
    /// Whom, at most [`crate::READ_MAX`].
    pub profiles: Vec<ProfileId>,
    /// The channel that a message would go out on: decides which address is read.
    pub channel: Channel,
    /// An address other than the profile's first, e.g. that of a question about one address. One per profile.
    pub addresses: Option<Vec<AddressId>>,
    /// The list that the message is bound to.
    pub list: Option<ListId>,
    /// Who sends, for senders that a recipient can block.
    pub sender: Option<String>,
    /// The run that asks: what it has claimed itself doesn't count towards anybody's pace.
    pub run: Option<RunId>,
    /// Whether attributes, locale and time zone are wanted too (for rendering).
    pub with_attributes: bool,
    /// For list and suppression expiry, pauses and paces.
    pub now: Timestamp,
}

/// What decisions and rendering read about one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whose.
    pub profile: ProfileId,
    /// What the decision reads; [`consent::decide::Reach::Missing`] without an address.
    pub recipient: Recipient,
    /// The address that the message would go to.
    pub address: Option<(AddressId, String)>,
    /// The address's consent generation.
    pub epoch: u32,
    /// How often marketing may come.
    pub pace: Pace,
    /// BCP 47 tag, if asked for and known; the one that the person chose comes before the imported one.
    pub locale: Option<String>,
    /// IANA zone, if asked for and known.
    pub time_zone: Option<String>,
    /// The brand's own id, if asked for and known.
    pub external_id: Option<String>,
    /// Attributes as JSON text, if asked for.
    pub attributes: Option<String>,
}
