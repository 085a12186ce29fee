//! Where a page stands, seen from the root: its links are relative, as a proxy may serve the pages below a path of its own.

tokio::task_local! {
    static DEPTH: usize;
}

/// Answers a request for a path; links on its page lead to the root in so many steps.
pub(crate) async fn at_depth<F: Future>(path: &str, answer: F) -> F::Output {
    DEPTH.scope(path.matches('/').count().saturating_sub(1).min(16), answer).await
}

/// How many steps the page in work is below the root.
fn depth() -> usize {
    DEPTH.try_with(|depth| *depth).unwrap_or(1)
}

/// What leads from the page in work to the root: `../` for most, more for a link that arrived with slashes behind it.
pub(crate) fn up() -> String {
    "../".repeat(depth())
}
