//! Work in the background: jobs that wait in the store, and the worker that works them off.
//!
//! A kind of job is a file in [`kinds`] that implements [`JobKind`], and one line where the server puts its kinds together.

pub mod cancel;
mod keep;
mod kind;
pub mod kinds;
pub mod list;
pub mod retry;
pub mod show;
mod shown;
pub mod standing;
#[cfg(test)]
mod tests;
mod worker;

pub use keep::Kept;
pub use kind::{Attempt, Ended, JobKind, Retry, Rules, Steps, Trouble, Work};
pub use shown::ShownJob;
pub use store::JobState;
pub use worker::{Worker, node_name};
