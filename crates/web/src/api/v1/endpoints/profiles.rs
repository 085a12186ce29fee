//! People: looked up by what stands in a body, so that no address is in a URL.

use axum::http::Method;
use consent::{EntryId, Namespace, ProfileId};
use serde::Deserialize;
use serde_json::Value;
use service::keys::Scope;
use service::profiles::search::{Among, Hit};
use service::profiles::{Whom, find, history, put, search, timeline};
use utoipa::ToSchema;

use super::super::call::{Call, Replied};
use super::super::endpoint::Endpoint;
use super::super::problem::ApiProblem;
use super::super::shapes::{Paged, objects, parsed_if};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let one = "/profiles/{profile}";
    vec![
        Endpoint::ask("/profiles/lookup", Scope::ProfilesRead, "lookUpProfile", "Find a person by an address or an id of yours.")
            .takes(look_up),
        Endpoint::ask("/profiles/search", Scope::ProfilesRead, "searchProfiles", "Find people by how an address or an id of yours begins.")
            .takes(searched),
        Endpoint::post("/profiles", Scope::ProfilesWrite, "putProfile", "Make a profile, or change the one that has the id or one of the addresses. Says nothing of consent.")
            .takes(made),
        Endpoint::get(one, Scope::ProfilesRead, "getProfile", "Show all that is known of a person.").runs(show),
        Endpoint::new(Method::PATCH, one, Scope::ProfilesWrite, "patchProfile", "Change what a profile has beside its consent. Attributes that aren't named stay; addresses are added.")
            .takes(changed),
        Endpoint::get("/profiles/{profile}/history", Scope::ProfilesRead, "getHistory", "Show the ledger's entries about a person, newest first.")
            .pages()
            .runs(entries),
    ]
}

/// Whom: by an address, or by your own id.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProfileLookup)]
struct LookUp {
    #[serde(default)]
    #[schema(examples("ann@example.com"))]
    address: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
}

async fn look_up(call: Call, asked: LookUp) -> Replied<find::Out> {
    let whom = match asked {
        LookUp { address: Some(address), external_id: None } => Whom::Address(address),
        LookUp { address: None, external_id: Some(id) } => Whom::ExternalId(id),
        _ => {
            let detail = "name the person by either address or externalId";
            return Err(ApiProblem::invalid("nobody-named", "", detail));
        }
    };
    Ok(find::find(&call.service, &call.actor, find::In { whom }).await?.into())
}

async fn show(call: Call) -> Replied<find::Out> {
    let whom = Whom::Id(call.place("profile")?);
    Ok(find::find(&call.service, &call.actor, find::In { whom }).await?.into())
}

/// How an address or an id begins.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProfileSearch)]
struct Search {
    /// At least two characters. A number begins with `+`.
    #[schema(min_length = 2, max_length = 256)]
    prefix: String,
    /// In which texts; addresses if absent.
    #[serde(default, rename = "in")]
    among: Option<In>,
    /// How many the page has, up to 100.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page begins: `next` or `previous` of another page.
    #[serde(default)]
    cursor: Option<String>,
}

/// Where a prefix is looked for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchIn)]
enum In {
    Addresses,
    ExternalIds,
}

async fn searched(call: Call, asked: Search) -> Replied<Paged<Hit>> {
    let Search { prefix, among, limit, cursor } = asked;
    if prefix.len() > 512 {
        return Err(ApiProblem::invalid("prefix-too-long", "/prefix", "longer than 512 bytes"));
    }
    if limit.is_some_and(|limit| !(1..=100).contains(&limit)) {
        return Err(ApiProblem::invalid("limit-invalid", "/limit", "1 to 100"));
    }
    let (among, name) = match among.unwrap_or(In::Addresses) {
        In::Addresses => (Among::Addresses, "addresses"),
        In::ExternalIds => (Among::ExternalIds, "externalIds"),
    };
    let limit = limit.map(|limit| limit.to_string());
    let page = call.page_by(&[&prefix, name], limit.as_deref(), cursor.as_deref())?;
    let asked = search::In { prefix, among, limit: page.limit, after: page.after() };
    let out = search::search(&call.service, &call.actor, asked).await?;
    Ok(call.paged(&page, out)?.into())
}

/// A profile, beside its consent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProfileDetails)]
struct Details {
    /// Your own id, at most 256 bytes.
    #[serde(default)]
    external_id: Option<String>,
    /// Addresses to add, the first of each namespace being the one that messages go to.
    #[serde(default, deserialize_with = "objects")]
    addresses: Vec<AddressAsked>,
    /// BCP 47 tag.
    #[serde(default)]
    #[schema(examples("pt-BR"))]
    locale: Option<String>,
    /// IANA zone.
    #[serde(default)]
    #[schema(examples("America/Sao_Paulo"))]
    time_zone: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    #[serde(default)]
    #[schema(examples("BR"))]
    country: Option<String>,
    /// Attributes to set; those that aren't named stay.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    attributes: Option<Value>,
}

/// An address.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AddressToAdd)]
struct AddressAsked {
    /// `email`, `phone`, `push` or one of your own; by its form if absent.
    #[serde(default, deserialize_with = "parsed_if")]
    #[schema(value_type = Option<String>)]
    namespace: Option<Namespace>,
    /// The address.
    address: String,
}

impl Details {
    fn asked(self, profile: Option<ProfileId>) -> put::In {
        let Self { external_id, addresses, locale, time_zone, country, attributes } = self;
        let address = |AddressAsked { namespace, address }| (namespace, address);
        let addresses = addresses.into_iter().map(address).collect();
        put::In { profile, external_id, addresses, locale, time_zone, country, attributes }
    }
}

async fn made(call: Call, asked: Details) -> Replied<put::Out> {
    Ok(put::put(&call.service, &call.actor, asked.asked(None)).await?.into())
}

async fn changed(call: Call, asked: Details) -> Replied<put::Out> {
    let profile = call.place("profile")?;
    Ok(put::put(&call.service, &call.actor, asked.asked(Some(profile))).await?.into())
}

async fn entries(call: Call) -> Replied<Paged<history::Event>> {
    let profile: ProfileId = call.place("profile")?;
    let page = call.page(&[&profile.to_string()])?;
    let before: Option<EntryId> = page.after().map(|text| timeline::cursor(&text)).transpose()?;
    let asked = timeline::In { profile, limit: page.limit, before };
    let out = timeline::timeline(&call.service, &call.actor, asked).await?;
    Ok(call.paged(&page, out)?.into())
}
