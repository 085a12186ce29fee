//! How a choice comes in: imports, one-click posts, received mail.
pub mod feedback;
pub mod receiver;
pub mod unsubscribe;
pub mod webhook;

pub mod import;
