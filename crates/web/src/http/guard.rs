//! The limits and headers that all routes of the public port share.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use intake::unsubscribe::BODY_BYTES_MAX;
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use wire::budget::Reserved;
use wire::connections::Activity;

use crate::http::body::{self, Pace, Unread};
use crate::http::common::Common;
use crate::http::head::{COMMON_HEADERS, RETRY_AFTER_SECONDS};
use crate::http::slots::Class;

/// Longest request target, in bytes. A link has under 200.
const TARGET_BYTES_MAX: usize = 2048;
/// Most header bytes of a request.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// How long a request may take once its body is there.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// How a request gets its place among those in work.
#[derive(Clone, Copy)]
pub(crate) enum Admission {
    /// It needs none, or its handler takes one, once it knows whose the body is.
    Own,
    /// Its body is read first, then it waits for a place of the class that its method tells.
    Class(fn(&Method) -> Class),
}

/// What the layers within are told of a request that was admitted.
#[derive(Clone)]
pub(crate) struct Admitted {
    pub class: Class,
    /// A post's whole body.
    pub body: Option<Bytes>,
}

/// Puts the limits around `routes`: on the head, the body, the places, the time from then on, and the answer.
///
/// The body's limits are ours: tower-http's neither ask for a pace, nor count what the bodies of a network hold together,
/// nor take in the rest of a body that is too long, without which its client doesn't see the answer.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    common: &Common,
    admission: Admission,
    time_max: Duration,
) -> Router<S> {
    let [one, two, three, four] =
        COMMON_HEADERS.map(|(name, value)| SetResponseHeaderLayer::if_not_present(name, value));
    let layers = ServiceBuilder::new()
        .layer(one)
        .layer(two)
        .layer(three)
        .layer(four)
        .layer(from_fn_with_state((common.clone(), admission), guard))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time_max));
    routes.layer(layers)
}

async fn guard(
    State((common, admission)): State<(Common, Admission)>,
    request: Request,
    next: Next,
) -> Response {
    let header_bytes =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    let target_bytes = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let mut response = if target_bytes > TARGET_BYTES_MAX {
        StatusCode::URI_TOO_LONG.into_response()
    } else if header_bytes > HEADER_BYTES_MAX {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()
    } else {
        let ip = common.client(request.headers(), request.extensions());
        let response = answer(&common, admission, request, ip, next).await;
        body::counted(response, common.answers().begin(ip)).unwrap_or_else(busy)
    };
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(RETRY_AFTER_SECONDS);
    }
    response
}

/// Reads the body, and only then takes a place: until then a request costs a connection and what it has sent.
async fn answer(
    common: &Common,
    admission: Admission,
    request: Request,
    ip: Option<IpAddr>,
    next: Next,
) -> Response {
    let Admission::Class(class) = admission else { return next.run(request).await };
    let class = class(request.method());
    let (mut request, held) = match with_body(common, request, ip).await {
        Ok(read) => read,
        Err(unread) => return refused(unread),
    };
    let _busy = request.extensions().get::<Activity>().cloned().map(Activity::begin);
    let Ok(_place) = common.slots().take(class).await else { return busy() };
    let body = held.as_ref().map(|(body, _)| body.clone());
    request.extensions_mut().insert(Admitted { class, body });
    next.run(request).await
}

/// A request with its body in memory, if it has one that anybody reads; counted as held while the second part is there.
type Whole = (Request, Option<(Bytes, Reserved)>);

async fn with_body(common: &Common, request: Request, ip: Option<IpAddr>) -> Result<Whole, Unread> {
    if request.method() != Method::POST {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let reserved = common.bodies().begin(ip);
    let (body, held) = body::read(&parts.headers, body, BODY_BYTES_MAX, Pace::DEFAULT, reserved).await?;
    Ok((Request::from_parts(parts, Body::from(body.clone())), Some((body, held))))
}

/// The rest of the body isn't waited for.
fn refused(unread: Unread) -> Response {
    let mut response = if unread == Unread::Full { busy() } else { unread.status().into_response() };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

pub(crate) fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)]).into_response()
}
