//! The lists that files go into.

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The suppression list.
    Suppression,
    /// The allow list, which takes no hashes.
    Allow,
}
