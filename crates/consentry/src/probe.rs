//! Fetches our own links through our own routes, in this process: the publish check of promise I3.

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use delivery::publish::LinkProbe;
use tower::ServiceExt;

/// Asks the public pages themselves.
pub struct RouterProbe(pub Router);

impl RouterProbe {
    async fn get(&self, path: &str) -> Result<Response, String> {
        let request = Request::get(path).body(Body::empty()).map_err(|error| error.to_string())?;
        self.0.clone().oneshot(request).await.map_err(|error| error.to_string())
    }
}

#[async_trait]
impl LinkProbe for RouterProbe {
    async fn resolve(&self, path: &str) -> Result<(), String> {
        let answer = self.get(path).await?;
        // A short link leads to the page beside it.
        let page = answer.headers().get(LOCATION).and_then(|page| page.to_str().ok()?.strip_prefix(".."));
        let answer = match page.map(str::to_owned) {
            Some(page) if answer.status() == StatusCode::SEE_OTHER => self.get(&page).await?,
            _ => answer,
        };
        if answer.status().is_success() { Ok(()) } else { Err(format!("answers {}", answer.status())) }
    }
}
