//! A page of anything that has many.

use serde::Serialize;

/// A page: what is on it, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The only page of something that has no more than fits on one.
    pub const fn whole(data: Vec<T>) -> Self {
        Self { data, next: None }
    }
}
