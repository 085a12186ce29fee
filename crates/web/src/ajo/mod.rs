//! HTTP interfaces of Adobe Journey Optimizer, answered as its OpenAPI documents say
//! (github.com/AdobeDocs/journey-optimizer-apis), so that an integration moves over by changing its base URL and its key.

mod auth;
mod decrypt;
mod error;
mod link;
mod preferences;
mod suppression;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use consent::{Clock, Entropy, WorkspaceId};
use store::Store;
use tokio::sync::{Mutex, Semaphore};

pub use auth::{ApiKey, Scope};
pub(crate) use auth::{Refusal, admit};

use self::error::ApiError;
use crate::render::COMMON_HEADERS;

/// Longest request target, in bytes: an address of 254 bytes, each escaped, and the parameters.
const TARGET_BYTES_MAX: usize = 4096;
/// How long a request may take, its body included; uploads have a limit of their own.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Requests in work at once; past it, 503.
const REQUESTS_MAX: usize = 64;

/// What the interface is served with.
#[derive(Clone)]
pub struct AjoConfig {
    /// The state.
    pub store: Arc<dyn Store>,
    /// The workspace that it stands for.
    pub workspace: WorkspaceId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for the ids of uploads.
    pub entropy: Arc<dyn Entropy>,
    /// Who may call it. Without any nobody may.
    pub keys: Vec<ApiKey>,
    /// The namespace of the brand's own ids, which imports call `id`.
    pub profile_namespace: String,
    /// Where uploaded files wait; made when the first comes.
    pub uploads_dir: PathBuf,
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AjoState(Arc<Shared>);

struct Shared {
    config: AjoConfig,
    permits: Semaphore,
    uploads: Semaphore,
    /// Held by the upload that is being imported: one at a time.
    importing: Mutex<()>,
}

impl AjoState {
    /// Prepares the interface.
    pub fn new(config: AjoConfig) -> Self {
        Self(Arc::new(Shared {
            config,
            permits: Semaphore::new(REQUESTS_MAX),
            uploads: Semaphore::new(suppression::UPLOADS_AT_ONCE),
            importing: Mutex::new(()),
        }))
    }

    /// Goes on with uploads that an earlier process accepted and didn't end. Call it once, when the server starts.
    pub async fn resume(&self) {
        suppression::resume(self).await;
    }

    fn config(&self) -> &AjoConfig {
        &self.0.config
    }

    fn store(&self) -> &dyn Store {
        &*self.0.config.store
    }

    fn workspace(&self) -> WorkspaceId {
        self.0.config.workspace
    }
}

/// The interfaces' routes, where Adobe's base URLs have them. The suppression interface is beneath `/config` too: the
/// `href`s in its answers begin there, so that both ways of resolving them lead somewhere.
///
/// | route | |
/// |---|---|
/// | `GET`, `POST /ajo/config/suppression/addresses` | the list; adds to it |
/// | `GET`, `DELETE …/addresses/{email}` | one entry |
/// | `…/domains`, `…/domains/{domain}` | the same for domains |
/// | `GET`, `POST …/uploads`, `GET`, `DELETE …/uploads/{jobId}` | CSV files, imported in the background |
/// | `POST /journey/imp/consent/preferences` | choices of the person that a link is about |
/// | `POST /journey/imp/consent/opt-in` | choices of the person that the body names |
/// | `GET /journey/imp/consent/decrypt` | whom a link is about |
pub fn ajo_router(state: &AjoState) -> Router {
    let suppression = suppression::routes()
        .layer(from_fn(in_time))
        .merge(suppression::upload_routes())
        .layer(from_fn_with_state((state.clone(), Scope::Suppression), auth::authenticate));
    let of_links = |routes: Router<AjoState>, scope| {
        let authenticated = from_fn_with_state((state.clone(), scope), auth::authenticate);
        routes.layer(from_fn(in_time)).layer(authenticated)
    };
    let links =
        of_links(preferences::routes(), Scope::Consent).merge(of_links(decrypt::routes(), Scope::Decrypt));
    let guarded = |routes: Router<AjoState>| {
        routes.layer(from_fn_with_state(state.clone(), guard)).with_state(state.clone())
    };
    let suppression = guarded(suppression);
    Router::new()
        .nest("/ajo/config/suppression", suppression.clone())
        .nest("/config/suppression", suppression)
        .nest("/journey/imp/consent", guarded(links))
}

async fn in_time(request: Request, next: Next) -> Result<Response, ApiError> {
    tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await.map_err(|_| ApiError::busy())
}

/// Limits and headers that all routes share.
async fn guard(State(state): State<AjoState>, request: Request, next: Next) -> Response {
    use axum::response::IntoResponse as _;
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let mut response = if target > TARGET_BYTES_MAX {
        ApiError::new(StatusCode::URI_TOO_LONG, "the request target is too long").into_response()
    } else if let Ok(_permit) = state.0.permits.try_acquire() {
        next.run(request).await
    } else {
        ApiError::busy().into_response()
    };
    for (name, value) in COMMON_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, crate::router::RETRY_AFTER_SECONDS);
    }
    response
}
