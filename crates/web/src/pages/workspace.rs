//! Whose pages are in work. A link names its workspace, whichever one the server otherwise works in.

use consent::WorkspaceId;
use store::Store;

use super::token_path::token;

tokio::task_local! {
    static WORKSPACE: WorkspaceId;
}

/// Answers a request about a workspace.
pub(super) async fn in_workspace<F: Future>(workspace: WorkspaceId, answer: F) -> F::Output {
    WORKSPACE.scope(workspace, answer).await
}

/// The workspace that the request in work is about, if its link says.
pub(super) fn current() -> Option<WorkspaceId> {
    WORKSPACE.try_with(|workspace| *workspace).ok()
}

/// The workspace of a path's link; `None` for a path without one, or with one that isn't ours.
pub(super) fn of_link(store: &Store, path: &str) -> Option<WorkspaceId> {
    let text = token(path);
    if text.is_empty() {
        return None;
    }
    store.key_ring().read_link(&text).ok().map(|token| token.workspace)
}
