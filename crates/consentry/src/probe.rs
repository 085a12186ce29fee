//! Fetches our own links through our own routes, in this process: the publish check of promise I3.

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use delivery::publish::LinkProbe;
use tower::ServiceExt;

/// Asks the public pages themselves.
pub struct RouterProbe(pub Router);

#[async_trait]
impl LinkProbe for RouterProbe {
    async fn resolve(&self, path: &str) -> Result<(), String> {
        let request = Request::get(path).body(Body::empty()).map_err(|error| error.to_string())?;
        let answer = self.0.clone().oneshot(request).await.map_err(|error| error.to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("answers {}", answer.status())) }
    }
}
