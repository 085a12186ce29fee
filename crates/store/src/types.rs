//! What goes into the store and comes out of it.

mod api;
mod definitions;
mod feedback;
mod imports;
mod jobs;
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
mod workspaces;

pub use api::*;
pub use definitions::*;
pub use feedback::*;
pub use imports::*;
pub use jobs::*;
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
pub use workspaces::*;
