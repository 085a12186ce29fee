//! Text messages that people wrote: reading what may be an opt-out, blocked senders, a provider's own list.

pub mod decide;
pub mod import_opt_outs;
pub mod review;
pub mod show;
mod shown;
pub mod unblock;

pub use shown::Written;

use consent::sms::{Sender, SenderKind};
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

/// A sender in the form in which blocks are kept.
pub fn kept_sender(text: &str) -> Result<String, String> {
    let number = text.strip_prefix("whatsapp:");
    let sender = sender(number.unwrap_or(text))?;
    Ok(if number.is_some() { format!("whatsapp:{sender}") } else { sender.to_string() })
}

/// A sender, as it is typed.
pub fn sender(text: &str) -> Result<Sender, String> {
    Sender::parse(text, None).or_else(|_| {
        // Pools of other providers have ids of any form.
        Sender::parse(text, Some(SenderKind::Pool)).map_err(|error| error.to_string())
    })
}

/// A text's id as it is shown: 32 hexadecimal digits.
pub fn text_id(text: &str) -> Option<TextId> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()?;
    bytes.try_into().ok().map(TextId)
}
