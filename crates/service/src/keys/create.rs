//! Making a key for a program.

use consent::Timestamp;
use serde::Serialize;
use store::{ApiKey, StoreError};

use super::secret::{Secret, digest};
use super::{Key, Scope};
use crate::{Actor, Fault, Kind, Problem, Service};

/// Bytes of a key's name.
const NAME_BYTES_MAX: usize = 64;

/// The key.
#[derive(Clone, Debug)]
pub struct In {
    /// Its name, which all that it does is put down to.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// Until when; for good if absent.
    pub expires_at: Option<Timestamp>,
}

/// The key as it was made, with its secret, which is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// What programs send as `Authorization: Bearer …`.
    pub secret: String,
    /// The key.
    #[serde(flatten)]
    pub key: Key,
}

/// Why none was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name can't stand in records.
    #[error("a key's name has 1 to {NAME_BYTES_MAX} bytes on one line")]
    Name,
    /// A key that isn't revoked has the name.
    #[error("there is a key called `{0}`")]
    Exists(String),
    /// It could be used for nothing.
    #[error("say what the key may be used for")]
    NoScope,
    /// It would have expired before it was used.
    #[error("the key would have expired at {0} already")]
    Past(Timestamp),
    /// The store.
    #[error(transparent)]
    Store(StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Name => Problem::invalid("name-invalid", "/name"),
            Self::Exists(_) => Problem { kind: Kind::Conflict, ..Problem::invalid("key-exists", "/name") },
            Self::NoScope => Problem::invalid("scope-missing", "/scopes"),
            Self::Past(_) => Problem::invalid("expires-in-the-past", "/expiresAt"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Makes a key.
pub async fn create(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { name, mut scopes, expires_at } = asked;
    let name = name.trim().to_owned();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        return Err(Error::Name);
    }
    if scopes.is_empty() {
        return Err(Error::NoScope);
    }
    let now = service.now();
    if let Some(expiry) = expires_at.filter(|expiry| *expiry <= now) {
        return Err(Error::Past(expiry));
    }
    scopes.sort();
    scopes.dedup();
    let secret = Secret::new(&*service.entropy);
    let key = ApiKey {
        workspace: service.workspace,
        id: secret.id().to_owned(),
        name: name.clone(),
        digest: digest(secret.text()),
        scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        created_at: now,
        created_by: actor.note(),
        expires_at,
        revoked: None,
        used_at: None,
    };
    service.store.create_api_key(key.clone()).await.map_err(|error| match error {
        StoreError::Exists(_) => Error::Exists(name),
        error => Error::Store(error),
    })?;
    Ok(Out { secret: secret.text().to_owned(), key: Key::of(key, now) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{list, revoke};
    use crate::testing::World;

    #[tokio::test]
    async fn a_key_shows_its_secret_once_and_its_name_is_taken_until_it_is_revoked() {
        let World { service, actor, dir: _dir } = World::new();
        let scopes = vec![Scope::ListsRead, Scope::DecisionsRead, Scope::ListsRead];
        let asked = In { name: " shop ".to_owned(), scopes, expires_at: None };
        let out = create(&service, &actor, asked.clone()).await.unwrap();
        assert_eq!((out.key.name.as_str(), out.key.created_by.as_str()), ("shop", "cli:ada"));
        assert_eq!(out.key.scopes, ["decisions:read", "lists:read"]);
        assert!(out.secret.starts_with(&out.key.prefix));
        let refused = create(&service, &actor, asked.clone()).await.unwrap_err();
        assert_eq!((refused.problem().kind, refused.problem().code), (Kind::Conflict, "key-exists"));
        let shown = list::list(&service, &actor, list::In).await.unwrap();
        assert_eq!((shown.data.len(), shown.data[0].state), (1, "active"));
        assert!(!serde_json::to_string(&shown).unwrap().contains(&out.secret));
        let by_name = revoke::In { key: "shop".to_owned() };
        assert_eq!(revoke::revoke(&service, &actor, by_name.clone()).await.unwrap().state, "revoked");
        assert!(matches!(revoke::revoke(&service, &actor, by_name).await, Err(revoke::Error::NoKey(_))));
        let again = create(&service, &actor, asked).await.unwrap();
        let by_id = revoke::In { key: again.key.id.clone() };
        assert_eq!(revoke::revoke(&service, &actor, by_id).await.unwrap().id, again.key.id);
    }

    #[tokio::test]
    async fn what_is_wrong_is_pointed_at() {
        let World { service, actor, dir: _dir } = World::new();
        let fine = In { name: "shop".to_owned(), scopes: vec![Scope::ListsRead], expires_at: None };
        for (asked, pointer) in [
            (In { name: " ".to_owned(), ..fine.clone() }, "/name"),
            (In { name: "a\nb".to_owned(), ..fine.clone() }, "/name"),
            (In { scopes: Vec::new(), ..fine.clone() }, "/scopes"),
            (In { expires_at: Some(Timestamp(0)), ..fine }, "/expiresAt"),
        ] {
            let problem = create(&service, &actor, asked).await.unwrap_err().problem();
            assert_eq!(problem.pointer.as_deref(), Some(pointer));
        }
    }
}
