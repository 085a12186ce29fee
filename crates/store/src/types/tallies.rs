//! What is counted for limits that all nodes share.

use std::time::Duration;

/// How often something may happen within a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What is counted. Only its keyed hash is kept, so it may name an address.
    pub key: String,
    /// How often.
    pub at_most: u32,
    /// Within how long, up to [`Self::WITHIN_MAX`].
    pub within: Duration,
}

impl Quota {
    /// The longest span that is counted.
    pub const WITHIN_MAX: Duration = Duration::from_hours(24);
    /// Most quotas at once.
    pub const AT_ONCE_MAX: usize = 32;

    /// So often in 24 hours.
    pub fn a_day(key: impl Into<String>, at_most: u32) -> Self {
        Self { key: key.into(), at_most, within: Self::WITHIN_MAX }
    }
}

/// What became of counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// It was within every quota, and is counted in each.
    Within,
    /// The first quota, by its place, that was used up. Nothing was counted.
    Over(usize),
}
