//! The HTTP API, `/api/v1`: what the command line can do, for programs. Each endpoint stands in one table with the scope that
//! it wants, what it takes and what it answers; the routes and the OpenAPI document are made of it. A handler reads, calls
//! one use case, and answers with what that answers.

mod admit;
mod call;
mod cursor;
mod endpoint;
mod endpoints;
mod json;
mod ndjson;
mod once;
mod openapi;
mod problem;
mod rate;
mod reference;
mod serve;
mod shapes;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use consent::WorkspaceId;
use service::Service;
use tokio::sync::Semaphore;
use wire::budget::Budget;

use self::cursor::Cursors;
use self::rate::Rates;
use crate::http::auth::Keys;
use crate::http::base_path::path_of;

/// Requests in work at once; past it, 503.
const REQUESTS_MAX: usize = 64;
/// Of them, requests with long bodies or bodies of lines, which hold more than their bytes.
const HEAVY_MAX: usize = 8;
/// From how many bytes on a body is long.
const HEAVY_BYTES: usize = 64 * 1024;
/// Bytes of request bodies in memory at once.
const BODIES_BYTES_MAX: usize = 32 << 20;

/// What the interface is served with.
#[derive(Clone)]
pub struct ApiConfig {
    /// What use cases work with; each request works in its key's workspace.
    pub service: Service,
    /// Who may call it.
    pub keys: Keys,
    /// Where it is reached from outside.
    pub public_url: Option<String>,
    /// Requests of one key in a minute.
    pub requests_per_minute: u32,
}

impl ApiConfig {
    /// Requests of one key in a minute, unless said otherwise.
    pub const REQUESTS_PER_MINUTE: u32 = 300_000;
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ApiState(Arc<Shared>);

struct Shared {
    config: ApiConfig,
    cursors: Cursors,
    rates: Rates,
    permits: Semaphore,
    /// Those with much in hand.
    heavy: Arc<Semaphore>,
    bodies: Arc<Budget>,
}

impl ApiState {
    fn new(config: ApiConfig) -> Self {
        let cursors = Cursors::new(&config.service.store.cursor_key(), Arc::clone(&config.service.entropy));
        let rates = Rates::new(config.requests_per_minute, Arc::clone(&config.service.clock));
        let (permits, heavy) = (Semaphore::new(REQUESTS_MAX), Arc::new(Semaphore::new(HEAVY_MAX)));
        let bodies = Budget::new(BODIES_BYTES_MAX, BODIES_BYTES_MAX);
        Self(Arc::new(Shared { config, cursors, rates, permits, heavy, bodies }))
    }

    /// The path that the interface is reached below.
    fn base(&self) -> &str {
        path_of(self.0.config.public_url.as_deref().unwrap_or_default())
    }

    /// What use cases work with, in a workspace.
    fn service(&self, workspace: WorkspaceId) -> Service {
        Service { workspace, ..self.0.config.service.clone() }
    }
}

/// The interface's routes: `/api/v1/…`, its OpenAPI document and a reference to read.
///
/// | route | |
/// |---|---|
/// | `/api/v1/…` | the endpoints, for holders of a key |
/// | `GET /api/openapi.json` | what they take and answer (OpenAPI 3.1) |
/// | `GET /api/docs` | the same to read |
pub fn api_router(config: ApiConfig) -> Router {
    let base = path_of(config.public_url.as_deref().unwrap_or_default()).to_owned();
    let state = ApiState::new(config);
    let all = endpoints::all();
    let document = openapi::document(&all, &base);
    let page = reference::page(&document);
    let document = document.to_string();
    let mut routes = Router::new();
    for (path, endpoints) in serve::by_path(all) {
        routes = routes.route(&format!("/api/v1{path}"), serve::route(&state, endpoints));
    }
    let fixed = |kind, text: String| get(move || std::future::ready(serve::fixed(kind, text.clone())));
    routes
        .route("/api/openapi.json", fixed("application/json", document))
        .route("/api/docs", fixed("text/html; charset=utf-8", page))
        .route("/api/{*rest}", axum::routing::any(serve::nothing_here))
}
