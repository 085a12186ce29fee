//! The HTTP API, called as programs call it, on a running server with a real store.

mod client;
mod definitions;
mod fuzzed;
mod hostile;
mod keys;
mod matrix;
mod once;
mod shop;
mod tenancy;
