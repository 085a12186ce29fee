//! The rows that recording reads and writes, whichever engine keeps them.
//!
//! What is written is seen by what is read after it. Nothing of it is durable before the operation's transaction is.

use consent::{
    AddressId, Choice, EntryId, Evidence, ListId, Namespace, ProfileId, RunId, Source, Stamp, Timestamp,
    WorkspaceId,
};
use smallvec::SmallVec;

use super::record::AddressState;
use super::stamps::Values;
use crate::api::Result;
use crate::types::{AddressOwner, Applied, HistoryPage};

/// What a profile has beside its consent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub external_id: Option<String>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub country: Option<String>,
    pub remainder: Option<String>,
    pub attributes: Option<String>,
}

/// An address with where it stands.
pub(crate) struct AddressRow {
    pub state: AddressState,
    /// The namespace's code.
    pub namespace: i64,
    /// Among the profile's addresses of the namespace, from 0.
    pub position: i64,
    pub key: String,
    /// `None` where it equals the key.
    pub raw: Option<String>,
}

/// A ledger entry to write.
pub(crate) struct NewEvent<'a> {
    pub profile: ProfileId,
    pub address: Option<AddressId>,
    pub run: Option<RunId>,
    pub occurred_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub source: &'a Source,
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
    pub sets: SmallVec<[Applied; 2]>,
    pub commitment: Option<[u8; 32]>,
}

/// The rows of one workspace.
pub(crate) trait Rows {
    /// The id that the next [`Self::insert_event`] gets.
    fn next_entry(&mut self) -> Result<EntryId>;
    fn new_profile_id(&mut self) -> Result<ProfileId>;
    fn new_address_id(&mut self) -> Result<AddressId>;

    /// The code of a namespace; `None` for one of the brand's own that no address has used yet.
    fn namespace(&mut self, namespace: &Namespace) -> Result<Option<i64>>;
    /// The code of a namespace, given out if need be.
    fn namespace_or_new(&mut self, namespace: &Namespace) -> Result<i64>;

    fn profile(&mut self, id: ProfileId) -> Result<Option<Values>>;
    fn details(&mut self, id: ProfileId) -> Result<Option<Details>>;
    fn profile_of_external_id(&mut self, external_id: &str) -> Result<Option<ProfileId>>;
    fn insert_profile(
        &mut self,
        id: ProfileId,
        values: &Values,
        details: &DetailsRef<'_>,
        created_at: Timestamp,
    ) -> Result<()>;
    fn save_profile(&mut self, id: ProfileId, values: &Values) -> Result<()>;
    fn save_details(&mut self, id: ProfileId, details: &Details) -> Result<()>;
    /// Whether a profile stands for nothing but its address: no import has ever been about it.
    fn is_unclaimed(&mut self, id: ProfileId) -> Result<bool>;
    fn note_unclaimed(&mut self, id: ProfileId) -> Result<()>;
    fn note_claimed(&mut self, id: ProfileId) -> Result<()>;
    /// The profile that a profile has been merged into.
    fn merged_into(&mut self, id: ProfileId) -> Result<Option<ProfileId>>;
    fn note_merged(&mut self, from: ProfileId, into: ProfileId) -> Result<()>;

    fn find_address(&mut self, namespace: i64, key: &str) -> Result<Option<AddressState>>;
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
    fn save_address(&mut self, state: &AddressState) -> Result<()>;
    fn place_address(&mut self, id: AddressId, position: i64, raw: Option<&str>) -> Result<()>;
    /// Outdates the links of all of a profile's addresses.
    fn raise_epochs(&mut self, profile: ProfileId) -> Result<()>;
    /// Moves a profile's addresses to another, all at `position`.
    fn move_addresses(&mut self, from: ProfileId, into: ProfileId, position: i64) -> Result<()>;

    fn list_exists(&mut self, list: ListId) -> Result<bool>;
    fn subscription(&mut self, profile: ProfileId, list: ListId) -> Result<Option<(Choice, Stamp)>>;
    fn subscriptions_of(&mut self, profile: ProfileId) -> Result<Vec<(ListId, Choice, Stamp)>>;
    fn save_subscription(
        &mut self,
        profile: ProfileId,
        list: ListId,
        choice: Choice,
        stamp: Stamp,
    ) -> Result<()>;
    fn remove_subscriptions(&mut self, profile: ProfileId) -> Result<()>;

    /// Writes a ledger entry under the id that [`Self::next_entry`] told.
    fn insert_event(&mut self, event: &NewEvent<'_>) -> Result<()>;
    fn event(&mut self, entry: EntryId) -> Result<Option<Event>>;
    /// What proves an entry; empty once erased or when there was none.
    fn evidence(&mut self, entry: EntryId) -> Result<Evidence>;
    /// A profile's entries before `before`, newest first, with those of profiles merged into it.
    fn history(&mut self, profile: ProfileId, before: EntryId, limit: usize) -> Result<HistoryPage>;
    /// Whether a file has said an entry's refusal again with a later time.
    fn is_repeated(&mut self, entry: EntryId) -> Result<bool>;
    fn note_repeated(&mut self, entry: EntryId) -> Result<()>;
}

/// [`Details`] that are only lent.
#[derive(Clone, Copy, Default)]
pub(crate) struct DetailsRef<'a> {
    pub external_id: Option<&'a str>,
    pub locale: Option<&'a str>,
    pub time_zone: Option<&'a str>,
    pub country: Option<&'a str>,
    pub remainder: Option<&'a str>,
    pub attributes: Option<&'a str>,
}
