//! People: what is recorded of them, and what comes in.

use std::collections::BTreeMap;

use consent::jurisdiction::Country;
use consent::{
    Address, AddressId, Choice, ConsentWord, EntryId, Field, ListId, Namespace, Origin, Preferred, ProfileId,
    RunId, Source, Target, Timestamp,
};
use smallvec::SmallVec;

use super::Preferences;

/// One value that a recorded change really changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Which value.
    pub target: Target,
    /// What it was.
    pub old: Choice,
    /// What it is now.
    pub new: Choice,
}

/// What became of a [`consent::ConsentChange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The ledger entry; `None` when there was nothing to record. A refusal that is said again has one, with nothing
    /// in `applied`; a double click has none.
    pub entry: Option<EntryId>,
    /// The profile it is about.
    pub profile: ProfileId,
    /// What changed. Values that said the same already, or that outranked the change, aren't in it.
    pub applied: SmallVec<[Applied; 2]>,
    /// How many values were left because what is recorded outranks the change.
    pub outranked: u32,
}

/// A ledger entry as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its index in the log.
    pub id: EntryId,
    /// Whose.
    pub profile: ProfileId,
    /// The address that the change named, if any.
    pub address: Option<AddressId>,
    /// What it changed.
    pub applied: SmallVec<[Applied; 2]>,
    /// When the person made the choice, if known.
    pub occurred_at: Option<Timestamp>,
    /// When it was recorded.
    pub received_at: Timestamp,
    /// Through which door.
    pub source: Source,
    /// The run whose message it answers.
    pub run: Option<RunId>,
    /// What proves it; empty once erased or when there was none.
    pub evidence: consent::Evidence,
}

/// A page of [`Entry`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Whether there are older ones.
    pub more: bool,
}

/// One consent value in an imported row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowConsent {
    /// Which value. An [`RowTarget::Identity`] names its address.
    pub target: RowTarget,
    /// The choice.
    pub choice: Choice,
    /// When it was made, if the row says.
    pub at: Option<Timestamp>,
    /// Reason given, XDM `reason`.
    pub reason: Option<String>,
}

/// Which value an imported consent sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowTarget {
    /// A field of the profile.
    Field(Field),
    /// A field of one address; the address is added to the profile if it isn't there.
    Identity(Address, Field),
    /// A list, by id.
    List(ListId),
}

/// One person in an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRow {
    /// Whether the row brings the person in. An operator's does, also whoever had only turned up until then, unless all
    /// that it says is no: a list of refusals makes nobody a recipient.
    pub origin: Origin,
    /// The brand's own id of the person.
    pub external_id: Option<String>,
    /// Addresses, the first of each namespace being the one that messages go to.
    pub addresses: Vec<Address>,
    /// BCP 47 tag. `None` leaves what is recorded; so for the next two.
    pub locale: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Country.
    pub country: Option<Country>,
    /// Attributes to set, a JSON object as text; members that it doesn't name stay.
    pub attributes: Option<String>,
    /// Consents to record. Values with the same `at` and `reason` become one ledger entry.
    pub consents: Vec<RowConsent>,
    /// Preferred channel to set.
    pub preferred: Option<Preferred>,
    /// What the row's consent document holds beside its values, see [`consent::xdm::Document::remainder`].
    pub remainder: Option<String>,
    /// When the row reached us.
    pub received_at: Timestamp,
    /// What proves its consents: the file, its hash and the line.
    pub evidence: Option<String>,
}

/// An operator's row, of somebody without an address.
impl Default for ProfileRow {
    fn default() -> Self {
        Self {
            origin: Origin::Operator,
            external_id: None,
            addresses: Vec::new(),
            locale: None,
            time_zone: None,
            country: None,
            attributes: None,
            consents: Vec::new(),
            preferred: None,
            remainder: None,
            received_at: Timestamp::default(),
            evidence: None,
        }
    }
}

impl ProfileRow {
    /// Whether it brings in a person who had only turned up.
    pub(crate) fn brings_in(&self) -> bool {
        let only_refuses =
            !self.consents.is_empty() && self.consents.iter().all(|consent| consent.choice.is_no());
        self.origin == Origin::Operator && !only_refuses
    }
}

/// What became of an imported row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// A new profile.
    Created(ProfileId),
    /// A profile that was there, changed.
    Updated(ProfileId),
    /// Nothing to change.
    Unchanged(ProfileId),
    /// Applied without the addresses that another profile owns.
    Without {
        /// What became of the rest.
        outcome: Box<Self>,
        /// Which were left out, and why.
        left_out: Vec<String>,
    },
    /// Not applied, for this reason (a sentence without personal data). A refusal in it was recorded all the same
    /// where its address is known.
    Rejected(String),
}

/// An address and the profile that owns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressOwner {
    /// The address.
    pub address: AddressId,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its raw form.
    pub raw: String,
    /// Its owner.
    pub profile: ProfileId,
    /// The consent generation, raised by each deliberate yes of the person after a no to the address, its channel or
    /// all marketing; not by a yes to a list, which leaves links to wider levels as they are.
    pub epoch: u32,
    /// The owner's locale, for pages; the language that the person chose comes before the imported locale.
    pub locale: Option<String>,
}

/// A value with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The choice.
    pub choice: Choice,
    /// When it was made; [`Timestamp::UNDATED`] if nobody said.
    pub at: Timestamp,
    /// The entry that set it.
    pub entry: EntryId,
    /// Reason given, XDM `reason`.
    pub reason: Option<String>,
}

/// An address within a [`ProfileView`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressView {
    /// Its id.
    pub id: AddressId,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its raw form.
    pub raw: String,
    /// Its own choices.
    pub values: BTreeMap<Field, Held>,
    /// The consent generation.
    pub epoch: u32,
}

/// All that is known of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileView {
    /// Its id.
    pub id: ProfileId,
    /// The brand's own id.
    pub external_id: Option<String>,
    /// BCP 47 tag; the language that the person chose comes before the imported locale.
    pub locale: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Country.
    pub country: Option<Country>,
    /// What the person prefers, beside its choices.
    pub preferences: Preferences,
    /// Attributes, a JSON object as text.
    pub attributes: String,
    /// Its choices.
    pub word: ConsentWord,
    /// Its choices with time and entry.
    pub values: BTreeMap<Field, Held>,
    /// Addresses, the first of each namespace being the one that messages go to.
    pub addresses: Vec<AddressView>,
    /// Values for lists, with the list's name.
    pub subscriptions: Vec<(ListId, String, Held)>,
    /// What its consent document holds beside the values.
    pub remainder: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Somebody who was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What was found: the key of an address, or an id of the brand's.
    pub text: String,
    /// Whose it is.
    pub profile: ProfileId,
}
