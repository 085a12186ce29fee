//! `/s/CODE`: the short form of a link, for text messages.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Purpose, TokenError};
use intake::unsubscribe::LinkError;

use crate::http::requester::Requester;
use crate::pages::depth::up;
use crate::pages::problem::Problem;
use crate::pages::state::PagesState;
use crate::pages::token_path::TokenPath;

/// `GET`: on to the page that the code stands for. Changes nothing (I4), reads nothing from the store.
pub(crate) async fn show(
    State(state): State<PagesState>,
    TokenPath(code): TokenPath,
    requester: Requester,
) -> Response {
    match location(&state, &code) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(error) => Problem::from(&error).page(&state, &requester),
    }
}

fn location(state: &PagesState, code: &str) -> Result<HeaderValue, LinkError> {
    let ring = state.store().key_ring();
    let token = ring.read_short(code)?;
    let page = match token.purpose {
        Purpose::Preferences => "p",
        _ => "u",
    };
    // Relative, as all links on our pages: a proxy may serve them under a path of its own.
    let url = format!("{}{page}/{}", up(), ring.sign(&token)?.to_url());
    HeaderValue::try_from(url).map_err(|_| TokenError::Malformed.into())
}
