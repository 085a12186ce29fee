//! Why a look is refused.

/// Why a look can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct LookError {
    /// What is wrong, and where.
    pub what: String,
    /// What helps.
    pub hint: String,
}

impl LookError {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}
