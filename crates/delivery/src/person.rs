//! Whom a message is for.

use std::fmt;

use consent::{AddressId, Sent};

use crate::links::LinkFor;

/// What rendering knows of the recipient.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The address's id.
    pub address: i64,
    /// The address, as messages are addressed.
    pub to: String,
    /// Whether that is a phone number.
    pub phone: bool,
    /// Its consent generation.
    pub epoch: u32,
    /// The message, where it has an id.
    pub sent: Sent,
    /// Whether content may be personalised. If not, templates see nothing of the person.
    pub personal: bool,
    /// BCP 47 tag.
    pub locale: Option<String>,
    /// ISO 3166-1.
    pub country: Option<String>,
    /// The brand's own id.
    pub external_id: Option<String>,
    /// JSON object as text.
    pub attributes: Option<String>,
}

impl Person {
    /// The address's id.
    pub fn address(&self) -> AddressId {
        AddressId(self.address)
    }

    /// Whom the links of the message are for.
    pub fn link(&self) -> LinkFor {
        LinkFor { address: self.address(), epoch: self.epoch, sent: self.sent }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("address", &self.address)
            .field("personal", &self.personal)
            .finish_non_exhaustive()
    }
}
