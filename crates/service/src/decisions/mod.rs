//! May a message go? The question that every send asks, asked by somebody.

mod answer;
pub mod batch;
pub mod check;
mod facts;

pub use answer::{Answer, TraceStep};
pub(crate) use facts::Question;
