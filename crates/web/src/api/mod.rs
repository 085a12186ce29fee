//! What programs call.

mod ajo;

pub use ajo::{AjoConfig, AjoState, ajo_router};
