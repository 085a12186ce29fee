//! What an opt-out and an opt-in have in common: whom it is about, how far it reaches, and how it is recorded.

use consent::{
    Address, AddressError, Channel, Choice, ConsentChange, EntryId, Evidence, Level, Namespace, Origin,
    ProfileId, Source, Subject, Target, Timestamp,
};
use serde::Serialize;
use store::StoreError;

use crate::profiles::history::{Change, field_name};
use crate::{Fault, Kind, Problem, Service, shape};

/// Whom a choice is about, and how far it reaches, as it is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The address, as it is typed.
    pub address: String,
    /// How far it reaches.
    pub level: Level,
    /// The channel; by the kind of address if absent.
    pub channel: Option<Channel>,
    /// The list's name, for [`Level::Subscription`].
    pub list: Option<String>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ChoiceRecorded)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// The person.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// The address.
    pub address: String,
    /// The entry; `None` when there was nothing to record.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub entry: Option<EntryId>,
    /// How far it reaches.
    #[schema(value_type = String)]
    pub level: Level,
    /// The channel.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub channel: Channel,
    /// What it changed; nothing where the same was recorded already.
    pub changed: Vec<Change>,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address.
    #[error("`{address}`: {error}")]
    Address {
        /// The text.
        address: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// Addresses of this kind get no messages of their own.
    #[error("this kind of address has no channel of its own")]
    NoChannel,
    /// A choice for one address that no message goes to.
    #[error("no {0} message goes to this kind of address")]
    WrongChannel(Channel),
    /// A list is named, and the choice isn't about lists.
    #[error("a list goes with level subscription")]
    ListWithoutLevel,
    /// The choice is about a list, and none is named.
    #[error("which list?")]
    NoListNamed,
    /// There is no such list.
    #[error("the list `{0}` doesn't exist")]
    NoList(String),
    /// XDM has no room for it.
    #[error("the reason is longer than 255 characters")]
    LongReason,
    /// A yes that nobody could prove.
    #[error("say what proves it: where, when and in which words the person agreed")]
    NoProof,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Address { .. } => Problem::invalid("address-invalid", "/address"),
            Self::NoChannel => Problem::invalid("channel-missing", "/channel"),
            Self::WrongChannel(_) => Problem::invalid("channel-wrong", "/channel"),
            Self::ListWithoutLevel => Problem::invalid("list-without-level", "/list"),
            Self::NoListNamed => Problem::invalid("list-missing", "/list"),
            Self::NoList(_) => {
                Problem { kind: Kind::NotFound, ..Problem::invalid("list-not-found", "/list") }
            }
            Self::LongReason => Problem::invalid("reason-too-long", "/reason"),
            Self::NoProof => Problem::invalid("proof-missing", "/proof"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Whom a choice is about, and what it sets.
struct Meant {
    address: Address,
    channel: Channel,
    target: Target,
}

async fn meant(service: &Service, asked: &Asked) -> Result<Meant, Error> {
    let address = Address::guess(&asked.address)
        .map_err(|error| Error::Address { address: asked.address.clone(), error })?;
    let channel = asked.channel.or(address.namespace().main_channel()).ok_or(Error::NoChannel)?;
    if asked.level == Level::Identity && Namespace::of_channel(channel).as_ref() != Some(address.namespace())
    {
        return Err(Error::WrongChannel(channel));
    }
    let list = match (&asked.list, asked.level) {
        (Some(name), Level::Subscription) => {
            let list = service.store.list_by_name(service.workspace, name).await?;
            Some(list.ok_or_else(|| Error::NoList(name.clone()))?.id)
        }
        (Some(_), _) => return Err(Error::ListWithoutLevel),
        (None, _) => None,
    };
    let target = asked.level.target(channel, list).ok_or(Error::NoListNamed)?;
    Ok(Meant { address, channel, target })
}

/// Records a choice, said just now. Whoever is new by it only turned up: a choice says nothing of the others.
pub(super) async fn record(
    service: &Service,
    asked: Asked,
    choice: Choice,
    source: Source,
    evidence: Evidence,
) -> Result<Said, Error> {
    let too_long = |reason: &String| reason.chars().count() > Evidence::REASON_LENGTH_MAX;
    if evidence.reason.as_ref().is_some_and(too_long) {
        return Err(Error::LongReason);
    }
    let Meant { address, channel, target } = meant(service, &asked).await?;
    let now: Timestamp = service.now();
    let change = ConsentChange {
        subject: Subject::Named(address.clone(), Origin::Stranger),
        sets: smallvec::smallvec![(target, choice)],
        occurred_at: Some(now),
        received_at: now,
        source,
        run: None,
        evidence,
    };
    let recorded = service.store.record(service.workspace, vec![change]).await?;
    let recorded = recorded.into_iter().next();
    let recorded =
        recorded.ok_or_else(|| StoreError::Damaged("a change was recorded without an answer".to_owned()))?;
    let named = |_| asked.list.clone();
    let change = |set: &store::Applied| Change::of(set, field_name(set.target, &named));
    Ok(Said {
        profile: recorded.profile,
        address: address.raw().to_owned(),
        entry: recorded.entry,
        level: asked.level,
        channel,
        changed: recorded.applied.iter().map(change).collect(),
    })
}
