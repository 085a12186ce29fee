//! What a bounce's status and text come to.

use consent::BounceReason;

/// The reason of a bounce and whether it is hard, by what the refusing server said, else what the service's own class says.
pub(super) fn reason(status: &str, text: &str, fallback: BounceReason) -> (BounceReason, bool) {
    crate::mail::refusal(text, status).unwrap_or((fallback, fallback.is_hard()))
}
