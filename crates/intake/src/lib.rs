//! How a choice comes in: imports, one-click posts, received mail.
pub mod consents;
pub mod feedback;
pub mod inbox;
pub mod mail;
mod note;
pub mod sms;
pub mod unsubscribe;
pub mod webhook;

pub mod import;
pub mod opt_out_list;
pub mod review;
pub mod selftest;
pub mod suppression;
