//! What the handlers share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use consent::{Clock, WorkspaceId};
use store::Store;
use tokio::sync::Semaphore;

use crate::ajo::ApiKey;
use crate::desk::DeskConfig;
use crate::hooks::Webhooks;
use crate::ledger::Shown;
use crate::limits::Limits;
use crate::render::Renderer;
use crate::texts::TextHooks;

/// What the public pages are served with.
#[derive(Clone)]
pub struct PublicConfig {
    /// The state.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The ledger's files, to serve them to whoever wants to check them.
    pub ledger: Option<LedgerFiles>,
    /// The webhooks of relay services.
    pub webhooks: Option<Arc<Webhooks>>,
    /// The receivers of text messages.
    pub texts: Option<Arc<TextHooks>>,
    /// The pages on which somebody types an address.
    pub desk: DeskConfig,
    /// Whether a reverse proxy of the operator's stands in front: then the last entry of X-Forwarded-For is the
    /// client's address. Without one, anybody could write there what they like.
    pub behind_proxy: bool,
    /// Most requests in work at once; past it, 503.
    pub requests_max: usize,
}

impl PublicConfig {
    /// Requests in work at once, unless said otherwise.
    pub const REQUESTS_MAX: usize = 1024;

    /// Served directly, without the ledger's files.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            ledger: None,
            webhooks: None,
            texts: None,
            desk: DeskConfig::new(WorkspaceId::MAIN),
            behind_proxy: false,
            requests_max: Self::REQUESTS_MAX,
        }
    }
}

/// Where the ledger's files are.
#[derive(Clone)]
pub struct LedgerFiles {
    /// Their folder, as [`store::ledger`] writes it.
    pub dir: PathBuf,
    /// The verifier key that checkpoints are checked with, in its text form (C2SP signed-note).
    pub verifier_key: String,
    /// The keys that open its entries: those with the scope `ledger`. The settings may say that nobody needs one.
    pub keys: Vec<ApiKey>,
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct WebState(Arc<Shared>);

struct Shared {
    config: PublicConfig,
    renderer: Renderer,
    permits: Semaphore,
    limits: Limits,
    ledger: Mutex<Option<Shown>>,
}

impl WebState {
    /// Prepares templates and texts.
    pub fn new(config: PublicConfig) -> Self {
        let permits = Semaphore::new(config.requests_max.clamp(1, Semaphore::MAX_PERMITS));
        let limits = Limits::new(config.desk.per_network, config.desk.per_minute);
        let (renderer, ledger) = (Renderer::new(), Mutex::default());
        Self(Arc::new(Shared { config, renderer, permits, limits, ledger }))
    }

    pub(crate) fn config(&self) -> &PublicConfig {
        &self.0.config
    }

    pub(crate) fn renderer(&self) -> &Renderer {
        &self.0.renderer
    }

    /// The ledger as it is shown at present.
    pub(crate) fn ledger(&self) -> &Mutex<Option<Shown>> {
        &self.0.ledger
    }

    /// How often strangers may have something sent.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// One for each request in work.
    pub(crate) fn permits(&self) -> &Semaphore {
        &self.0.permits
    }
}
