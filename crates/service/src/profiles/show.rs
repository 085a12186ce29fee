//! Showing all that is known of a person.

use std::collections::BTreeMap;

use consent::{Address, AddressError, EntryId, ListId, Preferred, ProfileId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use store::{Entry, GivenReason, Held, HistoryPage, Preferences, ProfileView, StoreError};

use super::Origin;
use super::history::{Change, Event, field_name};
use crate::returned::Returned;
use crate::{Actor, Fault, Problem, Service, shape};

/// Entries shown.
const HISTORY_MAX: usize = 1_000;

/// Whom.
#[derive(Clone, Debug)]
pub struct In {
    /// One of the person's addresses, as it is typed.
    pub address: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Profile)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The profile.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// The brand's own id.
    pub id: Option<String>,
    /// Addresses, the first of each namespace being the one that messages go to.
    pub addresses: Vec<HeldAddress>,
    /// BCP 47 tag.
    pub locale: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Attributes.
    #[schema(value_type = Object)]
    pub attributes: Value,
    /// Values for lists, by name.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// What the person prefers, beside its choices.
    pub preferences: Preferring,
    /// The last entries about the person, newest first.
    pub history: Vec<Event>,
    /// Whether there are older ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub history_truncated: bool,
    /// The consent document (XDM).
    #[schema(value_type = Object)]
    pub consents: Value,
    /// Every choice with its time and its entry; what `consents` is made of.
    pub values: Vec<Choice>,
    /// Where the person came from.
    pub origin: Origin,
    /// What the suppression list holds of the addresses, and what came back from them.
    #[serde(flatten)]
    pub returned: Returned,
}

/// An address of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAddress {
    /// Its namespace.
    pub namespace: String,
    /// The address.
    pub address: String,
}

impl HeldAddress {
    /// An address as the store has it.
    pub(super) fn of(held: &store::AddressView) -> Self {
        Self { namespace: held.namespace.as_str().to_owned(), address: held.raw.clone() }
    }
}

/// A value for a list, as XDM has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// The choice.
    #[schema(value_type = String)]
    pub val: &'static str,
    /// Since when, if known.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub time: Option<Timestamp>,
}

/// A recorded choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RecordedChoice)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// Of what: `email`, `identity.email`, `list.news`.
    pub field: String,
    /// The address, for one of an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The choice.
    #[schema(value_type = String)]
    pub value: &'static str,
    /// Since when, if known.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// The entry that set it.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub entry: EntryId,
}

/// What a person prefers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Preferences)]
#[serde(rename_all = "camelCase")]
pub struct Preferring {
    /// No marketing before this moment.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub pause_until: Option<Timestamp>,
    /// How often marketing may come.
    #[schema(value_type = String)]
    pub pace: &'static str,
    /// In how many days one message may come, where the pace is slower than it comes.
    #[serde(skip)]
    pub pace_days: Option<u16>,
    /// The language that the person chose.
    pub language: Option<String>,
    /// The preferred channel.
    #[schema(value_type = Option<String>)]
    pub preferred: Option<&'static str>,
}

