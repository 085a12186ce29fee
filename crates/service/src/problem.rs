//! What a front needs to know of an error beside its sentence: which status, which stable code, which part of the input.

use std::borrow::Cow;

use store::StoreError;

/// What kind of error it is; each is one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked can't be done to anything: the input is wrong (422).
    Invalid,
    /// What was named isn't there (404).
    NotFound,
    /// It doesn't go with what is there (409).
    Conflict,
    /// What is there isn't what the caller has seen (412).
    Outdated,
    /// It could be done later (503).
    Unavailable,
    /// It is ours (500).
    Internal,
}

impl Kind {
    /// Its HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Outdated => 412,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// What a program reads of an error, after RFC 9457.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub kind: Kind,
    /// A stable name in kebab case, the end of the problem's `type`.
    pub code: &'static str,
    /// Which part of the input is wrong, as a JSON pointer (RFC 6901).
    pub pointer: Option<Cow<'static, str>>,
}

impl Problem {
    /// Of a kind, by its code.
    pub const fn new(kind: Kind, code: &'static str) -> Self {
        Self { kind, code, pointer: None }
    }

    /// The input is wrong, at this JSON pointer.
    pub const fn invalid(code: &'static str, pointer: &'static str) -> Self {
        Self { kind: Kind::Invalid, code, pointer: Some(Cow::Borrowed(pointer)) }
    }

    /// What the input names at this JSON pointer isn't there.
    pub const fn not_found(code: &'static str, pointer: &'static str) -> Self {
        Self { kind: Kind::NotFound, code, pointer: Some(Cow::Borrowed(pointer)) }
    }
}

/// An error of a use case.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    /// What a program reads of it.
    fn problem(&self) -> Problem;
}

impl Fault for StoreError {
    fn problem(&self) -> Problem {
        let (kind, code) = match self {
            Self::Unavailable(_) => (Kind::Unavailable, "store-unavailable"),
            Self::Busy(_) => (Kind::Unavailable, "busy"),
            Self::Conflict => (Kind::Unavailable, "changed-meanwhile"),
            Self::Denied(_) => (Kind::Internal, "database-denied"),
            Self::Exists(_) => (Kind::Conflict, "exists"),
            Self::Missing(_) => (Kind::NotFound, "not-found"),
            Self::Superseded => (Kind::Conflict, "superseded"),
            Self::Invalid(_) => (Kind::Invalid, "invalid"),
            Self::Damaged(_) => (Kind::Internal, "data-damaged"),
            Self::TooNew { .. } => (Kind::Internal, "data-too-new"),
            Self::Ledger(_) => (Kind::Internal, "ledger-files"),
        };
        Problem::new(kind, code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_succeed_later_says_so() {
        for error in [StoreError::Unavailable(String::new()), StoreError::Conflict, StoreError::Superseded] {
            assert_eq!(error.is_transient(), error.problem().kind.status() == 503, "{error}");
        }
    }
}
