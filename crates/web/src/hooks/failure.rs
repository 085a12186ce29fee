//! Why a service isn't told that we have what it sent.
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use intake::webhook::{Refusal, TakeError};

use crate::hooks::state::HooksState;
use crate::http::body::Unread;
use crate::http::head::RETRY_AFTER_SECONDS;
use crate::http::problem::problem;
use crate::http::slots::Full;

/// Why a request isn't answered with 2xx.
pub(crate) enum Failure {
    Refused(Refusal),
    Store(store::StoreError),
    Busy,
    Slow,
}

impl From<Full> for Failure {
    fn from(_: Full) -> Self {
        Self::Busy
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLong => Self::Refused(Refusal::TooLarge),
            Unread::Broken => Self::Refused(Refusal::Malformed("it ends too early".to_owned())),
            Unread::Slow => Self::Slow,
            Unread::Full => Self::Busy,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<TakeError> for Failure {
    fn from(error: TakeError) -> Self {
        match error {
            TakeError::Refused(refusal) => Self::Refused(refusal),
            TakeError::Store(error) => Self::Store(error),
        }
    }
}

impl Failure {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Refused(Refusal::Unsigned(_)) => StatusCode::UNAUTHORIZED,
            Self::Refused(Refusal::Forged(_) | Refusal::OtherTopic | Refusal::Stale | Refusal::Replayed) => {
                StatusCode::FORBIDDEN
            }
            Self::Refused(Refusal::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Refused(Refusal::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(Refusal::ContentType) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            // Every failure of the store: the service has the events, and is to keep them until we have them.
            Self::Refused(Refusal::Unavailable(_)) | Self::Store(_) | Self::Busy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Says so, to the service and in the log, by the webhook's name.
    pub(crate) fn answer(&self, state: &HooksState, name: &str) -> Response {
        let status = self.status();
        let detail = match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Store(error) => {
                tracing::error!(webhook = name, error = %error, "the store couldn't take a webhook's events");
                "the events couldn't be made durable".to_owned()
            }
            Self::Busy => "too many requests in hand".to_owned(),
            Self::Slow => "the body came too slowly".to_owned(),
        };
        if let Some(untold) = state.refusals().told(name, state.clock().now()) {
            let why =
                if let Self::Refused(Refusal::Unavailable(why)) = self { Some(why.as_str()) } else { None };
            let untold = (untold > 0).then_some(untold);
            tracing::warn!(
                webhook = name,
                status = status.as_u16(),
                reason = detail,
                why,
                untold,
                "webhook refused"
            );
        }
        let mut response = problem(status, &detail);
        let extra = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, RETRY_AFTER_SECONDS)),
            StatusCode::UNAUTHORIZED => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"webhooks\"")))
            }
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

pub(crate) fn missing() -> Response {
    problem(StatusCode::NOT_FOUND, "no webhook of this name is configured")
}
