//! Text messages that people wrote: reading what may be an opt-out, blocked senders, a provider's own list.

pub mod decide;
pub mod import_opt_outs;
pub mod review;
pub mod show;
mod shown;
pub mod unblock;

pub use shown::Written;

use consent::{Address, AddressError};
pub use store::TextId;
use store::{AddressOwner, StoreError};

use crate::{Fault, Kind, Problem, Service};

/// A number that can't be looked up.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// The text is no number.
    #[error("`{number}`: {error}")]
    Number {
        /// The text.
        number: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// Nobody is known by it.
    #[error("`{0}`: nobody is known by this number")]
    Nobody(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for NumberError {
    fn problem(&self) -> Problem {
        match self {
            Self::Number { .. } => Problem::invalid("number-invalid", "/number"),
            Self::Nobody(_) => {
                Problem { kind: Kind::NotFound, ..Problem::invalid("profile-not-found", "/number") }
            }
            Self::Store(error) => error.problem(),
        }
    }
}

/// Who has a number.
async fn owner(service: &Service, number: &str) -> Result<AddressOwner, NumberError> {
    let address = Address::phone_as_received(number)
        .map_err(|error| NumberError::Number { number: number.to_owned(), error })?;
    service.owner(&address).await?.ok_or_else(|| NumberError::Nobody(number.to_owned()))
}
