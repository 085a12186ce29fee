//! What comes back about messages after they were handed over.

use consent::{Address, AddressId, BounceReason, ProfileId, RunId, Timestamp};

use super::SuppressionCategory;

/// Most pieces of feedback at once.
pub const FEEDBACK_MAX: usize = 1_000;

/// What makes one piece of feedback unique, whatever it came through: the first 16 bytes of a SHA-256 over its source
/// and its own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedbackId(pub [u8; 16]);

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedbackKind {
    /// It was delivered: soft bounces so far are forgotten.
    Delivered,
    /// It bounced; hard or soft.
    Bounced {
        /// Why.
        reason: BounceReason,
        /// Whether no further try can help: suppresses at once.
        hard: bool,
    },
    /// It was reported as spam: suppresses at once.
    Complained,
    /// The person opted out by it. Recorded as a change of consent besides.
    Unsubscribed,
    /// It is only noted: something that nobody here knows what to do with.
    Noted,
}

impl FeedbackKind {
    /// `delivered`, `hard_bounce`, `soft_bounce`, `complaint`, `unsubscribe` or `noted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Bounced { hard: true, .. } => "hard_bounce",
            Self::Bounced { hard: false, .. } => "soft_bounce",
            Self::Complained => "complaint",
            Self::Unsubscribed => "unsubscribe",
            Self::Noted => "noted",
        }
    }
}

/// One piece of feedback about one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// What makes it unique.
    pub id: FeedbackId,
    /// What came back.
    pub kind: FeedbackKind,
    /// About whom; `None` only for [`FeedbackKind::Noted`].
    pub address: Option<Address>,
    /// The address's id and owner, where they are known.
    pub owner: Option<(ProfileId, AddressId)>,
    /// The run whose message it is about.
    pub run: Option<RunId>,
    /// When it happened; when it arrived, if nobody said.
    pub at: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What brought it, e.g. `dsn`, `arf`, `webhook:ses-main`. At most 64 bytes.
    pub source: String,
    /// Status and text of a bounce, or what was noted. At most [`Feedback::DETAIL_LENGTH_MAX`] bytes.
    pub detail: String,
}

impl Feedback {
    /// Longest detail, in bytes.
    pub const DETAIL_LENGTH_MAX: usize = 16 * 1024;
    /// Longest source, in bytes.
    pub const SOURCE_LENGTH_MAX: usize = 64;
}

/// When soft bounces suppress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftBounceRule {
    /// After so many, 1 to 20.
    pub limit: u8,
    /// Those closer together than this many microseconds count once.
    pub apart: i64,
    /// One that comes longer than this many microseconds after the one before begins the count anew: most relays never say
    /// that a message was delivered, and five soft bounces in as many years are none of an address that is gone.
    pub lapse: i64,
}

impl Default for SoftBounceRule {
    fn default() -> Self {
        const HOUR: i64 = 3_600 * 1_000_000;
        Self { limit: 5, apart: 24 * HOUR, lapse: 90 * 24 * HOUR }
    }
}

/// What became of a piece of feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was here before; nothing changed.
    Repeated,
    /// It is kept, and suppresses nothing.
    Kept,
    /// It is kept, and by it the address is on the suppression list.
    Suppressed(SuppressionCategory),
}

/// How often something came back, by kind and, for bounces, reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackCount {
    /// What came back; for bounces with the reason.
    pub kind: FeedbackKind,
    /// How often.
    pub count: u64,
}
