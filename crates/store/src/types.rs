//! What goes into the store and comes out of it.

mod api;
mod feedback;
mod imports;
mod look;
mod pages;
mod profiles;
mod reading;
mod runs;
mod sends;
mod suppression;
mod tallies;
mod texts;
mod uploads;
mod workspace;

pub use api::*;
pub use feedback::*;
pub use imports::*;
pub use look::*;
pub use pages::*;
pub use profiles::*;
pub use reading::*;
pub use runs::*;
pub use sends::*;
pub use suppression::*;
pub use tallies::*;
pub use texts::*;
pub use uploads::*;
pub use workspace::*;
