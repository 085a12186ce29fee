//! How a choice comes in: imports, one-click posts, received mail.
pub mod budget;
pub mod connections;
pub mod consents;
pub mod feedback;
pub mod imap;
pub mod inbox;
pub mod mail;
pub mod receiver;
pub mod sms;
pub mod unsubscribe;
pub mod webhook;

pub mod import;
pub mod opt_out_list;
pub mod review;
pub mod selftest;
pub mod suppression;
