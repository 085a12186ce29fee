//! The ledger's files beside the database.

mod operations;

use std::path::Path;

use super::check;
use crate::error::{Result, StoreError};
use crate::ledger::LedgerReader;
use crate::sealer::{self, retrying};
use crate::secrets::Secrets;
use crate::sql::Db;

/// Compares the ledger's files with the database.
pub(crate) fn compare(db: &impl Db, ledger: &Path, secrets: &Secrets) -> Result<Vec<String>> {
    let compared = retrying(|| {
        let reader = LedgerReader::open(ledger, Some(&sealer::signer(secrets)?.verifier()))?;
        check::check_ledger(db, &reader, secrets)
    });
    match compared {
        Err(StoreError::Ledger(error)) => Ok(vec![format!("ledger: {error}")]),
        compared => compared,
    }
}
