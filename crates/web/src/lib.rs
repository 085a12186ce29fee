//! Public pages and the HTTP interface.
//!
//! [`public_router`] serves the links in messages: pages without JavaScript that load nothing from elsewhere, and the
//! one-click POST of RFC 8058.
//!
//! `pages`, `hooks` and `api` stand side by side on `http` and don't know each other; `cargo xtask tidy` checks that.

mod api;
mod hooks;
mod http;
mod ledger;
mod operations;
mod pages;
mod public;

pub use api::{AjoConfig, AjoState, ApiConfig, ajo_router, api_router};
pub use hooks::{Https, TextHooks, Webhooks};
pub use http::auth::{ApiKey, Keys, Scope};
pub use http::base_path::below;
pub use ledger::LedgerFiles;
pub use pages::{DeskConfig, EmbeddedForm, landing, language, look, notice};
pub use public::{PublicConfig, WebState, public_router};
pub use wire::connections::{ConnectionLimits, Connections, Place};
