//! Leave to hand one message over.

use futures_util::future::BoxFuture;

/// Leave to hand one message over: it runs out within a second (I1).
pub(crate) trait Lease: Send + Sync {
    /// Whether it holds at this moment.
    fn holds(&self) -> bool;

    /// Whether the message may still go when the other side asks for it at last, which may be long after; decides anew
    /// where the lease has run out.
    fn confirm(&self) -> BoxFuture<'_, bool>;
}
