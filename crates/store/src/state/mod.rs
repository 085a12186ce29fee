//! What the state is and how it changes, on whichever engine keeps it.
//!
//! SQL here is written once for both engines, see [`crate::sql`].

pub(crate) mod allow;
pub(crate) mod blocks;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod claims;
pub(crate) mod configurations;
pub(crate) mod deliveries;
#[cfg(test)]
pub(crate) mod delivery_fixture;
pub(crate) mod entries;
pub(crate) mod entry_key;
pub(crate) mod exclusions;
pub(crate) mod feedback;
pub(crate) mod fence;
mod health;
pub(crate) mod history;
pub(crate) mod holds;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod landing;
pub(crate) mod leaf;
pub(crate) mod link_keys;
pub(crate) mod lists;
pub(crate) mod look;
pub(crate) mod namespaces;
pub(crate) mod notices;
pub(crate) mod opt_ins;
pub(crate) mod origins;
mod paced;
pub(crate) mod parts;
pub(crate) mod people;
pub(crate) mod preferences;
pub(crate) mod profile;
pub(crate) mod rates;
mod reading;
pub(crate) mod reasons;
pub(crate) mod record;
pub(crate) mod replies;
pub(crate) mod rows;
pub(crate) mod run_opt_outs;
pub(crate) mod runs;
pub(crate) mod sealed;
mod sends;
pub(crate) mod settings;
pub(crate) mod soft_bounces;
pub(crate) mod stamps;
pub(crate) mod suppression;
pub(crate) mod tallies;
pub(crate) mod text_parts;
pub(crate) mod text_standing;
pub(crate) mod texts;
pub(crate) mod undo;
pub(crate) mod uploads;
