//! Fail-over to a standby.
