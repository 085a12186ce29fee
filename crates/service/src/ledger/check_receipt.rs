//! Checking a receipt, which takes nothing but the key.

use consent::EntryId;
use serde::Serialize;
use store::ledger::{LedgerError, Opening, Receipt};

use super::{BadKey, parse_key};
use crate::{Fault, Problem, shape};

/// The receipt.
#[derive(Clone, Debug)]
pub struct In {
    /// Its text.
    pub receipt: String,
    /// The verifier key of the ledger that it is from.
    pub key: String,
}

/// A receipt that verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// It does.
    pub verified: bool,
    /// The entry that is in the ledger.
    #[serde(serialize_with = "shape::text")]
    pub entry: EntryId,
    /// How many entries the ledger has that says so.
    pub size: u64,
    /// The name of the key that signed it.
    pub key: String,
    /// What the entry says.
    pub leaf: String,
    /// Whose it is, the same in every receipt of this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// By which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Why it doesn't.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is none.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// The text isn't a receipt.
    #[error("not a receipt: {0}")]
    NoReceipt(LedgerError),
    /// It proves nothing.
    #[error("does not verify: {0}")]
    Broken(LedgerError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Key(_) => Problem::invalid("verifier-key-invalid", "/key"),
            Self::NoReceipt(_) => Problem::invalid("receipt-invalid", "/receipt"),
            Self::Broken(_) => Problem::invalid("receipt-broken", "/receipt"),
        }
    }
}

/// Checks a receipt. Anybody can, so it takes no service and no actor.
pub fn check_receipt(asked: &In) -> Result<Out, Error> {
    let key = parse_key(&asked.key)?;
    let receipt = Receipt::parse(&asked.receipt).map_err(Error::NoReceipt)?;
    let checkpoint = receipt.verify(&key).map_err(Error::Broken)?;
    let opening = receipt.opening();
    Ok(Out {
        verified: true,
        entry: EntryId(i64::try_from(receipt.index()).unwrap_or(i64::MAX)),
        size: checkpoint.size(),
        key: key.name().to_owned(),
        leaf: String::from_utf8_lossy(receipt.leaf()).into_owned(),
        subject: opening.map(Opening::subject_text),
        address: opening.and_then(Opening::address_text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_receipt_is_refused() {
        let refused = check_receipt(&In { receipt: "x".to_owned(), key: "y".to_owned() }).unwrap_err();
        assert_eq!(refused.problem(), Problem::invalid("verifier-key-invalid", "/key"));
    }
}
