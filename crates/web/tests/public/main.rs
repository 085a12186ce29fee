//! The public routes on a real store.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod base_path;
mod choices;
mod confirm;
mod gpc;
mod hooks;
mod landing;
mod link;
mod lists;
mod look;
mod operations;
mod preferences;
mod reasons;
mod short;
mod subscribe;
mod undo;
mod workspaces;
mod world;
