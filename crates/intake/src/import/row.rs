//! Building a profile from a row's parts, whatever the format.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

use consent::jurisdiction::Country;
use consent::{Address, Field, Namespace, Timestamp};
pub(crate) use rows::excerpt;
use store::{ProfileRow, RowConsent, RowTarget, SuppressionCategory, SuppressionEntry};

use super::refusals::{Refused, refusals};
use super::{ADDRESSES_MAX, ATTRIBUTES_LENGTH_MAX, CONSENTS_MAX, ID_LENGTH_MAX, ROW_LENGTH_MAX};
use super::{numbers, recognise};

/// Longest text that evidence keeps of a row, in bytes.
const EVIDENCE_LENGTH_MAX: usize = 300;
/// Attributes of most rows are no longer, in bytes of JSON.
const ATTRIBUTES_LENGTH: usize = 128;
/// Who puts an entry on the suppression list.
const BY: &str = "import";

/// A row that goes in.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) row: ProfileRow,
    /// What it puts on the suppression list.
    pub(super) suppressions: Vec<SuppressionEntry>,
    /// What was left out of it, by column, and why.
    pub(super) warnings: Vec<String>,
}

/// Addresses of a row that go on the suppression list.
pub(super) struct Suppressed {
    pub(super) namespace: Namespace,
    pub(super) category: SuppressionCategory,
    pub(super) note: String,
}

/// Collects what a row says; errors name the column.
pub(super) struct RowBuilder {
    row: ProfileRow,
    attributes: String,
    fault: Option<String>,
    warnings: Vec<String>,
    /// Addresses that can't be read: they cost the row if there are no others.
    bad_addresses: Vec<String>,
    /// Who is meant by addresses that are none: whom refusals are for, and nobody to write to.
    meant: Vec<Address>,
    suppressed: Vec<Suppressed>,
    evidence: String,
}

