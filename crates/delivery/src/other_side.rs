//! The other side of a transport, and why nothing can be handed over to it.

use consent::BounceReason;

/// Tells what a reply such as `550 5.1.1 no such user` says of the address, and whether no further try can help: the
/// reading of bounces, which is not this crate's.
pub type Judge = fn(reply: &str) -> Option<(BounceReason, bool)>;

/// Who is on the other side of a transport, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherSide {
    /// `relay`.
    pub name: &'static str,
    /// The code of the problem that it can't be used.
    pub unusable: &'static str,
}

/// Why nothing can be handed over. Nothing is concluded from it about any message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{words}")]
pub struct LineError {
    pub(crate) of: OtherSide,
    pub(crate) words: String,
    pub(crate) hint: Option<String>,
    pub(crate) lasting: bool,
    /// See [`Self::no_turn`].
    pub(crate) no_turn: Option<String>,
}

impl LineError {
    /// Who can't be used.
    pub fn of(&self) -> OtherSide {
        self.of
    }

    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    /// Whether trying again can't help until someone mends something.
    pub(crate) fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// Why the speed limit that processes share can't be asked, if that is it.
    pub(crate) fn no_turn(&self) -> Option<&str> {
        self.no_turn.as_deref()
    }
}
