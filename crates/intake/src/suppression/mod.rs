//! The suppression list and the allow list as files: CSV in and out, of any size in bounded memory.
//!
//! A row that names an address or a domain rightly goes in, whatever else is wrong with it: a list of whom not to write
//! to must not lose anybody over a comment (I9). Other rows are reported with their line and the reason. Importing the
//! same file again changes nothing but the time of the last change, so a stopped import is taken up by running it again.

mod entries;
mod entry;
mod export;
mod import;
mod report;
mod target;
#[cfg(test)]
mod tests;

pub use crate::note::{COMMENT_LENGTH_MAX, note};
pub use entries::Failure;
pub use entry::{EntryType, Named, ValueError, entry_kind, hash_of, type_name};
pub use export::{ExportError, export_allow_list, export_suppressions};
pub use import::{Options, Summary, count_rows, import_entries};
pub use report::FailureReport;
pub use target::Target;