impl RowBuilder {
    pub(super) fn new(received_at: Timestamp) -> Self {
        let row = ProfileRow { received_at, ..ProfileRow::default() };
        Self {
            row,
            attributes: String::new(),
            fault: None,
            warnings: Vec::new(),
            bad_addresses: Vec::new(),
            meant: Vec::new(),
            suppressed: Vec::new(),
            evidence: String::new(),
        }
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

    /// Notes something that is left out of the row, which goes in without it.
    pub(super) fn warn(&mut self, column: &str, reason: impl std::fmt::Display) {
        let reason = reason.to_string();
        let named = reason.starts_with(column);
        self.warnings.push(if named { reason } else { format!("{}: {reason}", excerpt(column)) });
    }

    pub(super) fn email(&mut self, column: &str, text: &str) {
        match Address::email(text) {
            Ok(address) => self.address(address),
            Err(error) => {
                self.meant.extend(emails(text));
                self.bad_addresses.push(format!("{}: {error}", excerpt(column)));
            }
        }
    }

    pub(super) fn phone(&mut self, column: &str, text: &str) {
        match numbers::phone(text, self.row.country) {
            Ok(address) => self.address(address),
            Err(reason) => {
                self.meant.extend(phones(text, self.row.country));
                self.bad_addresses.push(format!("{}: {reason}", excerpt(column)));
            }
        }
    }

    /// Adds an address unless the row has it already.
    pub(super) fn address(&mut self, address: Address) {
        let known = |held: &Address| held.namespace() == address.namespace() && held.key() == address.key();
        if !self.row.addresses.iter().any(known) {
            if self.row.addresses.is_empty() {
                // Not the four that a first push makes room for: thousands of rows are in memory.
                self.row.addresses.reserve_exact(2);
            }
            self.row.addresses.push(address);
        }
    }

    pub(super) fn locale(&mut self, column: &str, text: &str) {
        let tag = text.replace('_', "-");
        let subtag =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if tag.len() > 35 || !tag.split('-').all(subtag) {
            self.warn(column, format!("\"{}\" is not a language tag such as de or pt-BR", excerpt(text)));
            return;
        }
        self.row.locale = Some(tag);
    }

    pub(super) fn time_zone(&mut self, column: &str, text: &str) {
        thread_local! {
            static KNOWN: RefCell<HashSet<String>> = RefCell::default();
        }
        let known = KNOWN.with_borrow(|known| known.contains(text)) || jiff::tz::TimeZone::get(text).is_ok();
        if !known {
            self.warn(column, format!("\"{}\" is not an IANA zone such as Europe/Berlin", excerpt(text)));
            return;
        }
        KNOWN.with_borrow_mut(|known| known.insert(text.to_owned()));
        self.row.time_zone = Some(text.to_owned());
    }

    /// The first country that can be read counts.
    pub(super) fn country(&mut self, column: &str, text: &str) {
        match recognise::country(text) {
            Some(country) => {
                self.row.country.get_or_insert(country);
            }
            None if recognise::means_nothing(text) => {}
            None => self.warn(
                column,
                format!(
                    "\"{}\" is no country by its name or the two letters of ISO 3166-1, e.g. DE",
                    excerpt(text)
                ),
            ),
        }
    }

    /// The country of rows that say none.
    pub(super) fn default_country(&mut self, country: Country) {
        self.row.country.get_or_insert(country);
    }

    /// Puts the row's addresses of a kind on the suppression list.
    pub(super) fn suppress(&mut self, suppressed: Suppressed) {
        self.suppressed.push(suppressed);
    }

    /// Keeps what a cell says for the evidence.
    pub(super) fn evidence(&mut self, column: &str, cell: &str) {
        let (column, cell) = (short(column), short(cell));
        let separator = if self.evidence.is_empty() { "" } else { "; " };
        let length = column.len() + ": ".len() + cell.len();
        if self.evidence.len() + length <= EVIDENCE_LENGTH_MAX {
            self.evidence.reserve(length + separator.len());
            self.evidence.extend([separator, &column, ": ", &cell]);
        }
    }

    /// Names the file and line that the row stands in as the evidence of its consents.
    pub(super) fn note_line(&mut self, source: &str, line: u64) {
        if !self.row.consents.is_empty() {
            let colon = if self.evidence.is_empty() { "" } else { ": " };
            let mut evidence = String::with_capacity(source.len() + self.evidence.len() + 32);
            evidence.extend([source, " line ", &line.to_string(), colon, &self.evidence]);
            self.row.evidence = Some(evidence);
        }
    }

    /// Makes room for so many consents.
    pub(super) fn expect_consents(&mut self, count: usize) {
        self.row.consents.reserve_exact(count);
    }

    pub(super) fn consent(&mut self, consent: RowConsent) {
        self.row.consents.push(consent);
    }

    /// The row under construction, for what only one format has.
    pub(super) fn row(&mut self) -> &mut ProfileRow {
        &mut self.row
    }

    pub(super) fn attribute(&mut self, name: &str, text: &str) {
        self.begin_member(name);
        push_json(&mut self.attributes, text);
    }

    pub(super) fn member(&mut self, name: &str, value: &serde_json::Value) {
        self.begin_member(name);
        self.attributes.push_str(&value.to_string());
    }

    fn begin_member(&mut self, name: &str) {
        if self.attributes.is_empty() {
            self.attributes.reserve(ATTRIBUTES_LENGTH);
        }
        self.attributes.push(if self.attributes.is_empty() { '{' } else { ',' });
        push_json(&mut self.attributes, name);
        self.attributes.push(':');
    }

    /// The row; or why it doesn't go in, with its refusals.
    pub(super) fn finish(mut self) -> Result<Ready, Refused> {
        let bad_addresses = std::mem::take(&mut self.bad_addresses);
        if self.row.addresses.is_empty() {
            let first = bad_addresses.into_iter().next().map_or(Ok(()), Err);
            self.check(first);
        } else {
            self.warnings.extend(bad_addresses);
        }
        let suppressions = self.suppressions();
        let rejected = self.fault.is_some();
        let others = self.adopt_refused(rejected);
        if let Some(reason) = self.fault.take().or_else(|| self.limits()) {
            return Err(Refused { reason, refusals: pieces(self.row, others), suppressions });
        }
        if !self.attributes.is_empty() {
            self.attributes.push('}');
            self.row.attributes = Some(self.attributes);
        }
        Ok(Ready { row: self.row, suppressions, warnings: self.warnings })
    }

    fn suppressions(&mut self) -> Vec<SuppressionEntry> {
        let mut entries = Vec::new();
        for Suppressed { namespace, category, note } in std::mem::take(&mut self.suppressed) {
            let addresses = self.row.addresses.iter().chain(&self.meant);
            for address in addresses.filter(|address| *address.namespace() == namespace) {
                entries.push(SuppressionEntry {
                    namespace: namespace.clone(),
                    value: address.key().to_owned(),
                    category,
                    reason: crate::note::note(&note),
                    by: BY.to_owned(),
                    at: self.row.received_at,
                    updated_at: self.row.received_at,
                    expires_at: None,
                });
            }
        }
        entries
    }

    /// Takes in the addresses that are plainly meant, where the row refuses what goes there: otherwise they would be addresses
    /// to write to. Of a row that is rejected nothing but refusals stay, so that leaving a list counts, too.
    fn adopt_refused(&mut self, rejected: bool) -> Vec<Address> {
        let mut adopted = Vec::new();
        for address in std::mem::take(&mut self.meant) {
            let fields: &[Field] = match address.namespace() {
                Namespace::Email => &[Field::Any, Field::Email, Field::CommercialEmail],
                _ => &[Field::Any, Field::Sms],
            };
            let refuses = |consent: &RowConsent| {
                let reaches = match consent.target {
                    RowTarget::Field(field) => fields.contains(&field),
                    RowTarget::List(_) => rejected,
                    RowTarget::Identity(..) => false,
                };
                consent.choice.is_no() && reaches
            };
            if self.row.consents.iter().any(refuses) {
                adopted.push(address);
            }
        }
        // Several in one cell may be of several people, and each refuses.
        if rejected && adopted.len() > 1 {
            return adopted;
        }
        for address in adopted {
            self.address(address);
        }
        Vec::new()
    }

    /// The row's refusals alone.
    pub(super) fn into_refusals(mut self) -> Vec<ProfileRow> {
        let others = self.adopt_refused(true);
        pieces(self.row, others)
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

/// The refusals of a row, and the same for each of others whom it may be about.
fn pieces(row: ProfileRow, others: Vec<Address>) -> Vec<ProfileRow> {
    let of = |address| ProfileRow {
        addresses: vec![address],
        consents: row.consents.clone(),
        received_at: row.received_at,
        evidence: row.evidence.clone(),
        ..ProfileRow::default()
    };
    let others: Vec<ProfileRow> = others.into_iter().map(of).flat_map(refusals).collect();
    refusals(row).into_iter().chain(others).collect()
}

/// Whom a cell plainly means that is no address: one in quotes or brackets, or several in one cell.
fn emails(text: &str) -> Vec<Address> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '<' | '>' | '，' | '、' | '；');
    let closer = |c: char| matches!(c, '/' | '\\' | '&' | '+');
    let read = |piece: &str| Address::email(piece).or_else(|_| Address::email_as_received(piece)).ok();
    let pieces = || text.split(apart).filter(|piece| piece.contains('@'));
    if pieces().count() < 2 && text.matches('@').count() < 2 {
        return Address::email_as_received(text).into_iter().chain(pieces().filter_map(read)).collect();
    }
    // Signs that a local part may hold part addresses only where there is more than one.
    pieces()
        .flat_map(|piece| match piece.matches('@').count() {
            0 | 1 => vec![piece],
            _ => piece.split(closer).collect(),
        })
        .filter_map(read)
        .take(ADDRESSES_MAX)
        .collect()
}

/// The same of numbers.
fn phones(text: &str, country: Option<Country>) -> Vec<Address> {
    let text = text.replace(" / ", ";").replace(" or ", ";").replace(" und ", ";").replace(" et ", ";");
    let pieces = text.split([',', ';', '|', '\n', '，', '、', '；']);
    // A plus begins a number of its own.
    let pieces = pieces.flat_map(|piece| {
        let starts = piece.match_indices('+').map(|(at, _)| at).filter(|at| *at > 0);
        let ends: Vec<usize> = starts.chain([piece.len()]).collect();
        let begins = std::iter::once(0).chain(ends.clone());
        begins.zip(ends).map(|(from, to)| piece[from..to].trim()).collect::<Vec<_>>()
    });
    let read = |piece: &str| {
        let as_received = || Address::phone_as_received(piece).ok().filter(is_long_number);
        numbers::phone(piece, country).ok().or_else(as_received)
    };
    pieces.filter_map(read).take(ADDRESSES_MAX).collect()
}

/// As [`excerpt`]; nearly all texts are short.
fn short(text: &str) -> Cow<'_, str> {
    let plain = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control());
    if plain { text.into() } else { excerpt(text).into() }
}

/// Writes a text as JSON. Nearly none holds anything that is escaped.
fn push_json(json: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        json.push_str(&serde_json::Value::String(text.to_owned()).to_string());
        return;
    }
    json.push('"');
    json.push_str(text);
    json.push('"');
}

/// Digits that may be somebody's number, though no country is known that has such numbers.
fn is_long_number(address: &Address) -> bool {
    *address.namespace() == Namespace::Phone && address.raw().len() > 7
}
