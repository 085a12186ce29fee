//! What went wrong, as problem details (RFC 9457).

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use service::keys::Scope;
use service::{Fault, Kind, Problem};

use crate::http::head::RETRY_AFTER_SECONDS;

/// An error answer. Its text is for the caller.
#[derive(Debug)]
pub(super) struct ApiProblem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// Which parts of the input are wrong.
    pointers: Vec<Cow<'static, str>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiProblem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), pointers: Vec::new(), headers: Vec::new() }
    }

    /// The request can't be read.
    pub fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// The input is wrong, at this JSON pointer.
    pub fn invalid(
        code: &'static str,
        pointer: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(pointer)
    }

    /// What the path names isn't there.
    pub fn missing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing")
    }

    /// The key isn't for this.
    pub fn scope_missing(scope: Scope) -> Self {
        let detail = format!("the key doesn't have the scope `{scope}`");
        Self::new(StatusCode::FORBIDDEN, "scope-missing", detail)
    }

    /// What is there isn't what If-Match names.
    pub fn outdated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", detail)
    }

    /// The same, pointing into the body as the caller sent it.
    pub fn repointed(mut self, pointer: impl Fn(&str) -> String) -> Self {
        for at in &mut self.pointers {
            *at = pointer(at).into();
        }
        self
    }

    /// Too much at once: another time.
    pub fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too busy right now; try again")
    }

    /// The same, with the place of what is wrong.
    pub fn at(mut self, pointer: impl Into<Cow<'static, str>>) -> Self {
        self.pointers.push(pointer.into());
        self
    }

    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What a program reads of it.
    pub fn details(&self) -> Value {
        details(self.status.as_u16(), self.code, &self.detail, &self.pointers)
    }
}

/// Problem details. Their types are those of the command line's `--json`.
pub(super) fn details(status: u16, code: &str, detail: &str, pointers: &[Cow<'static, str>]) -> Value {
    let mut details = json!({
        "type": format!("urn:consentry:problem:{code}"),
        "title": code.replace('-', " "),
        "status": status,
        "detail": detail,
    });
    if !pointers.is_empty() {
        let error = |pointer| json!({ "pointer": pointer, "detail": detail });
        details["errors"] = pointers.iter().map(error).collect();
    }
    details
}

/// What a program reads of a use case's error.
pub(super) fn details_of(problem: &Problem, detail: &str) -> Value {
    let pointers: Vec<_> = problem.pointer.iter().cloned().collect();
    details(problem.kind.status(), problem.code, detail, &pointers)
}

impl<E: Fault> From<E> for ApiProblem {
    fn from(error: E) -> Self {
        let Problem { kind, code, pointer } = error.problem();
        let detail = match kind {
            Kind::Internal => {
                tracing::error!(error = %error, "a request of a program failed");
                "it failed; the server's log says why".to_owned()
            }
            Kind::Unavailable => {
                tracing::warn!(error = %error, "a request of a program can't be served");
                "it can't be served right now; try again".to_owned()
            }
            _ => error.to_string(),
        };
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code, detail, pointers: pointer.into_iter().collect(), headers: Vec::new() }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/problem+json");
        let body = self.details().to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response.headers_mut().extend(self.headers);
        response
    }
}
