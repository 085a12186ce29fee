//! The public routes on a real store.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod choices;
mod confirm;
mod full_disk;
mod hooks;
mod link;
mod operations;
mod short;
mod subscribe;
mod undo;
mod world;
