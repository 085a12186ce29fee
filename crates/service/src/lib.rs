//! The use cases: what the command line, the HTTP API and the admin pages can do, each once.
//!
//! A use case is a file under the folder of its noun: what it is given (`In`), what it answers (`Out`, which is what `--json`
//! prints), what can go wrong (`Error`), and one function, `verb(&Service, &Actor, In) -> Result<Out, Error>`. A front parses,
//! calls one function and renders its answer; it decides nothing.

pub mod actor;
pub mod allow;
pub mod campaigns;
pub mod consents;
pub mod decisions;
pub mod definitions;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod lists;
pub mod page;
pub mod problem;
pub mod profiles;
pub mod returned;
mod sending;
pub mod sends;
pub mod settings;
mod shape;
pub mod suppression;
#[cfg(test)]
mod testing;
pub mod texts;
pub mod workspaces;

use std::sync::Arc;

use consent::{Address, Clock, Entropy, Timestamp, WorkspaceId};
use store::{AddressOwner, Store, StoreError};
use wire::secret::Secrets;

pub use actor::Actor;
pub use page::Page;
pub use problem::{Fault, Kind, Problem};

/// What every use case works with.
#[derive(Clone)]
pub struct Service {
    /// The state.
    pub store: Store,
    /// The workspace that is worked in.
    pub workspace: WorkspaceId,
    /// The connections to relays and providers.
    pub transports: delivery::Transports,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Where the secrets are that definitions call by name.
    pub secrets: Arc<dyn Secrets>,
}

impl Service {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Who has an address.
    pub(crate) async fn owner(&self, address: &Address) -> Result<Option<AddressOwner>, StoreError> {
        Ok(self.store.resolve(self.workspace, vec![address.clone()]).await?.pop().flatten())
    }
}
