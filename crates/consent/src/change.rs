//! A change of consent on its way in, and the rule by which it wins or loses against what is recorded.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::Duration;

use crate::{Address, AddressId, Channel, Choice, EntryId, Field, ListId, ProfileId, RunId, Timestamp};

/// How far an opt-out reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Level {
    /// All channels of the profile (`marketing.any`).
    Any = 0,
    /// One channel of the profile, whatever the address.
    Channel = 1,
    /// This one address (XDM `idSpecific`).
    Identity = 2,
    /// One subscription list.
    Subscription = 3,
}

impl Level {
    /// Every level, in the order of its code.
    pub const ALL: [Self; 4] = [Self::Any, Self::Channel, Self::Identity, Self::Subscription];

    /// `any`, `channel`, `identity` or `subscription`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Channel => "channel",
            Self::Identity => "identity",
            Self::Subscription => "subscription",
        }
    }

    /// The target that this level means on a channel; `None` for a subscription without a list.
    pub fn target(self, channel: Channel, list: Option<ListId>) -> Option<Target> {
        Some(match self {
            Self::Any => Target::Field(Field::Any),
            Self::Channel => Target::Field(channel.field()),
            Self::Identity => Target::Identity(channel.field()),
            Self::Subscription => Target::List(list?),
        })
    }
}

impl std::str::FromStr for Level {
    type Err = crate::field::UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or(crate::field::UnknownName("any, channel, identity, subscription"))
    }
}

/// Through which door a change came in; XDM `source`, at most 15 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Source(Cow<'static, str>);

/// A text that can't be a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a source; use 1 to 15 of the characters a-z, 0-9, `_` and `-`")]
pub struct InvalidSource;

impl Source {
    /// Longest source, in characters (XDM `source`).
    pub const LENGTH_MAX: usize = 15;
    /// The one-click POST of RFC 8058, from the List-Unsubscribe header.
    pub const ONE_CLICK: Self = Self(Cow::Borrowed("one_click"));
    /// A button on one of our pages.
    pub const PAGE: Self = Self(Cow::Borrowed("page"));
    /// "Undo" on one of our pages.
    pub const UNDO: Self = Self(Cow::Borrowed("undo"));
    /// A file of people and their consents.
    pub const IMPORT: Self = Self(Cow::Borrowed("import"));
    /// Someone at the brand, on the person's behalf.
    pub const OPERATOR: Self = Self(Cow::Borrowed("operator"));
    /// A mail to the address in the List-Unsubscribe header (RFC 2369).
    pub const MAILTO: Self = Self(Cow::Borrowed("mailto"));
    /// A report of spam, by a mailbox provider (RFC 5965) or a relay service.
    pub const COMPLAINT: Self = Self(Cow::Borrowed("complaint"));
    /// An opt-out that a relay service took and told us about.
    pub const WEBHOOK: Self = Self(Cow::Borrowed("webhook"));
    /// A text message that the person sent.
    pub const SMS: Self = Self(Cow::Borrowed("sms"));
    /// A provider's own opt-out list, or its refusal to send because of that.
    pub const PROVIDER: Self = Self(Cow::Borrowed("provider"));
    /// An import that was taken back.
    pub const IMPORT_UNDO: Self = Self(Cow::Borrowed("import_undo"));
    /// A program, through the HTTP interface.
    pub const API: Self = Self(Cow::Borrowed("api"));
    /// A self-test of the ways out, at an address of the operator's own: no statement of a person's, and for reports to
    /// leave out.
    pub const SELF_TEST: Self = Self(Cow::Borrowed("selftest"));
    /// A form in which somebody typed an address: it may be anybody's.
    pub const FORM: Self = Self(Cow::Borrowed("form"));
    /// The deliberate POST by which the owner of an address confirms an opt-in (double opt-in).
    pub const CONFIRM: Self = Self(Cow::Borrowed("confirm"));
    /// A browser's Global Privacy Control signal.
    pub const GPC: Self = Self(Cow::Borrowed("gpc"));

    /// The source's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the person acted just now, unlike in a file of old choices.
    pub fn is_live(&self) -> bool {
        *self != Self::IMPORT
    }

    /// Whether files or programs tell it, which also tell what nobody said.
    fn is_told(&self) -> bool {
        *self == Self::IMPORT || *self == Self::API
    }

    /// Whether a yes from here is a deliberate new subscription, which outdates the links sent before it.
    pub fn renews(&self) -> bool {
        self.is_live() && ![Self::UNDO, Self::IMPORT_UNDO, Self::SELF_TEST].contains(self)
    }
}

impl std::str::FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let fits = (1..=Self::LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if fits { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(InvalidSource) }
    }
}

/// By whose act somebody comes to be known. It says what an address gets that nobody has: a person whom the brand brought
/// in is sent marketing unless the workspace's default says otherwise, a person who only turned up isn't before they say
/// yes ([`crate::ConsentWord::NO_DEFAULT`]).
///
/// Every operation that may make a profile asks for it. There is no default: whoever forgets it would make a marketing
/// recipient of an address that somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Somebody at the brand, or a program of the brand's, who brings the person in as one to be sent to.
    Operator,
    /// Anybody else, and whatever else: a form, a text, a bounce, a complaint, a webhook, a list of refusals, an opt-out
    /// that somebody took down.
    Stranger,
}

/// Whose consent changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A profile that is known.
    Profile(ProfileId),
    /// An address that is known, as a link names it, and the profile that owns it.
    Address(AddressId),
    /// An address as someone typed it. One never seen before is kept, and binds when it turns up (I7). By an operator, the
    /// change also brings in a person who had only turned up until then.
    Named(Address, Origin),
}

