//! The public routes together.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use consent::{Clock, WorkspaceId};
use store::Store;
use tower::ServiceExt as _;

use crate::hooks::{self, HooksState, TextHooks, Webhooks};
use crate::http::common::Common;
use crate::ledger::{self, LedgerFiles, LedgerState};
use crate::operations::{self, OperationsState};
use crate::pages::{self, DeskConfig, PagesState};

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

/// What the public routes are served from. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    common: Common,
    pages: PagesState,
    hooks: HooksState,
    ledger: LedgerState,
    operations: OperationsState,
}

impl WebState {
    /// Prepares templates and texts.
    pub fn new(config: PublicConfig) -> Self {
        let PublicConfig { store, clock, ledger, webhooks, texts, desk, behind_proxy, requests_max } = config;
        let common = Common::new(store, clock, behind_proxy, requests_max);
        let ledger = LedgerState::new(common.clone(), ledger, desk.workspace);
        Self {
            pages: PagesState::new(common.clone(), desk),
            hooks: HooksState::new(common.clone(), webhooks, texts),
            operations: OperationsState::new(common.clone(), ledger.clone()),
            ledger,
            common,
        }
    }
}

/// The public routes: links in messages, the ledger's files, health. To keep the client's address as evidence, serve it
/// with `into_make_service_with_connect_info::<SocketAddr>()`.
///
/// | route | |
/// |---|---|
/// | `GET /u/TOKEN` | what will stop, with one button; changes nothing (I4) |
/// | `POST /u/TOKEN` | one-click (RFC 8058): 200 without a body; the page's button: the page, or 303 to the brand's own; a reason |
/// | `GET /p/TOKEN`, `POST /p/TOKEN` | the page of choices and preferences; 303 back to it after saving |
/// | `GET /s/CODE` | 303 to the page of a short link; changes nothing (I4) |
/// | `GET /lists/NAME`, `POST /subscribe/NAME` | the form of a public list; queues what confirms it |
/// | `GET /c/TOKEN`, `POST /c/TOKEN` | confirming that an address joins a list, by one button |
/// | `GET /choices`, `POST /choices` | a link to the page of choices, for whoever has no message |
/// | `GET /l/TOKEN`, `POST /l/TOKEN` | a landing page of the brand's; 303 back to it after saving |
/// | `GET /pages/NAME` | the same without a person: nothing can be recorded |
/// | `GET /look/NAME` | the brand's logo |
/// | `POST /hooks/NAME` | what relay services tell, if configured; `OPTIONS` for the handshake of cloud events |
/// | `POST /sms/NAME` | what providers of text messages tell, if configured; `GET` for Meta's challenge, which changes nothing |
/// | `GET /ledger/checkpoint`, `/ledger/tile/N/…`, `/ledger/vkey` | the transparency log (C2SP tlog-tiles), if configured |
/// | `GET /ledger/tile/entries/…` | its entries, for holders of a key with the scope `ledger:read`, or for all |
/// | `GET /healthz`, `/readyz` | the process answers; the store takes writes |
/// | `GET /robots.txt` | nothing here is for crawlers |
/// | `GET /.well-known/gpc.json` | that Global Privacy Control signals are heeded |
pub fn public_router(state: WebState) -> Router {
    let WebState { common, pages, hooks, ledger, operations } = state;
    let routes = pages::routes(&pages, &common)
        .merge(hooks::routes(hooks, &common))
        .merge(ledger::routes(ledger, &common))
        .merge(operations::routes(operations, &common));
    Router::new().fallback_service(routes.map_request(mend))
}

/// Mends the paths of links that arrive with a doubled slash before them, or in upper case.
fn mend(mut request: Request) -> Request {
    let Some(mended) = pages::mended(request.uri().path()) else { return request };
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    if let Ok(uri) = format!("{mended}{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}
