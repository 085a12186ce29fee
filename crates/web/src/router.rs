//! The public routes, and the limits and headers that all of them share.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use intake::unsubscribe::{self, BODY_BYTES_MAX, Post};
use tower::ServiceExt as _;
use wire::budget::Reserved;
use wire::connections::Activity;

use crate::body::{self, Pace, Unread};
use crate::render::{COMMON_HEADERS, Unrendered};
use crate::requester::client;
use crate::slots::Class;
use crate::state::WebState;
use crate::{
    choices, confirm, find, hooks, landing, ledger, link, look, operations, problem, short, subscribe, texts,
    token_path,
};

/// Longest request target, in bytes. A link has under 200.
const TARGET_BYTES_MAX: usize = 2048;
/// Most header bytes of a request.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// How long a request may take once its body is there.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a webhook's may take, its body included.
const HOOK_TIME_MAX: Duration = Duration::from_secs(40);
/// What a client should wait after a 503, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

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
/// | `GET /ledger/tile/entries/…` | its entries, for holders of a key with the scope `ledger`, or for all |
/// | `GET /healthz`, `/readyz` | the process answers; the store takes writes |
/// | `GET /robots.txt` | nothing here is for crawlers |
/// | `GET /.well-known/gpc.json` | that Global Privacy Control signals are heeded |
pub fn public_router(state: WebState) -> Router {
    let routes = Router::new()
        .route("/u/{*token}", get(link::show).post(link::post))
        .route("/p/{*token}", get(choices::show).post(choices::post))
        .route("/s/{*code}", get(short::show))
        .route("/c/{*token}", get(confirm::show).post(confirm::post))
        .route("/choices", get(find::show).post(find::post))
        .route("/lists/{name}", get(subscribe::show))
        .route("/subscribe/{name}", get(subscribe::show).post(subscribe::post))
        .route("/l/{*token}", get(landing::show).post(landing::post))
        .route("/pages/{name}", get(landing::public))
        .route("/look/{name}", get(look::show))
        .route("/sms/{name}", post(texts::post).get(texts::challenge))
        .route("/hooks/{name}", post(hooks::post).options(hooks::options))
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .route("/robots.txt", get(operations::robots))
        .route("/.well-known/gpc.json", get(operations::gpc_support))
        .route("/ledger/vkey", get(ledger::verifier_key))
        .route("/ledger/{*name}", get(ledger::file))
        .fallback(problem::missing)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), guard))
        .with_state(state);
    Router::new().fallback_service(routes.map_request(mend))
}

/// Mends the paths of links that arrive with a doubled slash before them, or in upper case.
fn mend(mut request: Request) -> Request {
    let Some(mended) = token_path::mended(request.uri().path()) else { return request };
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    if let Ok(uri) = format!("{mended}{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// Limits and headers in one layer, since every one-click POST goes through it.
async fn guard(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let header_bytes =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    let target_bytes = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let mut response = if target_bytes > TARGET_BYTES_MAX {
        StatusCode::URI_TOO_LONG.into_response()
    } else if header_bytes > HEADER_BYTES_MAX {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()
    } else {
        answer(&state, request, next).await
    };
    for (name, value) in COMMON_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Reads the body, and only then takes a place: until then a request costs a connection and what it has sent.
async fn answer(state: &WebState, request: Request, next: Next) -> Response {
    let class = Class::of(request.method(), request.uri().path());
    let ip = client(request.headers(), request.extensions(), state.config().behind_proxy);
    let response = match class {
        // On its own: whoever watches over the server isn't told that it is down because it is busy.
        Class::Health => in_time(REQUEST_TIME_MAX, next.run(request)).await,
        // They have larger bodies, and say whose they are before these are read.
        Class::Hooks => in_time(HOOK_TIME_MAX, next.run(request)).await,
        Class::OptOuts | Class::Links | Class::Landing | Class::Ledger | Class::Pages => {
            let read = match with_body(state, request, ip).await {
                Ok(read) => read,
                Err(unread) => return refused(unread),
            };
            let one_click = class == Class::OptOuts && read.is_one_click();
            let Read { request, body: _body } = read;
            let _busy = request.extensions().get::<Activity>().cloned().map(Activity::begin);
            let Ok(_place) = state.slots().take(class).await else { return busy() };
            // One-click shows no page, so it doesn't wait for the look to be read again.
            if !one_click {
                state.renderer().refresh(&state.config().store, state.config().clock.as_ref()).await;
            }
            in_time(REQUEST_TIME_MAX, answer_in_full(state, class, request, next)).await
        }
    };
    body::counted(response, state.answers().begin(ip)).unwrap_or_else(busy)
}

async fn answer_in_full(state: &WebState, class: Class, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = look::at_depth(&path, next.run(request)).await;
    let Some(page) = response.extensions_mut().remove::<Unrendered>() else { return response };
    let Ok(turn) = state.slots().rendering(class).await else { return busy() };
    let owned = state.clone();
    let rendering = tokio::task::spawn_blocking(move || {
        let response = owned.renderer().finish(response, &page);
        drop(turn);
        response
    });
    rendering.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A request with its body in memory, if it has one that anybody reads.
struct Read {
    request: Request,
    /// What is counted as held while it is there.
    body: Option<(Bytes, Reserved)>,
}

impl Read {
    fn is_one_click(&self) -> bool {
        let kind = link::content_type(self.request.headers());
        self.body.as_ref().is_some_and(|(body, _)| unsubscribe::parse_post(kind, body) == Post::OneClick)
    }
}

async fn with_body(state: &WebState, request: Request, ip: Option<IpAddr>) -> Result<Read, Unread> {
    if request.method() != Method::POST {
        return Ok(Read { request, body: None });
    }
    let (parts, body) = request.into_parts();
    let reserved = state.bodies().begin(ip);
    let (body, held) = body::read(&parts.headers, body, BODY_BYTES_MAX, Pace::DEFAULT, reserved).await?;
    Ok(Read { request: Request::from_parts(parts, Body::from(body.clone())), body: Some((body, held)) })
}

async fn in_time(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| busy())
}

/// The rest of the body isn't waited for.
fn refused(unread: Unread) -> Response {
    let mut response = if unread == Unread::Full { busy() } else { unread.status().into_response() };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)]).into_response()
}
