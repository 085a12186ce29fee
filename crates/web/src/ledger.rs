//! The ledger for those who watch it.
//!
//! Two things an outsider isn't told by it. Whose an entry is, and what it says: entries are for holders of a key, unless the
//! workspace's settings say otherwise; what is open to all, checkpoints and hashes, tells nothing of them. And when it was
//! made, closer than the minute: the log is shown as of one checkpoint a minute, whatever came since, or whoever asks every
//! second would see each entry come.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use consent::WorkspaceId;
use store::LedgerReaders;
use store::ledger::{FileName, LedgerError, Published};

use crate::http::auth::{Keys, Refusal, Scope};
use crate::http::common::Common;
use crate::http::guard::{Admission, REQUEST_TIME_MAX, guarded};
use crate::http::head::RETRY_AFTER_SECONDS;
use crate::http::problem::problem;
use crate::http::slots::Class;

/// A checkpoint is shown for so long, in microseconds.
const MINUTE: i64 = 60_000_000;
/// A full tile never changes (C2SP tlog-tiles, "Caching").
const FOR_ALL: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The same for what no cache may hand to somebody else.
const FOR_THE_CALLER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// How a key is brought (RFC 6750).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"ledger\"");

/// Where the ledger's files are.
#[derive(Clone)]
pub struct LedgerFiles {
    /// Their folder, as [`store::ledger`] writes it.
    pub dir: PathBuf,
    /// The verifier key that checkpoints are checked with, in its text form (C2SP signed-note).
    pub verifier_key: String,
    /// The keys that open its entries: those with the scope `ledger:read`. The settings may say that nobody needs one.
    pub keys: Keys,
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LedgerState(Arc<Shared>);

struct Shared {
    common: Common,
    files: Option<LedgerFiles>,
    /// Whose settings say who may read entries.
    workspace: WorkspaceId,
    shown: Mutex<Option<Shown>>,
}

impl LedgerState {
    pub fn new(common: Common, files: Option<LedgerFiles>, workspace: WorkspaceId) -> Self {
        Self(Arc::new(Shared { common, files, workspace, shown: Mutex::default() }))
    }

    fn files(&self) -> Option<&LedgerFiles> {
        self.0.files.as_ref()
    }
}

impl Deref for LedgerState {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.0.common
    }
}

/// `/ledger/…`
pub(crate) fn routes(state: LedgerState, common: &Common) -> Router {
    let routes = Router::new().route("/ledger/vkey", get(verifier_key)).route("/ledger/{*name}", get(file));
    guarded(routes, common, Admission::Class(|_| Class::Ledger), REQUEST_TIME_MAX).with_state(state)
}

/// The log as of the checkpoint that is shown in a minute.
#[derive(Clone)]
struct Shown {
    minute: i64,
    log: Arc<Published>,
}

/// The key that checkpoints are checked with.
async fn verifier_key(State(state): State<LedgerState>) -> Response {
    match state.files() {
        Some(ledger) => format!("{}\n", ledger.verifier_key).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of the ledger by its C2SP name. Names are parsed, never joined to a path as they come.
async fn file(State(state): State<LedgerState>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (Some(ledger), Some(name)) = (state.files(), FileName::parse(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let for_all = if name.holds_entries() {
        match may_read(&state, ledger, &headers).await {
            Ok(for_all) => for_all,
            Err(answer) => return answer,
        }
    } else {
        true
    };
    let log = match shown(&state, ledger).await {
        Ok(Some(log)) => log,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(answer) => return answer,
    };
    let dir = ledger.dir.clone();
    let Some(bytes) = (match blocking(move || log.read(&dir, name)).await {
        Ok(found) => found,
        Err(answer) => return answer,
    }) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = if name.is_text() { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let mut response = ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response();
    if name.is_final() {
        let caching = if for_all { FOR_ALL } else { FOR_THE_CALLER };
        response.headers_mut().insert(header::CACHE_CONTROL, caching);
    }
    response
}

/// Turns to the checkpoint of the minute, if it hasn't been yet.
pub(crate) async fn turn(state: &LedgerState) {
    if let Some(ledger) = state.files() {
        // What is wrong is told to whoever asks for the ledger.
        let _ = shown(state, ledger).await;
    }
}

/// Whether everybody may read entries; an answer where this request may not.
async fn may_read(state: &LedgerState, ledger: &LedgerFiles, headers: &HeaderMap) -> Result<bool, Response> {
    let settings = state.store().settings(state.0.workspace).await.map_err(|error| {
        tracing::warn!(error = %error, "who may read the ledger's entries can't be told");
        let mut answer = problem(StatusCode::SERVICE_UNAVAILABLE, "the settings can't be read right now");
        answer.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        answer
    })?;
    if settings.ledger == LedgerReaders::Public {
        return Ok(true);
    }
    match ledger.keys.admit(state.0.workspace, Scope::LedgerRead, headers).await {
        Ok(_) => Ok(false),
        Err(refusal) => Err(refused(refusal)),
    }
}

fn refused(refusal: Refusal) -> Response {
    let unauthorized = |detail| {
        let mut answer = problem(StatusCode::UNAUTHORIZED, detail);
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
        answer
    };
    match refusal {
        Refusal::NoKey => unauthorized(
            "entries of the ledger are for holders of a key with the scope `ledger:read`, sent as `Authorization: Bearer KEY`; \
             checkpoint and hash tiles are open to all",
        ),
        Refusal::UnknownKey => unauthorized("the key isn't known here"),
        Refusal::OtherScope => problem(StatusCode::FORBIDDEN, "the key doesn't have the scope `ledger:read`"),
        Refusal::OtherClient | Refusal::OtherOrg | Refusal::OtherSandbox => {
            problem(StatusCode::FORBIDDEN, "the key goes with other headers than these")
        }
        Refusal::Unavailable => {
            let mut answer = problem(StatusCode::SERVICE_UNAVAILABLE, "the keys can't be read right now");
            answer.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
            answer
        }
    }
}

/// The log as it is shown in this minute.
async fn shown(state: &LedgerState, ledger: &LedgerFiles) -> Result<Option<Arc<Published>>, Response> {
    let minute = state.clock().now().0.div_euclid(MINUTE);
    let slot = || state.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
    let of_now = |shown: &Shown| (shown.minute == minute).then(|| Arc::clone(&shown.log));
    let held = slot().as_ref().and_then(of_now);
    if held.is_some() {
        return Ok(held);
    }
    let dir = ledger.dir.clone();
    let Some(log) = blocking(move || Published::now(&dir)).await? else { return Ok(None) };
    let mut slot = slot();
    // Of several who asked at once, the first one's counts.
    if let Some(held) = slot.as_ref().and_then(of_now) {
        return Ok(Some(held));
    }
    let log = Arc::new(log);
    *slot = Some(Shown { minute, log: Arc::clone(&log) });
    Ok(Some(log))
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, Response> {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            tracing::error!(error = %error, "a file of the ledger can't be read");
            Err(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
}
