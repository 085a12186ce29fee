//! What every part of the web stands on: limits and time-outs, who calls, bodies, problems, places for work. Knows none of
//! the parts above it.

pub(crate) mod auth;
pub(crate) mod base_path;
pub(crate) mod body;
pub(crate) mod common;
pub(crate) mod form;
pub(crate) mod guard;
pub(crate) mod head;
pub(crate) mod limits;
pub(crate) mod paging;
pub(crate) mod peer;
pub(crate) mod problem;
pub(crate) mod requester;
pub(crate) mod slots;
pub(crate) mod text;