/// Why nobody is shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address.
    #[error("{address}: {error}")]
    Address {
        /// The text.
        address: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// Nobody is known by it.
    #[error("{0}: nobody has this address")]
    Nobody(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Address { .. } => Problem::invalid("address-invalid", "/address"),
            Self::Nobody(_) => Problem::not_found("profile-not-found", "/address"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows all that is known of the person who has an address.
pub async fn show(service: &Service, _actor: &Actor, In { address }: In) -> Result<Out, Error> {
    let parsed = match Address::guess(&address) {
        Ok(parsed) => parsed,
        Err(error) => return Err(Error::Address { address, error }),
    };
    let Some(owner) = service.owner(&parsed).await? else { return Err(Error::Nobody(address)) };
    about(service, owner.profile).await?.ok_or(Error::Nobody(address))
}

/// All that is known of a profile, if it is there.
pub(super) async fn about(service: &Service, id: ProfileId) -> Result<Option<Out>, StoreError> {
    let (store, workspace) = (&service.store, service.workspace);
    let Some(profile) = store.profile(workspace, id).await? else { return Ok(None) };
    let history = store.history(workspace, profile.id, None, HISTORY_MAX).await?;
    let entries = history.entries.iter().map(|entry| entry.id).collect();
    let given = store.reasons_given(workspace, entries).await?;
    let mut returned = Returned::default();
    for held in &profile.addresses {
        if let Ok(address) = Address::parse(&held.namespace, &held.raw, None) {
            returned.add(service, &address).await?;
        }
    }
    let origin = Origin::of(service, &profile, &history).await?;
    Ok(Some(shown(&profile, history, &given, origin, returned)))
}

fn shown(
    profile: &ProfileView,
    history: HistoryPage,
    given: &[GivenReason],
    origin: Origin,
    returned: Returned,
) -> Out {
    let consents = store::document(profile);
    let values = values(profile);
    let subscriptions = profile.subscriptions.iter();
    let names = |list: ListId| {
        let mut lists = profile.subscriptions.iter();
        lists.find(|(id, ..)| *id == list).map(|(_, name, _)| name.clone())
    };
    let event = |entry: Entry| {
        let change = |set: &store::Applied| Change::of(set, field_name(set.target, &names));
        let changes = entry.applied.iter().map(change).collect();
        let given = given.iter().find(|given| given.entry == entry.id).cloned();
        Event::of(entry, changes, given)
    };
    Out {
        profile: profile.id,
        id: profile.external_id.clone(),
        addresses: profile.addresses.iter().map(HeldAddress::of).collect(),
        locale: profile.locale.clone(),
        time_zone: profile.time_zone.clone(),
        country: profile.country.map(|country| country.as_str().to_owned()),
        attributes: serde_json::from_str(&profile.attributes).unwrap_or_default(),
        subscriptions: subscriptions
            .map(|(_, name, held)| {
                (name.clone(), Subscription { val: held.choice.as_str(), time: dated(held) })
            })
            .collect(),
        preferences: preferences(&profile.preferences),
        history: history.entries.into_iter().map(event).collect(),
        history_truncated: history.more,
        consents,
        values,
        origin,
        returned,
    }
}

/// Every recorded choice, in the order in which they are shown: the person's, each address's, lists.
fn values(profile: &ProfileView) -> Vec<Choice> {
    let choice = |field: String, address: Option<&str>, held: &Held| Choice {
        field,
        address: address.map(str::to_owned),
        value: held.choice.as_str(),
        since: dated(held),
        entry: held.entry,
    };
    let own = profile.values.iter().map(|(field, held)| choice(field.to_string(), None, held));
    let of_addresses = profile.addresses.iter().flat_map(|address| {
        let raw = Some(address.raw.as_str());
        address.values.iter().map(move |(field, held)| choice(format!("identity.{field}"), raw, held))
    });
    let lists =
        profile.subscriptions.iter().map(|(_, name, held)| choice(format!("list.{name}"), None, held));
    own.chain(of_addresses).chain(lists).collect()
}

fn preferences(preferences: &Preferences) -> Preferring {
    let Preferences { pause_until, pace, language, preferred } = preferences;
    Preferring {
        pause_until: *pause_until,
        pace: pace.as_str(),
        pace_days: pace.days(),
        language: language.clone(),
        preferred: (*preferred != Preferred::Unset).then(|| preferred.as_str()),
    }
}

fn dated(held: &Held) -> Option<Timestamp> {
    (held.at != Timestamp::UNDATED).then_some(held.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::testing::World;

    #[tokio::test]
    async fn a_person_shows_by_any_address_with_who_changed_what() {
        let World { service, actor, dir: _dir } = World::new();
        let asked = |address: &str| In { address: address.to_owned() };
        let nobody = show(&service, &actor, asked("ann@example.com")).await.unwrap_err();
        assert_eq!(nobody.problem(), Problem::not_found("profile-not-found", "/address"));
        let wrong = show(&service, &actor, asked("ann@")).await.unwrap_err();
        assert_eq!(wrong.problem(), Problem::invalid("address-invalid", "/address"));
        let mut no = opt_out::In::of("ann@example.com");
        no.reason = Some("rang us".to_owned());
        opt_out::opt_out(&service, &actor, no).await.unwrap();
        let out = show(&service, &actor, asked("ANN@example.com")).await.unwrap();
        assert_eq!((out.values[0].field.as_str(), out.values[0].value), ("email", "n"));
        assert_eq!(out.history[0].evidence.actor.as_deref(), Some("cli:ada"));
        assert!(!out.origin.brought_in);
        let shown = serde_json::to_value(&out).unwrap();
        assert_eq!(shown["consents"]["marketing"]["email"]["reason"], "rang us");
        assert_eq!(shown["preferences"]["pauseUntil"], Value::Null);
    }
}
