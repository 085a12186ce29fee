//! What relay services and providers of texts tell.

mod failure;
mod outside;
mod refusals;
mod request;
mod state;
mod texts;
mod webhooks;

use std::time::Duration;

use axum::Router;
use axum::routing::post;

pub use outside::Https;
pub(crate) use state::HooksState;
pub use state::{TextHooks, Webhooks};

use crate::http::common::Common;
use crate::http::guard::{Admission, guarded};

/// How long a request may take, its body included.
const TIME_MAX: Duration = Duration::from_secs(40);

/// `/hooks/NAME` and `/sms/NAME`. They have larger bodies than pages, and say whose they are before these are read.
pub(crate) fn routes(state: HooksState, common: &Common) -> Router {
    let routes = Router::new()
        .route("/sms/{name}", post(texts::post).get(texts::challenge))
        .route("/hooks/{name}", post(webhooks::post).options(webhooks::options));
    guarded(routes, common, Admission::Own, TIME_MAX).with_state(state)
}
