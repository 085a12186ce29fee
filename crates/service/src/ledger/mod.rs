//! The ledger of consent changes: entries, receipts, and whether it verifies.

pub mod check_receipt;
pub mod entry;
pub mod key;
pub mod receipt;
pub mod verify;

use store::ledger::{LedgerError, VerifierKey};

/// A verifier key that is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(LedgerError);

/// A verifier key as it is written.
pub fn parse_key(text: &str) -> Result<VerifierKey, BadKey> {
    VerifierKey::parse(text).map_err(BadKey)
}
