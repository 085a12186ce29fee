//! Finding people by how an address or an id begins.

use consent::{Namespace, ProfileId};
use serde::Serialize;
use store::StoreError;

use super::show::HeldAddress;
use crate::{Actor, Fault, Page, Problem, Service, shape};

/// Characters of a prefix, so that a search doesn't list everybody.
const PREFIX_CHARS_MIN: usize = 2;
/// People of a page.
pub const PAGE_MAX: usize = 100;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct In {
    /// How it begins.
    pub prefix: String,
    /// In which texts.
    pub among: Among,
    /// At most so many, up to [`PAGE_MAX`].
    pub limit: usize,
    /// The cursor that the page before gave.
    pub after: Option<String>,
}

/// Where a prefix is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Addresses: numbers where it begins with `+`, else email addresses.
    Addresses,
    /// The brand's own ids.
    ExternalIds,
}

/// Those who were found, in the order of what was found.
pub type Out = Page<Hit>;

/// Somebody who was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProfileSummary)]
pub struct Hit {
    /// The profile.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// What was found: the address or the id.
    pub found: String,
    /// The brand's own id.
    pub id: Option<String>,
    /// Addresses, the first of each namespace being the one that messages go to.
    pub addresses: Vec<HeldAddress>,
}

/// Why nothing is searched for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would list everybody.
    #[error("search for at least {PREFIX_CHARS_MIN} characters")]
    Short,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Short => Problem::invalid("prefix-too-short", "/prefix"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Finds people.
pub async fn search(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { prefix, among, limit, after } = asked;
    let (store, workspace, limit) = (&service.store, service.workspace, limit.clamp(1, PAGE_MAX));
    let prefix = prefix.trim();
    if prefix.chars().count() < PREFIX_CHARS_MIN {
        return Err(Error::Short);
    }
    let mut found = match among {
        Among::ExternalIds => store.search_external_ids(workspace, prefix, after, limit + 1).await?,
        Among::Addresses => {
            let number = prefix.starts_with('+');
            let namespace = if number { Namespace::Phone } else { Namespace::Email };
            // Addresses stand by their keys, which have no upper case.
            store.search_addresses(workspace, namespace, &prefix.to_lowercase(), after, limit + 1).await?
        }
    };
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.text.clone());
    let mut data = Vec::with_capacity(found.len());
    for hit in found {
        let Some(profile) = store.profile(workspace, hit.profile).await? else { continue };
        let addresses = profile.addresses.iter().map(HeldAddress::of).collect();
        data.push(Hit { profile: profile.id, found: hit.text, id: profile.external_id, addresses });
    }
    Ok(Page { data, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn people_are_found_by_how_an_address_or_an_id_begins_page_by_page() {
        let world = World::new();
        let file = "id,email,phone\nC-1,Ann@example.com,+14155550101\nC-2,annika@example.com,\nD-3,bo@example.com,\n";
        world.import("people.csv", file).await;
        let ask = async |prefix: &str, among, after: Option<String>| {
            let asked = In { prefix: prefix.to_owned(), among, limit: 1, after };
            search(&world.service, &world.actor, asked).await
        };
        let first = ask("ANN", Among::Addresses, None).await.unwrap();
        assert_eq!(
            (first.data[0].found.as_str(), first.data[0].id.as_deref()),
            ("ann@example.com", Some("C-1"))
        );
        let second = ask("ann", Among::Addresses, first.next).await.unwrap();
        assert_eq!((second.data[0].found.as_str(), second.next), ("annika@example.com", None));
        assert_eq!(ask("+1415", Among::Addresses, None).await.unwrap().data[0].addresses.len(), 2);
        assert_eq!(ask("D-", Among::ExternalIds, None).await.unwrap().data[0].found, "D-3");
        assert!(ask("zz", Among::Addresses, None).await.unwrap().data.is_empty());
        assert!(matches!(ask("a", Among::Addresses, None).await, Err(Error::Short)));
    }
}
