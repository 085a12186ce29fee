//! schemathesis, which calls the HTTP API as its OpenAPI document says, and as it doesn't.

use std::path::PathBuf;

use crate::workspace_root;

/// Where its list of packages is.
pub(crate) fn folder() -> PathBuf {
    workspace_root().join("tests/api")
}

/// The program.
pub fn schemathesis() -> PathBuf {
    folder().join(".venv/bin/schemathesis")
}
