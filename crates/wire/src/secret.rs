//! A password that doesn't show itself, and where one is.

use std::fmt;
use std::path::PathBuf;

/// A password or token. It can't be printed or serialised, only taken out by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In an environment variable.
    Env(String),
    /// In a file; one line end after it isn't part of it.
    File(PathBuf),
}

/// Tells where the secrets are that documents call by name.
pub trait Secrets: Send + Sync {
    /// Where a secret is, if it is known.
    fn place(&self, name: &str) -> Option<SecretPlace>;
}

/// Knows of no secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn place(&self, _name: &str) -> Option<SecretPlace> {
        None
    }
}
