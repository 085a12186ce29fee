//! Work that takes long.

use crate::error::{Result, StoreError};

/// Runs what takes long in a thread of its own, so that neither the caller nor short queries wait for it.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("store-task".to_owned())
        .spawn(move || {
            let _ = reply.send(work());
        })
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    answer.await.map_err(|_| StoreError::Unavailable("it ended early".to_owned()))?
}
