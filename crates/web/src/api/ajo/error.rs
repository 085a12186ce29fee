//! What went wrong, as JSON.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::StoreError;

/// An error answer. Its text is for the caller: no address of anybody else, nothing of the store.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    /// The gateway's code, for requests that aren't let in.
    code: Option<&'static str>,
    text: String,
}

impl ApiError {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, code: None, text: text.into() }
    }

    /// The request can't be understood.
    pub fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// There is no such entry or job.
    pub fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {what}"))
    }

    /// Too much at once: another time.
    pub fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too busy right now; try again")
    }

    /// The gateway's answer to whom it doesn't let in.
    pub fn refused(status: StatusCode, code: &'static str, text: &str) -> Self {
        Self { status, code: Some(code), text: text.to_owned() }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(why) => Self::bad(why),
            error if error.is_transient() => {
                tracing::warn!(error = %error, "the store couldn't serve the interface");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store takes no requests right now; try again")
            }
            error => {
                tracing::error!(error = %error, "the store couldn't serve the interface");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "it failed; the log says why")
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, text } = self;
        let body = match code {
            Some(code) => json!({ "error_code": code, "message": text }),
            None => json!({
                "type": "about:blank",
                "title": status.canonical_reason().unwrap_or("Error"),
                "status": status.as_u16(),
                "detail": text,
            }),
        };
        (status, axum::Json(body)).into_response()
    }
}
