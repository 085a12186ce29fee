//! Making a profile, or changing what it has beside its consent.

use consent::jurisdiction::Country;
use consent::{Address, AddressError, Namespace, Origin, ProfileId};
use serde::Serialize;
use serde_json::Value;
use store::{ProfileRow, RowOutcome, StoreError};

use super::{Whom, WhomError};
use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// The person.
#[derive(Clone, Debug, Default)]
pub struct In {
    /// The profile that is changed; without it, the one that has the external id or one of the addresses, or a new one.
    pub profile: Option<ProfileId>,
    /// The brand's own id.
    pub external_id: Option<String>,
    /// Addresses to add, each with its namespace unless that is plain.
    pub addresses: Vec<(Option<Namespace>, String)>,
    /// BCP 47 tag.
    pub locale: Option<String>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// Attributes to set, an object; those that aren't named stay.
    pub attributes: Option<Value>,
}

/// What that did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProfileChanged)]
pub struct Out {
    /// The profile.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// `created`, `updated` or `unchanged`.
    #[schema(value_type = String)]
    pub outcome: &'static str,
    /// Addresses that were left out, since they are somebody else's.
    pub left_out: Vec<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is named.
    #[error("name the person: by an external id or an address")]
    NobodyNamed,
    /// A text is no address.
    #[error("{address}: {error}")]
    Address {
        /// Its place.
        at: usize,
        /// The text.
        address: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// The text is no country.
    #[error("`{0}` isn't an ISO 3166-1 alpha-2 code")]
    Country(String),
    /// Attributes are an object.
    #[error("attributes are an object")]
    Attributes,
    /// The person isn't there.
    #[error(transparent)]
    Whom(#[from] WhomError),
    /// The profile has neither an id nor an address to be found by.
    #[error("the profile has neither an external id nor an address")]
    Nameless,
    /// What is named is several people's.
    #[error("{0}")]
    Rejected(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NobodyNamed => Problem::invalid("nobody-named", ""),
            Self::Address { at, .. } => Problem {
                pointer: Some(format!("/addresses/{at}/address").into()),
                ..Problem::new(Kind::Invalid, "address-invalid")
            },
            Self::Country(_) => Problem::invalid("country-invalid", "/country"),
            Self::Attributes => Problem::invalid("attributes-invalid", "/attributes"),
            Self::Whom(error) => error.problem(),
            Self::Nameless => Problem::new(Kind::Conflict, "profile-nameless"),
            Self::Rejected(_) => Problem::new(Kind::Conflict, "profile-rejected"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Makes or changes a profile. It says nothing of consent: whoever is new by it was brought in by the brand.
pub async fn put(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { profile, external_id, addresses, locale, time_zone, country, attributes } = asked;
    let mut row = ProfileRow { received_at: service.now(), locale, time_zone, ..ProfileRow::default() };
    for (at, (namespace, text)) in addresses.into_iter().enumerate() {
        let parsed = match &namespace {
            Some(namespace) => Address::parse(namespace, &text, None),
            None => Address::guess(&text),
        };
        row.addresses.push(parsed.map_err(|error| Error::Address { at, address: text, error })?);
    }
    if let Some(code) = country {
        row.country = Some(code.parse::<Country>().map_err(|_| Error::Country(code))?);
    }
    row.attributes = match attributes {
        None => None,
        Some(attributes @ Value::Object(_)) => Some(attributes.to_string()),
        Some(_) => return Err(Error::Attributes),
    };
    row.external_id = external_id;
    if let Some(id) = profile {
        name(service, id, &mut row).await?;
    } else if row.external_id.is_none() && row.addresses.is_empty() {
        return Err(Error::NobodyNamed);
    }
    let mut outcomes = service.store.import(service.workspace, vec![row]).await?;
    out(outcomes.pop().ok_or_else(|| StoreError::Damaged("a row without an outcome".to_owned()))?)
}

/// Lets the row be about a profile.
async fn name(service: &Service, id: ProfileId, row: &mut ProfileRow) -> Result<(), Error> {
    let nobody = || Error::Whom(WhomError::Nobody(Whom::Id(id)));
    let view = service.store.profile(service.workspace, id).await?.ok_or_else(nobody)?;
    // Who only turned up stays so: a change of what is known of them is no consent.
    row.origin = if view.word.has_default() { Origin::Operator } else { Origin::Stranger };
    if let Some(known) = view.external_id {
        if row.external_id.as_ref().is_some_and(|asked| *asked != known) {
            return Err(Error::Rejected("the profile has another external id".to_owned()));
        }
        row.external_id = Some(known);
        return Ok(());
    }
    let first = view.addresses.first().ok_or(Error::Nameless)?;
    let address = Address::parse(&first.namespace, &first.raw, None).map_err(|_| Error::Nameless)?;
    if !row.addresses.iter().any(|other| other.key() == address.key()) {
        row.addresses.insert(0, address);
    }
    Ok(())
}

fn out(outcome: RowOutcome) -> Result<Out, Error> {
    let (profile, outcome) = match outcome {
        RowOutcome::Created(profile) => (profile, "created"),
        RowOutcome::Updated(profile) => (profile, "updated"),
        RowOutcome::Unchanged(profile) => (profile, "unchanged"),
        RowOutcome::Without { outcome, left_out } => return Ok(Out { left_out, ..out(*outcome)? }),
        RowOutcome::Rejected(why) => return Err(Error::Rejected(why)),
    };
    Ok(Out { profile, outcome, left_out: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::profiles::find;
    use crate::testing::World;

    #[tokio::test]
    async fn a_profile_is_made_changed_and_never_taken_from_somebody_else() {
        let World { service, actor, dir: _dir } = World::new();
        let ann = In {
            external_id: Some("C-1".to_owned()),
            addresses: vec![(None, "ann@example.com".to_owned())],
            attributes: Some(serde_json::json!({"plan": "pro", "city": "Porto"})),
            ..In::default()
        };
        let made = put(&service, &actor, ann.clone()).await.unwrap();
        assert_eq!(made.outcome, "created");
        assert_eq!(put(&service, &actor, ann).await.unwrap().outcome, "unchanged");
        let moved = In {
            profile: Some(made.profile),
            attributes: Some(serde_json::json!({"city": "Faro"})),
            country: Some("PT".to_owned()),
            ..In::default()
        };
        assert_eq!(put(&service, &actor, moved).await.unwrap().outcome, "updated");
        let whom = Whom::ExternalId("C-1".to_owned());
        let shown = find::find(&service, &actor, find::In { whom }).await.unwrap();
        assert_eq!(
            (shown.attributes["plan"].as_str(), shown.attributes["city"].as_str()),
            (Some("pro"), Some("Faro"))
        );
        let bo = In {
            external_id: Some("C-2".to_owned()),
            addresses: vec![(None, "ann@example.com".to_owned()), (None, "bo@example.com".to_owned())],
            ..In::default()
        };
        let refused = put(&service, &actor, bo).await.unwrap_err();
        assert_eq!(refused.problem().code, "profile-rejected", "{refused}");
    }

    #[tokio::test]
    async fn who_only_turned_up_is_not_brought_in_by_a_change_and_what_is_wrong_is_pointed_at() {
        let World { service, actor, dir: _dir } = World::new();
        let no = opt_out::opt_out(&service, &actor, opt_out::In::of("ann@example.com")).await.unwrap();
        let locale = In { profile: Some(no.profile), locale: Some("pt".to_owned()), ..In::default() };
        put(&service, &actor, locale).await.unwrap();
        let view = service.store.profile(service.workspace, no.profile).await.unwrap().unwrap();
        assert_eq!((view.locale.as_deref(), view.word.has_default()), (Some("pt"), false));
        let known = || In { external_id: Some("C-1".to_owned()), ..In::default() };
        for (asked, pointer) in [
            (In::default(), Some("")),
            (
                In { addresses: vec![(None, "ann@".to_owned())], ..In::default() },
                Some("/addresses/0/address"),
            ),
            (In { country: Some("Portugal".to_owned()), ..known() }, Some("/country")),
            (In { attributes: Some(Value::Null), ..known() }, Some("/attributes")),
            (In { profile: Some(ProfileId(1 << 40)), ..In::default() }, None),
        ] {
            let problem = put(&service, &actor, asked).await.unwrap_err().problem();
            assert_eq!(problem.pointer.as_deref(), pointer, "{problem:?}");
        }
    }
}
