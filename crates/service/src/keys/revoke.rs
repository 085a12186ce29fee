//! Revoking a key of a program.

use store::StoreError;

use super::Key;
use super::secret::PREFIX;
use crate::{Actor, Fault, Problem, Service};

/// Which.
#[derive(Clone, Debug)]
pub struct In {
    /// Its id, its name, or what it begins with.
    pub key: String,
}

/// The key as it is now.
pub type Out = Key;

/// Why none was revoked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such key, or it was revoked before.
    #[error("there is no key `{0}` that isn't revoked")]
    NoKey(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoKey(_) => Problem::not_found("key-not-found", "/key"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Revokes a key: within a second it opens nothing on any node. A key whose name is another's id counts by its id.
pub async fn revoke(service: &Service, actor: &Actor, In { key: asked }: In) -> Result<Out, Error> {
    let keys = service.store.api_keys(service.workspace).await?;
    let id = asked.strip_prefix("key_").or(asked.strip_prefix(PREFIX)).unwrap_or(&asked);
    let valid = || keys.iter().filter(|key| key.revoked.is_none());
    let found = valid().find(|key| key.id == id).or_else(|| valid().find(|key| key.name == asked));
    let Some(found) = found else { return Err(Error::NoKey(asked)) };
    let now = service.now();
    let revoked = service.store.revoke_api_key(service.workspace, &found.id, &actor.note(), now).await?;
    revoked.map(|key| Key::of(key, now)).ok_or(Error::NoKey(asked))
}
