//! What programs call.

mod ajo;
mod v1;

pub use ajo::{AjoConfig, AjoState, ajo_router};
pub use v1::{ApiConfig, api_router};
