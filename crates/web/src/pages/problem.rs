//! Pages that say what went wrong. They tell nothing about whether a token's address exists.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use intake::unsubscribe::LinkError;
use minijinja::context;
use store::StoreError;

use crate::http::head::RETRY_AFTER_SECONDS;
use crate::http::requester::Requester;
use crate::pages::depth::up;
use crate::pages::state::PagesState;

/// What went wrong, by the name of its texts.
#[derive(Clone, Copy)]
pub(crate) enum Problem {
    Incomplete,
    Unknown,
    Refused,
    Unavailable,
    Missing,
    Failed,
}

impl Problem {
    const fn status(self) -> StatusCode {
        match self {
            Self::Incomplete | Self::Refused => StatusCode::BAD_REQUEST,
            Self::Unknown | Self::Missing => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// The page.
    pub fn page(self, state: &PagesState, requester: &Requester) -> Response {
        let locale = state.renderer().locales().choose([None, None], requester.accept_language.as_deref());
        let desk = state.desk();
        // Both are answers to a link, so the page stands one level below that of the form.
        let ask = matches!(self, Self::Incomplete | Self::Unknown) && (desk.email || desk.texts);
        let context = context! {
            lang => locale.tag, dir => locale.direction(), problem => self.as_str(), ask,
            up => up(),
            args => context! { brand_known => "" },
        };
        let mut response = state.renderer().page(self.status(), "problem.html", &context, None);
        if matches!(self, Self::Unavailable) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response
    }
}

impl From<&LinkError> for Problem {
    fn from(error: &LinkError) -> Self {
        match error {
            LinkError::Malformed => Self::Incomplete,
            LinkError::Forged | LinkError::Unknown | LinkError::Store(StoreError::Missing(_)) => {
                Self::Unknown
            }
            LinkError::OtherPurpose => Self::Refused,
            LinkError::Store(error) => {
                tracing::error!(error = %error, "the store couldn't serve a link");
                if error.is_transient() { Self::Unavailable } else { Self::Failed }
            }
        }
    }
}

/// No such route.
pub(crate) async fn missing(State(state): State<PagesState>, requester: Requester) -> Response {
    Problem::Missing.page(&state, &requester)
}
