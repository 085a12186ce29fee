//! Checking every entry, tile and signature of the ledger.

use std::path::{Path, PathBuf};

use serde::Serialize;
use store::StoreError;
use store::ledger::{LedgerError, VerifierKey, verify as verify_all, verify_consistency};

use super::{BadKey, parse_key};
use crate::{Actor, Fault, Kind, Problem, Service};

/// What is checked.
pub struct In<'a> {
    /// The verifier key that the checkpoint must be signed with; our own if absent.
    pub key: Option<String>,
    /// A checkpoint kept from before: the ledger must have only grown since.
    pub since: Option<String>,
    /// Hears how many entries are done, and how many there are.
    pub progress: &'a mut (dyn FnMut(u64, u64) + Send),
}

/// A ledger that verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// It does.
    pub verified: bool,
    /// How many entries it has.
    pub entries: u64,
    /// The root of its tree, base64.
    pub root: String,
    /// The name of the key that signed it.
    pub key: String,
}

/// Why it doesn't.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is none.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// The files don't hold what was signed.
    #[error("{dir}: the ledger does not verify: {error}")]
    Broken {
        /// The ledger's folder.
        dir: PathBuf,
        /// What is wrong.
        error: LedgerError,
    },
    /// The checkpoint isn't of an earlier state of this ledger.
    #[error("the ledger doesn't continue it: {0}")]
    NotContinued(LedgerError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Key(_) => Problem::invalid("verifier-key-invalid", "/key"),
            Self::Broken { .. } => Problem::new(Kind::Internal, "ledger-broken"),
            Self::NotContinued(_) => Problem::invalid("ledger-not-continued", "/since"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Checks the ledger as it is now.
pub async fn verify(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    service.store.seal_ledger().await?;
    let key = match asked.key {
        Some(key) => key,
        None => service.store.ledger_verifier_key()?,
    };
    let dir = service.store.ledger_dir();
    check(&dir, &parse_key(&key)?, asked.since.as_deref(), asked.progress)
}

/// Checks a ledger from its files alone, wherever they are from.
pub fn verify_files(dir: &Path, asked: In<'_>) -> Result<Out, Error> {
    let key = parse_key(&asked.key.unwrap_or_default())?;
    check(dir, &key, asked.since.as_deref(), asked.progress)
}

fn check(
    dir: &Path,
    key: &VerifierKey,
    since: Option<&str>,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Out, Error> {
    let report = verify_all(dir, Some(key), progress);
    let report = report.map_err(|error| Error::Broken { dir: dir.to_owned(), error })?;
    if let Some(old) = since {
        verify_consistency(dir, old, key).map_err(Error::NotContinued)?;
    }
    Ok(Out { verified: true, entries: report.size, root: report.root, key: key.name().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::testing::World;

    #[tokio::test]
    async fn a_ledger_verifies_and_goes_on() {
        let World { service, actor, dir: _dir } = World::new();
        let opt_out = async |address| {
            opt_out::opt_out(&service, &actor, opt_out::In::of(address)).await.unwrap();
        };
        opt_out("ann@example.com").await;
        let asked = |since| In { key: None, since, progress: Box::leak(Box::new(|_, _| ())) };
        let out = verify(&service, &actor, asked(None)).await.unwrap();
        assert_eq!((out.verified, out.entries), (true, 1));
        let old = std::fs::read_to_string(service.store.ledger_dir().join("checkpoint")).unwrap();
        opt_out("bob@example.com").await;
        assert_eq!(verify(&service, &actor, asked(Some(old))).await.unwrap().entries, 2);
        let other = In { key: Some("nobody".to_owned()), ..asked(None) };
        let refused = verify(&service, &actor, other).await.unwrap_err();
        assert_eq!(refused.problem(), Problem::invalid("verifier-key-invalid", "/key"));
    }
}
