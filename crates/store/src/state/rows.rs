//! The rows that recording reads and writes, whichever engine keeps them.
//!
//! What is written is seen by what is read after it. Nothing of it is durable before the operation's transaction is.

use std::borrow::Cow;

use consent::{
    Address, AddressId, Choice, EntryId, Evidence, ListId, Namespace, ProfileId, RunId, Source, Stamp,
    Timestamp, WorkspaceId,
};
use smallvec::SmallVec;

use super::stamps::{LeafForm, Values};
use crate::error::Result;
use crate::sql::Db;
use crate::types::{AddressOwner, Applied, HistoryPage};

/// What a profile has beside its consent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details<'a> {
    /// The brand's own id of the person.
    pub external_id: Option<Cow<'a, str>>,
    /// BCP 47 tag.
    pub locale: Option<Cow<'a, str>>,
    /// IANA zone.
    pub time_zone: Option<Cow<'a, str>>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<Cow<'a, str>>,
    /// What its consent document holds beside its values, a JSON object.
    pub remainder: Option<Cow<'a, str>>,
    /// A JSON object.
    pub attributes: Option<Cow<'a, str>>,
}

/// An address's consent in memory.
#[derive(Clone)]
pub(crate) struct AddressState {
    /// Which address.
    pub id: AddressId,
    /// Its owner.
    pub profile: ProfileId,
    /// Its choices.
    pub values: Values,
    /// Its consent generation.
    pub epoch: u32,
}

/// An address with where it stands.
#[derive(Clone)]
pub(crate) struct AddressRow {
    /// Its id, owner and consent.
    pub state: AddressState,
    /// The namespace's code.
    pub namespace: i64,
    /// Among the profile's addresses of the namespace, from 0.
    pub position: i64,
    /// What it is found by.
    pub key: String,
    /// As it was given; `None` where that equals the key.
    pub raw: Option<String>,
}

/// The raw form's column: `None` where it equals the key.
pub(crate) fn raw(address: &Address) -> Option<&str> {
    (address.raw() != address.key()).then_some(address.raw())
}

/// A ledger entry to write.
pub(crate) struct NewEvent<'a> {
    /// Whose.
    pub profile: ProfileId,
    /// The address that the change named, if any.
    pub address: Option<AddressId>,
    /// The run whose message it answers.
    pub run: Option<RunId>,
    /// When the person made the choice, if known.
    pub occurred_at: Option<Timestamp>,
    /// When it is recorded.
    pub received_at: Timestamp,
    /// Through which door.
    pub source: &'a Source,
    /// What it changes.
    pub sets: &'a [Applied],
    /// Salt, JSON text and commitment.
    pub evidence: Option<(&'a [u8], &'a str, [u8; 32])>,
}

/// A ledger entry without its evidence.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub id: EntryId,
    pub workspace: WorkspaceId,
    pub profile: ProfileId,
    pub address: Option<AddressId>,
    pub run: Option<RunId>,
    pub occurred_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub source: Source,
    /// The form of its leaf.
    pub form: LeafForm,
    pub sets: SmallVec<[Applied; 2]>,
    pub commitment: Option<[u8; 32]>,
}

/// The rows of one workspace.
pub(crate) trait Rows {
    /// The engine's connection.
    type Db: Db;

    /// For tables beside these, which few operations read: the connection, and the workspace.
    fn beside(&self) -> (&Self::Db, WorkspaceId);
    /// The same, to write there, in the operation's transaction.
    fn write_beside(&mut self) -> (&Self::Db, WorkspaceId);

    /// The id that the next [`Self::insert_event`] gets.
    fn next_entry(&mut self) -> Result<EntryId>;
    /// Gives out the id of a new profile.
    fn new_profile_id(&mut self) -> Result<ProfileId>;
    /// Gives out the id of a new address.
    fn new_address_id(&mut self) -> Result<AddressId>;

    /// The code of a namespace; `None` for one of the brand's own that no address has used yet.
    fn namespace(&mut self, namespace: &Namespace) -> Result<Option<i64>>;
    /// The code of a namespace, given out if need be.
    fn namespace_or_new(&mut self, namespace: &Namespace) -> Result<i64>;

