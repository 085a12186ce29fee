//! The transport's speed limit where several nodes send through the same relay: turns come from the store.

use std::sync::Arc;

use async_trait::async_trait;
use consent::{Clock, WorkspaceId};
use store::Store;
use wire::rate::{Grant, NoTurn, Turns};
use wire::smtp::TransportConfig;

use crate::configuration::SmsConfiguration;
use crate::deps::Deps;

/// Turns from the store, for one relay.
pub(crate) struct StoreTurns {
    store: Store,
    workspace: WorkspaceId,
    clock: Arc<dyn Clock>,
    /// The relay, as host and port.
    key: String,
    per_second: u32,
}

impl StoreTurns {
    /// For a relay with a limit, if the store is shared; otherwise the transport keeps it by itself.
    pub(crate) fn of(deps: &Deps, config: &TransportConfig) -> Option<Arc<dyn Turns>> {
        Self::shared(deps, format!("{}:{}", config.host, config.port), config.rate_per_second?.get())
    }

    /// The same for a sender of texts.
    pub(crate) fn of_sender(deps: &Deps, sms: &SmsConfiguration) -> Option<Arc<dyn Turns>> {
        Self::shared(deps, format!("sms:{}", sms.sender), sms.transport.per_second?.get())
    }

    fn shared(deps: &Deps, key: String, per_second: u32) -> Option<Arc<dyn Turns>> {
        let Deps { store, workspace, clock, .. } = deps.clone();
        store
            .is_shared()
            .then(|| -> Arc<dyn Turns> { Arc::new(Self { store, workspace, clock, key, per_second }) })
    }
}

#[async_trait]
impl Turns for StoreTurns {
    async fn take(&self, wanted: u32) -> Result<Grant, NoTurn> {
        let now = self.clock.now();
        let grant = self.store.rate_turns(self.workspace, &self.key, self.per_second, wanted, now).await;
        let grant = grant.map_err(|error| NoTurn(error.to_string()))?;
        Ok(Grant { turns: grant.turns, wait: grant.at.since(now) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tests::engine::World;

    #[tokio::test]
    async fn two_nodes_take_turns_at_one_relay() {
        let world = World::new();
        let config = |port: u16| -> TransportConfig {
            toml::from_str(&format!("host = 'h'\nport = {port}\nrate_per_second = 20")).unwrap()
        };
        let node = |port| {
            let Deps { store, workspace, clock, .. } = world.deps();
            let config: TransportConfig = config(port);
            let (key, per_second) = (format!("{}:{}", config.host, config.port), 20);
            StoreTurns { store, workspace, clock, key, per_second }
        };
        let (one, two, other) = (node(25), node(25), node(26));
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(one.take(9).await.unwrap());
            all.push(two.take(9).await.unwrap());
        }
        // Two turns each, a tenth of a second: twenty in the first second, whoever takes them.
        let waits = (0..10).map(|n| Grant { turns: 2, wait: Duration::from_millis(100) * n });
        assert_eq!(all, waits.collect::<Vec<_>>());
        assert_eq!(other.take(1).await.unwrap(), Grant { turns: 1, wait: Duration::ZERO });
        assert!(StoreTurns::of(&world.deps(), &config(25)).is_none(), "this store isn't shared");
    }
}
