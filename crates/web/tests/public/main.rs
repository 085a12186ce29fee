//! The public routes on a real store.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod choices;
mod full_disk;
mod hooks;
mod landing;
mod link;
mod look;
mod operations;
mod short;
mod undo;
mod world;
