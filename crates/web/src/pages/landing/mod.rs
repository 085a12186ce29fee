//! Pages that a brand makes itself, with a form for choices on them.
//!
//! A page is a template in a small sandbox (`template`); what it renders to is sanitised (`clean`), and only then our own
//! form is put in (`form`). All of it is bounded, when a page is put and when it is shown (`weight`, `studio`). A page that can't be shown gives way to the plain page of choices (I3).

mod clean;
mod content;
mod form;
mod page;
mod preview;
mod serve;
pub(super) mod studio;
mod template;
mod weight;

pub use content::{Content, LandingError};
pub use form::{Asks, BOXES_MAX, Checkbox, Reach};
pub use page::{PARTS_MAX, PRIMARY, check, offers_way_out, put};
pub use preview::preview;
pub(crate) use serve::{post, public, show};
