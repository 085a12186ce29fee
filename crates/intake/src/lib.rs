//! How a choice comes in: imports, one-click posts, received mail.
pub mod feedback;
pub mod mail;
pub mod receiver;
pub mod unsubscribe;

pub mod import;
