//! The Content-Security-Policy of pages.

use axum::http::HeaderValue;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The Content-Security-Policy source for an inline style.
pub(crate) fn style_source(style: &str) -> String {
    format!("'sha256-{}'", BASE64.encode(&Sha256::digest(style.as_bytes())))
}

/// Browsers apply `form-action` to the redirect that answers a form too, and to each one that follows on the brand's
/// own server, whose hosts aren't known here. So a page whose form ends there allows the scheme.
pub(crate) fn scheme_source(url: &str) -> &'static str {
    if url.starts_with("http://") { " http: https:" } else { " https:" }
}

/// The Content-Security-Policy of a page.
pub(crate) fn policy(style_source: &str, images: bool, form_targets: &str) -> HeaderValue {
    let images = if images { "img-src 'self'; " } else { "" };
    let policy = format!(
        "default-src 'none'; {images}style-src {style_source}; form-action 'self'{form_targets}; frame-ancestors 'none'; \
         base-uri 'none'"
    );
    HeaderValue::try_from(policy).expect("it holds visible ASCII only")
}
