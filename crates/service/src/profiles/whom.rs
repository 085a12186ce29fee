//! Whom a program means.

use std::borrow::Cow;

use consent::{Address, AddressError, ProfileId};
use store::StoreError;

use crate::{Fault, Kind, Problem, Service};

/// A person, by whichever name a program has for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One of their addresses, as it is typed.
    Address(String),
    /// The profile.
    Id(ProfileId),
    /// The brand's own id.
    ExternalId(String),
}

/// Why nobody is meant.
#[derive(Debug, thiserror::Error)]
pub enum WhomError {
    /// The text is no address.
    #[error("{address}: {error}")]
    Address {
        /// The text.
        address: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// Nobody is known by it.
    #[error("nobody is known by this {}", .0.what())]
    Nobody(Whom),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for WhomError {
    fn problem(&self) -> Problem {
        match self {
            Self::Address { .. } => Problem::invalid("address-invalid", "/address"),
            Self::Nobody(whom) => Problem {
                kind: Kind::NotFound,
                code: "profile-not-found",
                pointer: whom.pointer().map(Cow::Borrowed),
            },
            Self::Store(error) => error.problem(),
        }
    }
}

impl Whom {
    const fn what(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Id(_) => "profile id",
            Self::ExternalId(_) => "external id",
        }
    }

    const fn pointer(&self) -> Option<&'static str> {
        match self {
            Self::Address(_) => Some("/address"),
            Self::Id(_) => None,
            Self::ExternalId(_) => Some("/externalId"),
        }
    }

    /// Finds them.
    pub(crate) async fn find(&self, service: &Service) -> Result<ProfileId, WhomError> {
        let found = match self {
            Self::Id(id) => service.store.profile(service.workspace, *id).await?.map(|profile| profile.id),
            Self::ExternalId(id) => service.store.profile_by_external_id(service.workspace, id).await?,
            Self::Address(text) => {
                let address = Address::guess(text)
                    .map_err(|error| WhomError::Address { address: text.clone(), error })?;
                service.owner(&address).await?.map(|owner| owner.profile)
            }
        };
        found.ok_or_else(|| WhomError::Nobody(self.clone()))
    }
}
