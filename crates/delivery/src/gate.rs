//! Permits: the decision, read from the state and good for a second (I1).

use std::sync::Arc;
use std::time::Duration;

use consent::decide::{ListState, Message};
use consent::{
    Address, AddressId, Category, Channel, Clock, Decision, Deferral, Exclusion, ListId, Pace, ProfileId,
    Reason, RunId, SendId, Sent, Trace, WorkspaceId, decide,
};
use roaring::RoaringTreemap;
use store::{Deferred, Reading, ReadingQuery, Store, StoreError};

use crate::person::Person;

/// How long a permit holds, from before the state was read.
pub const LEASE: Duration = Duration::from_secs(1);

/// Leave to send to one person, for a second.
#[derive(Debug, Clone)]
pub struct Permit {
    /// Who.
    pub profile: ProfileId,
    /// What rendering knows.
    pub person: Arc<Person>,
    /// How often this one wants marketing; nothing to other messages.
    pub pace: Pace,
    /// Monotonic time from before the state was read.
    pub issued: Duration,
}

impl Permit {
    /// Whether it still holds at a monotonic time. At its last instant it doesn't any more.
    pub fn still_holds(&self, now: Duration) -> bool {
        now.saturating_sub(self.issued) < LEASE
    }
}

/// Why there is no permit for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// Not yet.
    Deferred(Deferral),
    /// No.
    Excluded(Exclusion),
}

/// The table never permits or defers without an address; if it did, there would be nobody to send to (I9).
const NO_ADDRESS: Exclusion = Exclusion::of(Reason::AddressMissing);

/// The decisions about a batch.
#[derive(Debug, Default)]
pub struct Decided {
    /// Who may be sent to.
    pub permits: Vec<Permit>,
    /// Who may later.
    pub deferred: Vec<Deferred>,
    /// Who may not, and why.
    pub excluded: Vec<(ProfileId, Exclusion)>,
}

/// Decides for one campaign.
#[derive(Clone)]
pub struct Gate {
    /// The state.
    pub store: Store,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Leases are measured with it.
    pub clock: Arc<dyn Clock>,
    /// What messages go out on.
    pub channel: Channel,
    /// Marketing or transactional.
    pub category: Category,
    /// The list that the messages are bound to.
    pub list: Option<ListId>,
    /// The run that asks, once there is one: what it has claimed itself holds nobody back.
    pub run: Option<RunId>,
    /// Whom the run is for: gives each message its id. `None` before there is a run, and for single messages.
    pub audience: Option<Arc<RoaringTreemap>>,
    /// The sender's address, for recipients who blocked it; `None` where no block counts.
    pub sender: Option<String>,
    /// Whether transactional messages go out to people who reported one as spam.
    pub after_complaint: bool,
}

impl Gate {
    /// Reads and decides for at most [`store::READ_MAX`] profiles; `addresses` where it isn't each profile's first one.
    pub async fn decide(
        &self,
        profiles: Vec<ProfileId>,
        addresses: Option<Vec<AddressId>>,
    ) -> Result<Decided, StoreError> {
        // Taken first: whatever is acknowledged after this instant may be missing from what is read.
        let issued = self.clock.monotonic();
        let (readings, message, rules) = self.read(profiles, addresses, true).await?;
        let mut decided = Decided::default();
        for reading in readings {
            match decide(&reading.recipient, &message, &rules) {
                Decision::Exclude(cause) => decided.excluded.push((reading.profile, cause)),
                Decision::Defer(deferral) => match &reading.address {
                    Some((address, _)) => decided.deferred.push(Deferred {
                        profile: reading.profile,
                        address: *address,
                        until: deferral.until,
                        cause: deferral.cause,
                    }),
                    None => decided.excluded.push((reading.profile, NO_ADDRESS)),
                },
                Decision::Permit(_) => {
                    let profile = reading.profile;
                    let pace = match self.category {
                        Category::Marketing => reading.pace,
                        Category::Transactional => Pace::AsItComes,
                    };
                    match person(reading, self.channel, self.sent(profile)) {
                        Some(person) => {
                            let person = Arc::new(person);
                            decided.permits.push(Permit { profile, person, pace, issued });
                        }
                        None => decided.excluded.push((profile, NO_ADDRESS)),
                    }
                }
            }
        }
        Ok(decided)
    }

