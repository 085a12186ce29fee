//! What the handlers share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consent::{Clock, WorkspaceId};
use store::Store;
use tokio::sync::Mutex as AsyncMutex;
use wire::budget::Budget;

use crate::ajo::ApiKey;
use crate::desk::DeskConfig;
use crate::hooks::Webhooks;
use crate::landing::Studio;
use crate::ledger::Shown;
use crate::limits::Limits;
use crate::refusals::Refusals;
use crate::render::Renderer;
use crate::slots::Slots;
use crate::texts::TextHooks;

/// What the public pages are served with.
#[derive(Clone)]
pub struct PublicConfig {
    /// The state.
    pub store: Store,
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
    /// Most requests about links in messages in work at once; past it, 503. Other kinds have fewer places, of their own.
    pub requests_max: usize,
}

impl PublicConfig {
    /// Requests in work at once, unless said otherwise.
    pub const REQUESTS_MAX: usize = 1024;

    /// Served directly, without the ledger's files.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
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
    slots: Slots,
    bodies: Arc<Budget>,
    answers: Arc<Budget>,
    readiness: AsyncMutex<Option<(Duration, bool)>>,
    studio: Studio,
    limits: Limits,
    ledger: Mutex<Option<Shown>>,
    refusals: Refusals,
}

/// Bytes of request bodies in memory at once, and of one client network's. docs/operations.md adds them up.
pub(crate) const BODIES_BYTES_MAX: usize = 64 << 20;
const BODIES_BYTES_PER_NETWORK: usize = 24 << 20;
/// Bytes of longer answers in memory at once, until their clients have taken them; and of one client network's.
pub(crate) const ANSWERS_BYTES_MAX: usize = 64 << 20;
const ANSWERS_BYTES_PER_NETWORK: usize = 24 << 20;

impl WebState {
    /// Prepares templates and texts.
    pub fn new(config: PublicConfig) -> Self {
        Self(Arc::new(Shared {
            slots: Slots::new(config.requests_max),
            bodies: Budget::new(BODIES_BYTES_MAX, BODIES_BYTES_PER_NETWORK),
            answers: Budget::new(ANSWERS_BYTES_MAX, ANSWERS_BYTES_PER_NETWORK),
            readiness: AsyncMutex::new(None),
            studio: Studio::new(),
            limits: Limits::new(config.desk.per_network, config.desk.per_minute),
            renderer: Renderer::new(),
            ledger: Mutex::default(),
            refusals: Refusals::default(),
            config,
        }))
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

    /// Which refusals of webhooks the log tells.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// How often strangers may have something sent.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Places for requests in work.
    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    /// What request bodies may hold.
    pub(crate) fn bodies(&self) -> &Arc<Budget> {
        &self.0.bodies
    }

    /// What answers may hold.
    pub(crate) fn answers(&self) -> &Arc<Budget> {
        &self.0.answers
    }

    /// When the store was last checked, and whether it took writes.
    pub(crate) fn readiness(&self) -> &AsyncMutex<Option<(Duration, bool)>> {
        &self.0.readiness
    }

    /// Where landing pages are rendered.
    pub(crate) fn studio(&self) -> &Studio {
        &self.0.studio
    }
}
