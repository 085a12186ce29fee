//! The keys that there are: those of the server's file, and those of the store, which are read anew every second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use consent::{Clock, Timestamp, WorkspaceId};
use service::keys::{Secret, digest};
use store::{ApiKey as StoredKey, Store};
use subtle::ConstantTimeEq as _;

use super::{ApiKey, Caller, Refusal, Scope, bearer};

/// How long what was read of the store holds: a key that is revoked opens nothing a second later.
const AGE_MAX: Duration = Duration::from_secs(1);
/// How often it is noted that a key was used.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// The keys. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Shared>);

struct Shared {
    file: Vec<ApiKey>,
    /// The workspace that keys of the file open.
    file_workspace: WorkspaceId,
    stored: Option<(Store, Arc<dyn Clock>)>,
    read: tokio::sync::Mutex<Option<(Duration, Arc<ById>)>>,
    /// When the use of a key was last noted.
    noted: Mutex<HashMap<String, Timestamp>>,
}

/// Keys by their visible part, which two might share.
type ById = HashMap<String, Vec<StoredKey>>;

impl Keys {
    /// Those of the server's file alone.
    pub fn of_file(file: Vec<ApiKey>) -> Self {
        Self::new(file, None)
    }

    /// Those of the server's file and of the store.
    pub fn with_store(file: Vec<ApiKey>, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self::new(file, Some((store, clock)))
    }

    fn new(file: Vec<ApiKey>, stored: Option<(Store, Arc<dyn Clock>)>) -> Self {
        let (read, noted) = (tokio::sync::Mutex::default(), Mutex::default());
        Self(Arc::new(Shared { file, file_workspace: WorkspaceId::MAIN, stored, read, noted }))
    }

    /// Whether there is any key that may do what wants one of these scopes.
    pub(crate) async fn any_for(&self, scopes: &[Scope]) -> bool {
        if self.0.file.iter().any(|key| key.scopes.iter().any(|scope| scopes.contains(scope))) {
            return true;
        }
        let Some((store, clock)) = &self.0.stored else { return false };
        // Where it can't be told there may be one.
        let Ok(keys) = self.keys(store, &**clock).await else { return true };
        let named = |name: &String| scopes.iter().any(|scope| scope.as_str() == name);
        keys.values().flatten().any(|key| key.scopes.iter().any(named))
    }

    /// Who brings a request, if they may do what wants `scope` in this workspace.
    pub(crate) async fn admit(
        &self,
        workspace: WorkspaceId,
        scope: Scope,
        headers: &HeaderMap,
    ) -> Result<Caller, Refusal> {
        let caller = self.who(headers).await?;
        if caller.workspace != workspace {
            return Err(Refusal::UnknownKey);
        }
        caller.may(scope)?;
        caller.goes_with(headers)?;
        Ok(caller)
    }

    /// Whose key a request brings.
    pub(crate) async fn who(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let secret = bearer(headers)?;
        let of_file = self.of_the_file(secret);
        if let Some(caller) = of_file {
            return Ok(caller);
        }
        // What can't be a key of ours is looked for nowhere.
        let (Some((store, clock)), Some(secret)) = (&self.0.stored, Secret::parse(secret)) else {
            return Err(Refusal::UnknownKey);
        };
        let keys = self.keys(store, &**clock).await?;
        let (now, digest) = (clock.now(), digest(secret.text()));
        let same = |key: &&StoredKey| bool::from(key.digest.ct_eq(&digest));
        let key = keys.get(secret.id()).and_then(|keys| keys.iter().find(same));
        let valid = key.filter(|key| key.expires_at.is_none_or(|expiry| now < expiry));
        let key = valid.ok_or(Refusal::UnknownKey)?;
        self.note(store, key, now);
        Ok(Caller {
            workspace: key.workspace,
            id: format!("key_{}", key.id),
            name: key.name.clone(),
            scopes: key.scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
            wanted: Vec::new(),
        })
    }

    /// The key of the file with this secret. Digests are compared, in full and all of them: how long it takes tells nothing
    /// of a secret.
    fn of_the_file(&self, secret: &str) -> Option<Caller> {
        let digest = digest(secret);
        let mut found = None;
        for key in &self.0.file {
            if key.digest.ct_eq(&digest).into() {
                found = Some(key);
            }
        }
        let key = found?;
        let wanted = [
            ("x-api-key", &key.client_id, Refusal::OtherClient),
            ("x-gw-ims-org-id", &key.org_id, Refusal::OtherOrg),
            ("x-sandbox-name", &key.sandbox, Refusal::OtherSandbox),
        ];
        let wanted =
            wanted.into_iter().filter_map(|(name, held, refusal)| Some((name, held.clone()?, refusal)));
        Some(Caller {
            workspace: self.0.file_workspace,
            id: key.name.clone(),
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            wanted: wanted.collect(),
        })
    }

    /// The store's keys as of a second ago at most. Those who ask at the same moment share one reading.
    async fn keys(&self, store: &Store, clock: &dyn Clock) -> Result<Arc<ById>, Refusal> {
        let mut read = self.0.read.lock().await;
        let now = clock.monotonic();
        if let Some((at, keys)) = &*read
            && now.saturating_sub(*at) < AGE_MAX
        {
            return Ok(Arc::clone(keys));
        }
        let keys = store.valid_api_keys().await.map_err(|error| {
            tracing::warn!(error = %error, "which keys there are can't be read");
            Refusal::Unavailable
        })?;
        let mut by_id = ById::new();
        for key in keys {
            by_id.entry(key.id.clone()).or_default().push(key);
        }
        let keys = Arc::new(by_id);
        *read = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }

    /// Notes that a key is used, seldom, and without keeping its caller waiting.
    fn note(&self, store: &Store, key: &StoredKey, now: Timestamp) {
        let mut noted = self.0.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.get(&key.id).copied().or(key.used_at);
        if last.is_some_and(|last| now < last.plus(NOTED_EVERY)) {
            return;
        }
        // Of keys that are gone nothing needs to be known.
        if noted.len() > StoredKey::KEYS_MAX * 8 {
            noted.clear();
        }
        noted.insert(key.id.clone(), now);
        let noting = store.use_api_key(key.workspace, &key.id, now);
        tokio::spawn(async move {
            if let Err(error) = noting.await {
                tracing::warn!(error = %error, "it can't be noted that a key was used");
            }
        });
    }
}
