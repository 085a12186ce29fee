//! `/look/NAME`: the logo.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::Asset;

use crate::pages::render::Renderer;
use crate::pages::state::PagesState;

/// Its name holds its content's hash, so that it never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Opened by itself, an SVG is a document: nothing in it may run or load, whatever got past the check.
const NOTHING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// `GET`: the logo of the look that is shown, from memory; else one that the store still has, as another node may be a
/// moment ahead.
pub(crate) async fn show(State(state): State<PagesState>, Path(name): Path<String>) -> Response {
    for dress in state.renderers().map(Renderer::dress) {
        if dress.logo_name() == Some(&name)
            && let Some(logo) = &dress.logo
        {
            return image(logo);
        }
    }
    if !name.starts_with("logo-") || name.len() > Asset::NAME_LENGTH_MAX {
        return StatusCode::NOT_FOUND.into_response();
    }
    // The name of a logo doesn't say whose it is.
    for workspace in state.store().workspaces().await.unwrap_or_default() {
        if let Ok(Some(asset)) = state.store().asset(workspace.id, &name).await {
            return image(&asset);
        }
    }
    StatusCode::NOT_FOUND.into_response()
}

fn image(asset: &Asset) -> Response {
    let Ok(kind) = HeaderValue::from_str(&asset.content_type) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, IMMUTABLE),
        (header::CONTENT_SECURITY_POLICY, NOTHING),
    ];
    (headers, asset.bytes.clone()).into_response()
}
