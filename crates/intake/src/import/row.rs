//! Building a profile from a row's parts, whatever the format.

use std::cell::RefCell;
use std::collections::HashSet;

use consent::{Address, Field, Namespace, Timestamp};
pub(crate) use rows::excerpt;
use store::{ProfileRow, RowConsent, RowTarget};

use super::refusals::{Refused, refusals};
use super::{ADDRESSES_MAX, ATTRIBUTES_LENGTH_MAX, CONSENTS_MAX, ID_LENGTH_MAX, ROW_LENGTH_MAX};

/// Collects what a row says; errors name the column.
pub(super) struct RowBuilder {
    row: ProfileRow,
    attributes: String,
    fault: Option<String>,
    /// Who is meant by addresses that are none: whom refusals are for, and nobody to write to.
    meant: Vec<Address>,
}

impl RowBuilder {
    pub(super) fn new(received_at: Timestamp) -> Self {
        let row = ProfileRow { received_at, ..ProfileRow::default() };
        Self { row, attributes: String::new(), fault: None, meant: Vec::new() }
    }

    /// Keeps the first error, for which [`Self::finish`] rejects the row.
    pub(super) fn check(&mut self, outcome: Result<(), String>) {
        if let Err(reason) = outcome {
            self.fault.get_or_insert(reason);
        }
    }

    pub(super) fn id(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() || text.len() > ID_LENGTH_MAX || text.chars().any(char::is_control) {
            return Err(format!("id: empty, longer than {ID_LENGTH_MAX} bytes, or with a control character"));
        }
        self.row.external_id = Some(text.to_owned());
        Ok(())
    }

    pub(super) fn email(&mut self, text: &str) -> Result<(), String> {
        match Address::email(text) {
            Ok(address) => self.address(address),
            Err(error) => {
                self.meant.extend(Address::email_as_received(text));
                return Err(format!("email: {error}"));
            }
        }
        Ok(())
    }

    pub(super) fn phone(&mut self, text: &str) -> Result<(), String> {
        match Address::phone(text, self.row.country) {
            Ok(address) => self.address(address),
            Err(error) => {
                self.meant.extend(Address::phone_as_received(text).ok().filter(is_long_number));
                return Err(format!("phone: {error}"));
            }
        }
        Ok(())
    }

    /// Adds an address unless the row has it already.
    pub(super) fn address(&mut self, address: Address) {
        let known = |held: &Address| held.namespace() == address.namespace() && held.key() == address.key();
        if !self.row.addresses.iter().any(known) {
            self.row.addresses.push(address);
        }
    }

    pub(super) fn locale(&mut self, text: &str) -> Result<(), String> {
        let tag = text.replace('_', "-");
        let subtag =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if tag.len() > 35 || !tag.split('-').all(subtag) {
            return Err(format!("locale: \"{}\" is not a language tag such as de or pt-BR", excerpt(text)));
        }
        self.row.locale = Some(tag);
        Ok(())
    }

    pub(super) fn time_zone(&mut self, text: &str) -> Result<(), String> {
        thread_local! {
            static KNOWN: RefCell<HashSet<String>> = RefCell::default();
        }
        let known = KNOWN.with_borrow(|known| known.contains(text)) || jiff::tz::TimeZone::get(text).is_ok();
        if !known {
            return Err(format!(
                "time_zone: \"{}\" is not an IANA zone such as Europe/Berlin",
                excerpt(text)
            ));
        }
        KNOWN.with_borrow_mut(|known| known.insert(text.to_owned()));
        self.row.time_zone = Some(text.to_owned());
        Ok(())
    }

    pub(super) fn country(&mut self, text: &str) -> Result<(), String> {
        let country = text.parse().map_err(|_| {
            format!("country: \"{}\" is not the two letters of ISO 3166-1, e.g. DE", excerpt(text))
        })?;
        self.row.country = Some(country);
        Ok(())
    }

    pub(super) fn consent(&mut self, consent: RowConsent) {
        self.row.consents.push(consent);
    }

    /// The row under construction, for what only one format has.
    pub(super) fn row(&mut self) -> &mut ProfileRow {
        &mut self.row
    }

    pub(super) fn attribute(&mut self, name: &str, text: &str) {
        self.member(name, &serde_json::Value::String(text.to_owned()));
    }

    pub(super) fn member(&mut self, name: &str, value: &serde_json::Value) {
        self.attributes.push(if self.attributes.is_empty() { '{' } else { ',' });
        self.attributes.push_str(&serde_json::Value::String(name.to_owned()).to_string());
        self.attributes.push(':');
        self.attributes.push_str(&value.to_string());
    }

    /// The row; or why it doesn't go in, with its refusals.
    pub(super) fn finish(mut self) -> Result<ProfileRow, Refused> {
        if let Some(reason) = self.fault.take().or_else(|| self.limits()) {
            return Err(Refused { reason, refusals: self.into_refusals() });
        }
        if !self.attributes.is_empty() {
            self.attributes.push('}');
            self.row.attributes = Some(self.attributes);
        }
        Ok(self.row)
    }

    /// The row's refusals alone.
    pub(super) fn into_refusals(mut self) -> Vec<ProfileRow> {
        // Where the row refuses what goes there: otherwise it would be an address to write to.
        for address in std::mem::take(&mut self.meant) {
            let fields: &[Field] = match address.namespace() {
                Namespace::Email => &[Field::Any, Field::Email, Field::CommercialEmail],
                _ => &[Field::Any, Field::Sms],
            };
            let refuses = |consent: &RowConsent| {
                consent.choice.is_no()
                    && matches!(consent.target, RowTarget::Field(field) if fields.contains(&field))
            };
            if self.row.consents.iter().any(refuses) {
                self.address(address);
            }
        }
        refusals(self.row)
    }

    fn limits(&self) -> Option<String> {
        if self.row.external_id.is_none() && self.row.addresses.is_empty() {
            Some("neither id, email nor phone: nobody to import".to_owned())
        } else if self.attributes.len() > ATTRIBUTES_LENGTH_MAX {
            Some(format!("attributes longer than {ATTRIBUTES_LENGTH_MAX} bytes"))
        } else if self.row.remainder.as_ref().is_some_and(|text| text.len() > ROW_LENGTH_MAX) {
            Some(format!("consents longer than {ROW_LENGTH_MAX} bytes"))
        } else if self.row.addresses.len() > ADDRESSES_MAX {
            Some(format!("more than {ADDRESSES_MAX} addresses"))
        } else if self.row.consents.len() > CONSENTS_MAX {
            Some(format!("more than {CONSENTS_MAX} choices"))
        } else {
            None
        }
    }
}

/// Digits that may be somebody's number, though no country is known that has such numbers.
fn is_long_number(address: &Address) -> bool {
    *address.namespace() == Namespace::Phone && address.raw().len() > 7
}