/// Which value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A field of the profile.
    Field(Field),
    /// A field of the one address that the subject names (XDM `idSpecific`).
    Identity(Field),
    /// A subscription list.
    List(ListId),
}

/// What proves a change, kept apart from the ledger so that it can be erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// Network address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ip: Option<String>,
    /// User agent of the request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_agent: Option<String>,
    /// What the person wrote or agreed to, as received.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub raw: Option<String>,
    /// Reason given, XDM `reason`, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// For an entry about preferences, which sets no choice: what was asked for, e.g. `pace=weekly language=de`. The store
    /// writes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preferences: Option<String>,
    /// Who made the change through an operators' interface, e.g. `cli:ada`; absent where the person did, and in evidence of
    /// before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actor: Option<String>,
}

impl Evidence {
    /// Longest reason, in characters (XDM `reason`).
    pub const REASON_LENGTH_MAX: usize = 255;

    /// Whether there is anything to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One change of consent. The store's `record` is the only way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentChange {
    /// Whose.
    pub subject: Subject,
    /// Which values, and what they become. Never empty, each target once.
    pub sets: smallvec::SmallVec<[(Target, Choice); 2]>,
    /// When the person made the choice; `None` when the file doesn't say.
    pub occurred_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Through which door.
    pub source: Source,
    /// The run whose message it answers.
    pub run: Option<RunId>,
    /// What proves it.
    pub evidence: Evidence,
}

/// What is recorded for one value beside the choice itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the choice was made; [`Timestamp::UNDATED`] when nobody said.
    pub at: Timestamp,
    /// The ledger entry that set it: source, reason and evidence are found there.
    pub entry: EntryId,
}

/// What becomes of one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is recorded, at this time.
    Apply {
        /// When it counts from.
        at: Timestamp,
    },
    /// It says what is recorded already.
    Unchanged,
    /// It is older than what is recorded, or loses a tie, or is undated and may not override.
    Outranked,
}

/// How far ahead of ours the clock of whoever wrote a file may be. A yes from further ahead counts as undated.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_hours(24);

/// Decides between what is recorded for one value and a change of it (I8).
///
/// - The later `occurred_at` wins; at the same time the more restrictive choice wins, so the no wins a tie, and the
///   outcome doesn't depend on the order of arrival. A time in the future counts as the time of receipt; consent from
///   more than [`CLOCK_SKEW_MAX`] ahead counts as undated.
/// - A recorded no gives way in an import only to an express, dated, later yes (`y`): not to `u`, a default or a named
///   basis, which an export holds for everybody of whom nothing newer is known. Nor do these outlast a no that is
///   dated before them. What a program tells lifts a no by `y` alone, too.
/// - Undated consent fills an empty value, and overrides nothing that has a date.
/// - An undated *no* counts from the moment it arrives (I9: a list of refusals without dates must bind).
/// - A no that a person says live always wins, even against a clock that went backwards (I1).
pub fn resolve(current: Option<(Choice, Stamp)>, choice: Choice, change: &ConsentChange) -> Resolution {
    let received_at = change.received_at;
    let credible = |at: &Timestamp| choice.is_no() || *at <= received_at.plus(CLOCK_SKEW_MAX);
    let occurred_at = change.occurred_at.filter(credible).map(|at| at.min(received_at));
    let Some((held, stamp)) = current else {
        let undated = if choice.is_no() { received_at } else { Timestamp::UNDATED };
        let at = occurred_at.unwrap_or(undated);
        return if choice == Choice::Unset { Resolution::Unchanged } else { Resolution::Apply { at } };
    };
    if choice.is_no() && change.source.is_live() {
        let at = occurred_at.unwrap_or(received_at).max(stamp.at);
        return if held == choice && stamp.at == at {
            Resolution::Unchanged
        } else {
            Resolution::Apply { at }
        };
    }
    let from_the_future = change.occurred_at.is_some_and(|at| at > received_at);
    if held == choice && (occurred_at.is_none() || from_the_future) {
        return Resolution::Unchanged;
    }
    if held.is_no() && !choice.is_no() && choice != Choice::Yes && change.source.is_told() {
        return Resolution::Outranked;
    }
    let Some(at) = occurred_at else {
        return resolve_undated(held, stamp, choice, received_at);
    };
    if choice.is_no() && !held.is_no() && held != Choice::Yes {
        return Resolution::Apply { at: at.max(stamp.at) };
    }
    match at.cmp(&stamp.at) {
        Ordering::Greater => Resolution::Apply { at },
        Ordering::Equal if held == choice => Resolution::Unchanged,
        Ordering::Equal if restriction(choice) > restriction(held) => Resolution::Apply { at },
        _ => Resolution::Outranked,
    }
}

fn resolve_undated(held: Choice, stamp: Stamp, choice: Choice, received_at: Timestamp) -> Resolution {
    if choice.is_no() && !held.is_no() {
        Resolution::Apply { at: received_at.max(stamp.at) }
    } else if stamp.at == Timestamp::UNDATED && restriction(choice) > restriction(held) {
        Resolution::Apply { at: Timestamp::UNDATED }
    } else {
        Resolution::Outranked
    }
}

/// Orders choices by how little they allow; total, so that ties end the same way whatever came first.
fn restriction(choice: Choice) -> u8 {
    let rank = match choice {
        Choice::No => 5,
        Choice::DefaultNo => 4,
        Choice::Pending => 3,
        choice if choice.is_named_basis() => 2,
        Choice::Unknown => 1,
        _ => 0,
    };
    rank << 4 | choice.code()
}

#[cfg(test)]
mod tests;
