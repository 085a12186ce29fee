//! Public pages and the HTTP interface.
//!
//! [`public_router`] serves the links in messages: pages without JavaScript that load nothing from elsewhere, and the
//! one-click POST of RFC 8058. [`mailbox`] is the demo's mail client.

mod ajo;
mod body;
mod choices;
mod confirm;
mod desk;
mod find;
mod form;
mod gpc;
mod hooks;
pub mod landing;
pub mod language;
mod ledger;
mod limits;
mod link;
pub mod look;
pub mod mailbox;
pub mod notice;
mod operations;
mod outside;
mod problem;
mod reasons;
mod refusals;
mod render;
mod requester;
mod router;
mod screen;
mod sheet;
mod short;
mod slots;
mod state;
mod statement;
mod subscribe;
mod texts;
mod token_path;
mod widening;

pub use ajo::{AjoConfig, AjoState, ApiKey, Scope, ajo_router};
pub use desk::DeskConfig;
pub use hooks::Webhooks;
pub use outside::Https;
pub use router::public_router;
pub use state::{LedgerFiles, PublicConfig, WebState};
pub use subscribe::EmbeddedForm;
pub use texts::TextHooks;
pub use wire::connections::{ConnectionLimits, Connections, Place};
