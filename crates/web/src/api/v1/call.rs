//! A request on its way to a handler.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use consent::Timestamp;
use serde::Serialize;
use service::keys::Scope;
use service::{Actor, Page, Service};
use sha2::{Digest as _, Sha256};
use store::RequestId;

use super::cursor::Trail;
use super::problem::ApiProblem;
use super::shapes::Paged;
use super::{ApiState, json};
use crate::http::paging::{Params, last};

/// Entries of a page, unless said otherwise, and at most.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 500;
/// How long whoever works at a request that may be sent again has it.
pub(super) const LEASE: Duration = Duration::from_secs(35);

/// A request of a caller who may make it.
pub(super) struct Call {
    pub state: ApiState,
    pub service: Service,
    pub actor: Actor,
    /// What the caller's key may be used for.
    pub scopes: Vec<Scope>,
    /// What the path's places hold.
    pub places: Vec<(String, String)>,
    pub query: Params,
    pub headers: HeaderMap,
    /// The endpoint's path, as the table has it.
    pub path: &'static str,
    /// The whole body, unless it is read piece by piece.
    pub body: Bytes,
    /// The body of an endpoint that reads lines, where lines come.
    pub lines: Mutex<Option<Body>>,
    /// Whether they do.
    pub by_lines: bool,
    /// What the request is called, if it may be sent again.
    pub request: Option<RequestId>,
}

/// What a handler answers.
pub(super) struct Reply<A> {
    pub value: A,
    pub version: Option<String>,
    /// Where what was begun can be looked at.
    pub location: Option<String>,
}

impl<A> Reply<A> {
    /// The same, with what stands for its version.
    pub fn version(self, version: String) -> Self {
        Self { version: Some(version), ..self }
    }

    /// The same, with where what was begun can be looked at: a path below `/api/v1`.
    pub fn location(self, call: &Call, path: &str) -> Self {
        Self { location: Some(format!("{}/api/v1{path}", call.state.base())), ..self }
    }
}

impl<A> From<A> for Reply<A> {
    fn from(value: A) -> Self {
        Self { value, version: None, location: None }
    }
}

/// Answers of handlers.
pub(super) type Replied<A> = Result<Reply<A>, ApiProblem>;

impl Call {
    /// The body, where lines come; once.
    pub fn take_lines(&self) -> Option<Body> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What stands at a place of the path: a text that can't be it names nothing.
    pub fn place<T: FromStr>(&self, name: &str) -> Result<T, ApiProblem> {
        self.text_at(name).parse().map_err(|_| ApiProblem::missing())
    }

    /// The text at a place of the path.
    pub fn text_at(&self, name: &str) -> &str {
        self.places.iter().find(|(place, _)| place == name).map_or("", |(_, text)| text)
    }

    /// A parameter of the query.
    pub fn parameter<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, ApiProblem>
    where
        T::Err: std::fmt::Display,
    {
        let Some(text) = last(&self.query, name) else { return Ok(None) };
        let wrong = |error: T::Err| parameter_invalid(name, &error.to_string());
        text.parse().map(Some).map_err(wrong)
    }

    /// A parameter that is `true` or `false`; `false` without it.
    pub fn flag(&self, name: &'static str) -> Result<bool, ApiProblem> {
        Ok(self.parameter(name)?.unwrap_or(false))
    }

    /// How many entries the page has, and where it begins. `filters` are what else the list is asked for.
    pub fn page(&self, filters: &[&str]) -> Result<Asked, ApiProblem> {
        self.page_by(filters, last(&self.query, "limit"), last(&self.query, "cursor"))
    }

    /// The same where the body says so.
    pub fn page_by(
        &self,
        filters: &[&str],
        limit: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Asked, ApiProblem> {
        let limit = match limit {
            None => LIMIT,
            Some(text) => {
                let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
                limit.ok_or_else(|| parameter_invalid("limit", &format!("1 to {LIMIT_MAX}")))?
            }
        };
        let of = format!("{} {} {filters:?}", self.service.workspace.0, self.path);
        let trail = match cursor {
            Some(cursor) => self.state.0.cursors.open(&of, cursor)?,
            None => Trail::default(),
        };
        Ok(Asked { limit, trail, of })
    }

    /// A page with its cursors.
    pub fn paged<T>(&self, asked: &Asked, page: Page<T>) -> Result<Paged<T>, ApiProblem> {
        let Page { data, next } = page;
        let seal = |trail: &Trail| self.state.0.cursors.seal(&asked.of, trail);
        let next = next.map(|at| seal(&asked.trail.next(at))).transpose()?;
        let previous = asked.trail.previous().as_ref().map(seal).transpose()?;
        Ok(Paged { data, next, previous })
    }

    /// Whether the key has a scope that is wanted beside the endpoint's, for what the request is about.
    pub fn needs(&self, scope: Scope) -> Result<(), ApiProblem> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(ApiProblem::scope_missing(scope)) }
    }

    /// The version that the caller has seen, if it says so.
    pub fn if_match(&self) -> Result<Option<String>, ApiProblem> {
        let Some(value) = self.headers.get(header::IF_MATCH) else { return Ok(None) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(None);
        }
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let version = quoted.filter(|version| !version.is_empty() && !version.contains('"'));
        let wrong = || ApiProblem::bad("if-match-invalid", "If-Match holds one ETag of ours, or `*`");
        version.map(|version| Some(version.to_owned())).ok_or_else(wrong)
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.service.now()
    }

    /// Reads the body.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiProblem> {
        json::read(&self.body)
    }
}

/// Where a page begins, and how long it is.
pub(super) struct Asked {
    pub limit: usize,
    trail: Trail,
    of: String,
}

impl Asked {
    /// Where it begins, as the use case has it.
    pub fn after(&self) -> Option<String> {
        self.trail.at().map(str::to_owned)
    }
}

/// A parameter of the query can't be read.
pub(super) fn parameter_invalid(name: &'static str, why: &str) -> ApiProblem {
    ApiProblem::invalid("parameter-invalid", format!("/{name}"), format!("{name}: {why}"))
}

/// Stands for what is asked in a request.
pub(super) fn fingerprint(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A value as an answer's body.
pub(super) fn body_of(value: &impl Serialize) -> Result<Vec<u8>, ApiProblem> {
    serde_json::to_vec(value).map_err(|error| {
        tracing::error!(error = %error, "an answer can't be written as JSON");
        ApiProblem::new(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "it failed; the server's log says why",
        )
    })
}