    /// The message of the run to a member of its audience.
    fn sent(&self, profile: ProfileId) -> Sent {
        let (Some(run), Some(audience)) = (self.run, &self.audience) else { return Sent::Unknown };
        // The rank counts the member itself.
        let place = audience.rank(profile.0.cast_unsigned()).checked_sub(1);
        place.and_then(|place| SendId::in_run(run, place)).map_or(Sent::Run(run), Sent::Message)
    }

    /// What would be decided about one person now, and how; `None` if there is no such profile.
    pub async fn explain(
        &self,
        profile: ProfileId,
        address: Option<AddressId>,
    ) -> Result<Option<(Decision, Trace)>, StoreError> {
        let addresses = address.map(|address| vec![address]);
        let (readings, message, rules) = self.read(vec![profile], addresses, false).await?;
        Ok(readings.first().map(|reading| consent::explain(&reading.recipient, &message, &rules)))
    }

    /// Decides about an address that nobody has: suppression and allow lists count for it, too.
    pub(crate) async fn decide_typed(
        &self,
        address: &Address,
    ) -> Result<Result<Permit, Withheld>, StoreError> {
        let issued = self.clock.monotonic();
        let (_, message, rules) = self.read(Vec::new(), None, false).await?;
        let asked = vec![address.clone()];
        let strangers = self.store.read_strangers(self.workspace, asked, self.clock.now()).await?;
        let Some(recipient) = strangers.into_iter().next() else {
            return Ok(Err(Withheld::Excluded(NO_ADDRESS)));
        };
        Ok(match decide(&recipient, &message, &rules) {
            Decision::Exclude(cause) => Err(Withheld::Excluded(cause)),
            Decision::Defer(deferral) => Err(Withheld::Deferred(deferral)),
            Decision::Permit(_) => {
                let person = Arc::new(nobody(address, self.channel));
                Ok(Permit { profile: ProfileId(0), person, pace: Pace::AsItComes, issued })
            }
        })
    }

    /// What decisions stand on: the readings, the message and the rules, read now.
    pub async fn read(
        &self,
        profiles: Vec<ProfileId>,
        addresses: Option<Vec<AddressId>>,
        with_attributes: bool,
    ) -> Result<(Vec<Reading>, Message, consent::Rules), StoreError> {
        let now = self.clock.now();
        let settings = self.store.settings(self.workspace).await?;
        let list = match self.list {
            // A list that is gone is not live (I9).
            Some(id) => {
                let list = self.store.list_by_id(self.workspace, id).await?;
                Some(list.map_or(ListState::Expired, |list| list.state(now)))
            }
            None => None,
        };
        let query = ReadingQuery {
            profiles,
            channel: self.channel,
            addresses,
            list: self.list,
            sender: self.sender.clone(),
            run: self.run,
            with_attributes,
            now,
        };
        let readings = self.store.read(self.workspace, query).await?;
        let message = Message {
            channel: self.channel,
            category: self.category,
            list,
            after_complaint: self.after_complaint,
        };
        Ok((readings, message, settings.rules()))
    }
}

/// What rendering knows of an address that nobody has.
fn nobody(address: &Address, channel: Channel) -> Person {
    Person {
        address: 0,
        to: address.raw().to_owned(),
        phone: channel != Channel::Email,
        epoch: 0,
        sent: Sent::Unknown,
        personal: false,
        locale: None,
        country: None,
        external_id: None,
        attributes: None,
    }
}

/// What rendering knows of a reading; `None` without an address.
pub(crate) fn person(reading: Reading, channel: Channel, sent: Sent) -> Option<Person> {
    let (address, to) = reading.address?;
    let personal = reading.recipient.personalization_allowed();
    Some(Person {
        address: address.0,
        to,
        phone: channel != Channel::Email,
        epoch: reading.epoch,
        sent,
        personal,
        locale: reading.locale,
        country: reading.recipient.country.map(|country| country.as_str().to_owned()),
        external_id: reading.external_id,
        attributes: reading.attributes,
    })
}
