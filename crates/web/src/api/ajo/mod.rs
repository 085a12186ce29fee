//! HTTP interfaces of Adobe Journey Optimizer, answered as its OpenAPI documents say
//! (github.com/AdobeDocs/journey-optimizer-apis), so that an integration moves over by changing its base URL and its key.

mod caller;
mod decrypt;
mod error;
mod link;
mod preferences;
mod suppression;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use consent::{Clock, Entropy, WorkspaceId};
use store::Store;
use tokio::sync::{Mutex, Semaphore};
use wire::budget::Budget;
use wire::connections::Activity;

use self::error::ApiError;
use crate::http::auth::{Keys, Scope};
use crate::http::base_path::path_of;
use crate::http::body::{self, Pace, Unread};
use crate::http::head::{COMMON_HEADERS, RETRY_AFTER_SECONDS};

/// Longest request target, in bytes: an address of 254 bytes, each escaped, and the parameters.
const TARGET_BYTES_MAX: usize = 4096;
/// How long a request may take once its body is there; uploads have a limit of their own.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Requests in work at once; past it, 503.
const REQUESTS_MAX: usize = 64;
/// Bytes of request bodies in memory at once; uploads go to the disk.
const BODIES_BYTES_MAX: usize = 32 << 20;

/// What the interface is served with.
#[derive(Clone)]
pub struct AjoConfig {
    /// The state.
    pub store: Store,
    /// The workspace that it stands for.
    pub workspace: WorkspaceId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for the ids of uploads.
    pub entropy: Arc<dyn Entropy>,
    /// Who may call it. Without any nobody may.
    pub keys: Keys,
    /// The namespace of the brand's own ids, which imports call `id`.
    pub profile_namespace: String,
    /// Where uploaded files wait; made when the first comes.
    pub uploads_dir: PathBuf,
    /// Where it is reached from outside. Links in answers begin with its path.
    pub public_url: Option<String>,
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AjoState(Arc<Shared>);

struct Shared {
    config: AjoConfig,
    permits: Semaphore,
    bodies: Arc<Budget>,
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
            bodies: Budget::new(BODIES_BYTES_MAX, BODIES_BYTES_MAX),
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

    fn store(&self) -> &Store {
        &self.0.config.store
    }

    /// What the paths of links in answers begin with.
    fn base(&self) -> &str {
        path_of(self.0.config.public_url.as_deref().unwrap_or_default())
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
    let taken = |routes: Router<AjoState>, body_bytes_max: usize| {
        routes.layer(from_fn_with_state((state.clone(), body_bytes_max), take))
    };
    let authenticated = |routes: Router<AjoState>, scope| {
        routes.layer(from_fn_with_state((state.clone(), scope), caller::authenticate))
    };
    let suppression =
        taken(suppression::routes(), suppression::BODY_BYTES_MAX).merge(suppression::upload_routes());
    let suppression = authenticated(suppression, Scope::AjoSuppression);
    let of_links = |routes, scope| authenticated(taken(routes, preferences::BODY_BYTES_MAX), scope);
    let links = of_links(preferences::routes(), Scope::AjoConsent)
        .merge(of_links(decrypt::routes(), Scope::AjoDecrypt));
    let guarded = |routes: Router<AjoState>| routes.layer(from_fn(guard)).with_state(state.clone());
    let suppression = guarded(suppression);
    Router::new()
        .nest("/ajo/config/suppression", suppression.clone())
        .nest("/config/suppression", suppression)
        .nest("/journey/imp/consent", guarded(links))
}

/// Reads the body of a caller who may call, and only then takes a place among the requests in work.
async fn take(
    State((state, body_bytes_max)): State<(AjoState, usize)>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let reserved = state.0.bodies.begin(None);
    // One that says so beforehand isn't waited for.
    let length =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let read = if length.is_some_and(|length: usize| length > body_bytes_max) {
        Err(Unread::TooLong)
    } else {
        body::read(&parts.headers, body, body_bytes_max, Pace::DEFAULT, reserved).await
    };
    let (body, _held) = read.map_err(|unread| match unread {
        Unread::Full => ApiError::busy(),
        Unread::TooLong => {
            ApiError::new(unread.status(), format!("a body has at most {body_bytes_max} bytes"))
        }
        Unread::Slow => ApiError::new(unread.status(), "the body came too slowly"),
        Unread::Broken => ApiError::bad("the body ends too early"),
    })?;
    let _busy = parts.extensions.get::<Activity>().cloned().map(Activity::begin);
    let Ok(_permit) = state.0.permits.try_acquire() else { return Err(ApiError::busy()) };
    let answer = next.run(Request::from_parts(parts, Body::from(body)));
    tokio::time::timeout(REQUEST_TIME_MAX, answer).await.map_err(|_| ApiError::busy())
}

/// Limits and headers that all routes share.
async fn guard(request: Request, next: Next) -> Response {
    use axum::response::IntoResponse as _;
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let mut response = if target > TARGET_BYTES_MAX {
        ApiError::new(StatusCode::URI_TOO_LONG, "the request target is too long").into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in COMMON_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    response
}
