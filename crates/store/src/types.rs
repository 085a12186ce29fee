//! What goes into the store and comes out of it.

mod profiles;
mod reading;
mod runs;
mod workspace;

pub use profiles::*;
pub use reading::*;
pub use runs::*;
pub use workspace::*;
