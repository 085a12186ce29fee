//! The transport's speed limit where several nodes send through the same relay: turns come from the store.

use std::sync::Arc;

use async_trait::async_trait;
use consent::{Clock, WorkspaceId};
use store::Store;

use crate::run::Deps;
use crate::smtp::{Grant, TransportConfig, TransportError, Turns};

/// Turns from the store, for one relay.
pub(crate) struct StoreTurns {
    store: Arc<dyn Store>,
    workspace: WorkspaceId,
    clock: Arc<dyn Clock>,
    /// The relay, as host and port.
    key: String,
    per_second: u32,
}

impl StoreTurns {
    /// For a relay with a limit, if the store is shared; otherwise the transport keeps it by itself.
    pub(crate) fn of(deps: &Deps, config: &TransportConfig) -> Option<Arc<dyn Turns>> {
        let per_second = config.rate_per_second?.get();
        let Deps { store, workspace, clock, .. } = deps.clone();
        let key = format!("{}:{}", config.host, config.port);
        store.is_shared().then(|| -> Arc<dyn Turns> {
            Arc::new(Self { store, workspace, clock, key, per_second })
        })
    }
}

#[async_trait]
impl Turns for StoreTurns {
    async fn take(&self, wanted: u32) -> Result<Grant, TransportError> {
        let now = self.clock.now();
        let grant = self.store.rate_turns(self.workspace, &self.key, self.per_second, wanted, now).await;
        let grant = grant.map_err(|error| TransportError::NoTurn(error.to_string()))?;
        Ok(Grant { turns: grant.turns, wait: grant.at.since(now) })
    }
}
