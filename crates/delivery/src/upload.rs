//! Address files that are audiences.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

type Open = dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync;

/// Where the rows of an address file come from. It may be read several times.
#[derive(Clone)]
pub struct RowsSource {
    /// What errors call it: a file's name.
    pub name: Arc<str>,
    open: Arc<Open>,
}

impl RowsSource {
    /// By a function that begins at the start.
    pub fn new(
        name: &str,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), open: Arc::new(open) }
    }

    /// Begins at the start.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        (self.open)()
    }
}

impl fmt::Debug for RowsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RowsSource").field(&self.name).finish()
    }
}

impl PartialEq for RowsSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.open, &other.open)
    }
}

impl Eq for RowsSource {}

/// An address file that is an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The file itself, where it is at hand; otherwise what the store keeps of it counts.
    pub rows: Option<RowsSource>,
}

impl Upload {
    /// Whether a text can be the hash of a file.
    pub fn is_hash(text: &str) -> bool {
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    }
}
