//! The suppression interface: addresses and domains of both lists, and uploads.

mod entries;
mod items;
mod jobs;
mod query;
mod uploads;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use super::AjoState;
use super::error::ApiError;

pub(super) use jobs::resume;
pub(super) use uploads::UPLOADS_AT_ONCE;

/// Longest JSON body, in bytes.
pub(super) const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Addresses and domains.
pub(super) fn routes() -> Router<AjoState> {
    Router::new()
        .route("/addresses", get(entries::list_addresses).post(entries::add_addresses))
        .route("/addresses/{email}", get(entries::show_address).delete(entries::remove_address))
        .route("/domains", get(entries::list_domains).post(entries::add_domains))
        .route("/domains/{domain}", get(entries::show_domain).delete(entries::remove_domain))
        .fallback(async || ApiError::missing("route"))
        .method_not_allowed_fallback(async || {
            ApiError::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "no such method here")
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Uploads, which may be larger and take longer.
pub(super) fn upload_routes() -> Router<AjoState> {
    Router::new()
        .route("/uploads", get(uploads::list).post(uploads::create))
        .route("/uploads/{job}", get(uploads::show).delete(uploads::remove))
        .layer(DefaultBodyLimit::max(uploads::UPLOAD_BYTES_MAX))
}