    /// A profile's consent.
    fn profile(&mut self, id: ProfileId) -> Result<Option<Values>>;
    /// A profile's consent, and what it has beside it.
    fn details(&mut self, id: ProfileId) -> Result<Option<(Values, Details<'static>)>>;
    /// The profile with an external id.
    fn profile_of_external_id(&mut self, external_id: &str) -> Result<Option<ProfileId>>;
    /// Writes a new profile.
    fn insert_profile(
        &mut self,
        id: ProfileId,
        values: &Values,
        details: &Details<'_>,
        created_at: Timestamp,
    ) -> Result<()>;
    /// Writes a profile's consent.
    fn save_profile(&mut self, id: ProfileId, values: &Values) -> Result<()>;
    /// Writes what a profile has beside its consent.
    fn save_details(&mut self, id: ProfileId, details: &Details<'_>) -> Result<()>;
    /// Whether a profile stands for nothing but its address: no import has ever been about it.
    fn is_unclaimed(&mut self, id: ProfileId) -> Result<bool>;
    /// Notes that a new profile stands for nothing but its address.
    fn note_unclaimed(&mut self, id: ProfileId) -> Result<()>;
    /// Notes that an import is about a profile.
    fn note_claimed(&mut self, id: ProfileId) -> Result<()>;
    /// The profile that a profile has been merged into.
    fn merged_into(&mut self, id: ProfileId) -> Result<Option<ProfileId>>;
    /// Notes that a profile has been merged into another.
    fn note_merged(&mut self, from: ProfileId, into: ProfileId) -> Result<()>;

    /// Finds an address by its key.
    fn find_address(&mut self, namespace: i64, key: &str) -> Result<Option<AddressState>>;
    /// Whether there may be an address with this former key of a key: a look that costs less than finding it, for many.
    fn may_have_former(&mut self, _namespace: i64, _key: &str, _former: &str) -> Result<bool> {
        Ok(true)
    }
    /// An address by its id.
    fn address(&mut self, id: AddressId) -> Result<Option<AddressState>>;
    /// What links and pages know of an address.
    fn owner(&mut self, id: AddressId) -> Result<Option<AddressOwner>>;
    /// A profile's addresses, by namespace, position and id.
    fn addresses_of(&mut self, profile: ProfileId) -> Result<Vec<AddressRow>>;
    /// Writes a new address unless its key is taken; whether it did.
    fn insert_address(
        &mut self,
        state: &AddressState,
        namespace: i64,
        position: i64,
        key: &str,
        raw: Option<&str>,
    ) -> Result<bool>;
    /// Takes back an address that the same operation has inserted.
    fn remove_address(&mut self, id: AddressId) -> Result<()>;
    /// Writes an address's consent and epoch.
    fn save_address(&mut self, state: &AddressState) -> Result<()>;
    /// Writes where an address stands among its profile's, and its raw form.
    fn place_address(&mut self, id: AddressId, position: i64, raw: Option<&str>) -> Result<()>;
    /// Outdates the links of all of a profile's addresses.
    fn raise_epochs(&mut self, profile: ProfileId) -> Result<()>;
    /// Moves a profile's addresses to another, all at `position`.
    fn move_addresses(&mut self, from: ProfileId, into: ProfileId, position: i64) -> Result<()>;

    /// Whether there is a list with this id.
    fn list_exists(&mut self, list: ListId) -> Result<bool>;
    /// What is recorded for a list.
    fn subscription(&mut self, profile: ProfileId, list: ListId) -> Result<Option<(Choice, Stamp)>>;
    /// All that is recorded for lists, by list.
    fn subscriptions_of(&mut self, profile: ProfileId) -> Result<Vec<(ListId, Choice, Stamp)>>;
    /// Records a choice for a list.
    fn save_subscription(
        &mut self,
        profile: ProfileId,
        list: ListId,
        choice: Choice,
        stamp: Stamp,
    ) -> Result<()>;
    /// Removes all that is recorded for lists.
    fn remove_subscriptions(&mut self, profile: ProfileId) -> Result<()>;

    /// Writes a ledger entry under the id that [`Self::next_entry`] told.
    fn insert_event(&mut self, event: &NewEvent<'_>) -> Result<()>;
    /// An entry without its evidence.
    fn event(&mut self, entry: EntryId) -> Result<Option<Event>>;
    /// What proves an entry; empty once erased or when there was none.
    fn evidence(&mut self, entry: EntryId) -> Result<Evidence>;
    /// A profile's entries before `before`, newest first, with those of profiles merged into it.
    fn history(&mut self, profile: ProfileId, before: EntryId, limit: usize) -> Result<HistoryPage>;
    /// Whether a file has said an entry's refusal again with a later time.
    fn is_repeated(&mut self, entry: EntryId) -> Result<bool>;
    /// Notes that a file has said an entry's refusal again with a later time; more than once does no harm.
    fn note_repeated(&mut self, entry: EntryId) -> Result<()>;
}
