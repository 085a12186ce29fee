//! Files of rows as people have them: one reader for everything that comes in as a table.
//!
//! Comma, semicolon, tab or pipe between fields; UTF-8, UTF-16 or a named encoding; CR, LF or CRLF after each record, also
//! mixed. Quotes are RFC 4180's: after a closing quote only a delimiter or the end of the record. A row that breaks this
//! costs itself alone: the lines after it are read as rows of their own. Every record of a file comes out, well or with
//! its fault; work is linear in the file's size and memory is bounded.

mod cells;
mod decode;
mod delimiter;
mod lines;
mod names;
mod quotes;
mod records;
mod rejected;
mod split;
mod table;
#[cfg(test)]
mod tests;

pub use cells::{guarded, unguarded};
pub use decode::{Decoded, OpenError, decoded};
pub use lines::{Line, Lines, ROW_LENGTH_MAX, ROW_LINES_MAX};
pub use names::{excerpt, squash, trimmed};
pub use rejected::{Overhead, rejected_row};
pub use table::{Row, Table};
