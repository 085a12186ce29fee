//! What the names of columns and files, and the words in cells, say about consent. The words are data, in `data/`.

mod countries;
mod names;
mod plain;
mod presets;
mod text;
mod values;

pub(super) use countries::country;
pub(super) use names::{Identity, Kind, NameHit, of_file, of_name, only_channel, whom};
pub(super) use plain::squashed;
pub use presets::preset_names;
pub(super) use presets::{Detected, Preset, by_name, detect};
pub(super) use values::{Said, answers, key, means_nothing, said, telling, telling_in, telling_line, tokens};
