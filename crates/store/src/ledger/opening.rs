//! What opens an entry: whose it is, which the leaf itself tells nobody.
//!
//! A leaf of the second form names its subject, and the address if it names one, by a commitment of the entry's own:
//!
//! ```text
//! SHA-256("consentry ledger subject 2" 0x00 ‖ blind ‖ pseudonym)
//! SHA-256("consentry ledger address 2" 0x00 ‖ blind ‖ pseudonym)
//! ```
//!
//! The blind is 32 bytes that only the ledger's owner can compute, others for each entry. So two entries of one person have
//! nothing in common, and nothing can be tried out on a leaf's hash. Who is given the blind and the pseudonyms can check the
//! one entry that they belong to; the pseudonym of a person is the same in all openings.

use super::LedgerError;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of a blind.
pub const BLIND_LENGTH: usize = 32;
/// Bytes of a pseudonym.
pub const PSEUDONYM_LENGTH: usize = 16;
/// Longest opening as text, in bytes.
pub(super) const OPENING_BYTES_MAX: usize = 256;

const SUBJECT: &[u8] = b"consentry ledger subject 2\0";
const ADDRESS: &[u8] = b"consentry ledger address 2\0";

/// Opens one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The person's pseudonym, the same in each of their entries.
    pub subject: [u8; PSEUDONYM_LENGTH],
    /// The address's pseudonym, if the entry names one.
    pub address: Option<[u8; PSEUDONYM_LENGTH]>,
    /// The entry's blind.
    pub blind: [u8; BLIND_LENGTH],
}

/// An opening as it stands in a receipt.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    blind: String,
}

/// What of a leaf an opening is about.
#[derive(Deserialize)]
struct Leaf {
    v: u64,
    subject: String,
    address: Option<String>,
}

impl Opening {
    /// What the leaf holds for the subject, hexadecimal.
    pub fn subject_commitment(&self) -> String {
        commitment(SUBJECT, &self.blind, &self.subject)
    }

    /// What the leaf holds for the address, hexadecimal.
    pub fn address_commitment(&self) -> Option<String> {
        self.address.as_ref().map(|address| commitment(ADDRESS, &self.blind, address))
    }

    /// The subject's pseudonym, hexadecimal.
    pub fn subject_text(&self) -> String {
        HEXLOWER.encode(&self.subject)
    }

    /// The address's pseudonym, hexadecimal.
    pub fn address_text(&self) -> Option<String> {
        self.address.as_ref().map(|address| HEXLOWER.encode(address))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let text: Text = serde_json::from_str(text).ok()?;
        Some(Self {
            subject: bytes(&text.subject)?,
            address: text.address.map(|address| bytes(&address).ok_or(())).transpose().ok()?,
            blind: bytes(&text.blind)?,
        })
    }
}

impl std::fmt::Display for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let blind = HEXLOWER.encode(&self.blind);
        let text = Text { subject: self.subject_text(), address: self.address_text(), blind };
        f.write_str(&serde_json::to_string(&text).map_err(|_| std::fmt::Error)?)
    }
}

/// Checks that an opening belongs to a leaf: one of the first form has none, one of the second needs its own.
pub(super) fn check(leaf: &[u8], opening: Option<&Opening>) -> Result<(), LedgerError> {
    let holds = match (parse_leaf(leaf), opening) {
        (Some(leaf), Some(opening)) if leaf.v == 2 => {
            leaf.subject == opening.subject_commitment() && leaf.address == opening.address_commitment()
        }
        (Some(leaf), None) => leaf.v == 1,
        // Another log's, whose leaves aren't ours to read.
        (None, None) => true,
        _ => false,
    };
    if holds { Ok(()) } else { Err(LedgerError::Opening) }
}

fn parse_leaf(leaf: &[u8]) -> Option<Leaf> {
    serde_json::from_slice(leaf).ok()
}

fn commitment(purpose: &[u8], blind: &[u8; BLIND_LENGTH], pseudonym: &[u8; PSEUDONYM_LENGTH]) -> String {
    let digest = Sha256::new().chain_update(purpose).chain_update(blind).chain_update(pseudonym).finalize();
    HEXLOWER.encode(&digest)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENING: Opening = Opening { subject: [1; 16], address: Some([2; 16]), blind: [3; 32] };

    fn leaf(v: u64, opening: &Opening) -> Vec<u8> {
        let address =
            opening.address_commitment().map_or_else(String::new, |text| format!(r#","address":"{text}""#));
        let subject = opening.subject_commitment();
        format!(r#"{{"v":{v},"workspace":1,"subject":"{subject}"{address},"sets":[]}}"#).into_bytes()
    }

    #[test]
    fn an_opening_fits_its_own_entry_only() {
        let good = leaf(2, &OPENING);
        assert!(check(&good, Some(&OPENING)).is_ok());
        let others = [
            Opening { subject: [9; 16], ..OPENING },
            Opening { address: Some([9; 16]), ..OPENING },
            Opening { address: None, ..OPENING },
            Opening { blind: [9; 32], ..OPENING },
        ];
        for other in others {
            assert!(matches!(check(&good, Some(&other)), Err(LedgerError::Opening)), "{other:?}");
            assert!(check(&leaf(2, &other), Some(&other)).is_ok());
        }
        assert!(check(&good, None).is_err(), "whose it is stays open");
        assert!(
            check(&leaf(1, &OPENING), None).is_ok() && check(&leaf(1, &OPENING), Some(&OPENING)).is_err()
        );
        assert!(
            check(&leaf(3, &OPENING), None).is_err() && check(&leaf(3, &OPENING), Some(&OPENING)).is_err()
        );
        assert!(check(b"another log's", None).is_ok() && check(b"another log's", Some(&OPENING)).is_err());
    }

    #[test]
    fn nothing_of_two_entries_is_alike() {
        let other = Opening { blind: [4; 32], ..OPENING };
        assert_ne!(OPENING.subject_commitment(), other.subject_commitment());
        assert_ne!(OPENING.address_commitment(), other.address_commitment());
        let same = Opening { address: Some(OPENING.subject), ..OPENING };
        assert_ne!(Some(same.subject_commitment()), same.address_commitment());
        // Fixed for ever: receipts of today are checked in years.
        assert_eq!(
            OPENING.subject_commitment(),
            HEXLOWER
                .encode(&Sha256::digest([&b"consentry ledger subject 2\0"[..], &[3; 32], &[1; 16]].concat()))
        );
    }

    #[test]
    fn it_is_read_back_as_it_was_written() {
        for opening in [OPENING, Opening { address: None, ..OPENING }] {
            let text = opening.to_string();
            assert!(text.len() <= OPENING_BYTES_MAX && !text.contains('\n'), "{text}");
            assert_eq!(Opening::parse(&text), Some(opening));
        }
        for wrong in ["", "{}", r#"{"subject":"01","blind":"02"}"#, "null"] {
            assert_eq!(Opening::parse(wrong), None, "{wrong}");
        }
    }
}
